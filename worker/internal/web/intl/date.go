package intl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// calendars are those that DateTimeFormat has. In both the years are those of the Gregorian calendar.
var calendars = []string{"gregory", "iso8601"}

// DateOptions are the options of DateTimeFormat. The caller has added the default fields (ECMA-402, CreateDateTimeFormat).
type DateOptions struct {
	Calendar, NumberingSystem, TimeZone       string
	Hour12                                    *bool
	HourCycle                                 string
	Weekday, Era, Year, Month, Day, DayPeriod string
	Hour, Minute, Second, TimeZoneName        string
	FractionalSecondDigits                    int
	DateStyle, TimeStyle                      string
}

// DateTimeFormat formats dates. It is safe for concurrent use.
type DateTimeFormat struct {
	options   DateOptions
	locale    string
	language  string
	calendar  string
	data      *localeData
	numbers   *NumberFormat
	zone      zoneFormat
	hourCycle string // empty if no hour is shown
	pattern   string
	generator *patternGenerator
}

// NewDateTimeFormat returns a format for the best available locale. The time zone is UTC if the options have none.
func NewDateTimeFormat(locales []string, options DateOptions) (*DateTimeFormat, error) {
	keys := []string{"ca", "hc", "nu"}
	if options.Hour12 != nil {
		options.HourCycle = ""
		keys = []string{"ca", "nu"}
	}
	valid := func(data *localeData, key, value string) bool {
		switch key {
		case "ca":
			return slices.Contains(calendars, value)
		case "hc":
			return slices.Contains([]string{"h11", "h12", "h23", "h24"}, value)
		}
		return validNumbers(data, key, value)
	}
	n := negotiate(locales, keys, map[string]string{"ca": options.Calendar, "hc": options.HourCycle, "nu": options.NumberingSystem}, valid)
	f := &DateTimeFormat{options: options, locale: n.locale, data: n.data, calendar: n.values["ca"], generator: generatorOf(n.data)}
	setDefault(&f.calendar, "gregory")
	setDefault(&options.TimeZone, "UTC")
	zone, err := loadZone(options.TimeZone)
	if err != nil {
		return nil, err
	}
	grouping := NumberOptions{UseGrouping: "false", NumberingSystem: n.values["nu"]}
	if f.numbers, err = NewNumberFormat([]string{n.locale}, grouping); err != nil {
		return nil, err
	}
	f.zone = zoneFormat{n.data, zone, n.region(), f.numbers.localDigits}
	f.language, _, _ = strings.Cut(n.locale, "-")
	f.choosePattern(n)
	return f, nil
}

var hourData = readJSON[map[string]map[string]string]("hours")

// defaultHourCycle returns the usual cycle of a locale and, if not empty, its usual one with 12 hours.
func defaultHourCycle(n negotiation) string {
	name, _, _ := strings.Cut(n.locale, "-u-")
	t, _ := parseTag(name)
	full := t.maximise()
	for _, key := range []string{full.language + "-" + full.region, full.region, "001"} {
		if preferred := hourData()[key]["_preferred"]; preferred != "" {
			return map[string]string{"h": "h12", "H": "h23", "K": "h11", "k": "h24"}[preferred]
		}
	}
	return "h23"
}

func (f *DateTimeFormat) choosePattern(n negotiation) {
	o := f.options
	usual := defaultHourCycle(n)
	cycle := n.values["hc"]
	if o.Hour12 != nil {
		cycle = "h23"
		if *o.Hour12 {
			cycle = "h12"
			if n.region() == "JP" {
				cycle = "h11"
			}
		}
	}
	chosen := cycle != ""
	setDefault(&cycle, usual)
	if o.DateStyle == "" && o.TimeStyle == "" {
		f.pattern = f.generator.pattern(o.skeleton(hourLetter(cycle)))
	} else {
		f.pattern = f.stylePattern()
		if has := hourCycleOf(f.pattern); chosen && has != "" && hourLetter(has) != hourLetter(cycle) {
			s := parseSkeleton(f.pattern)
			s.set(hourLetter(cycle), s.width[fieldHour])
			s.remove(fieldDayPeriod)
			f.pattern = f.generator.pattern(s.text())
		} else if !chosen && has != "" {
			cycle = has
		}
	}
	if hourCycleOf(f.pattern) != "" {
		f.hourCycle = cycle
		f.pattern = withHourCycle(f.pattern, cycle)
	}
}

// hourLetter returns the letter for a cycle in skeletons of CLDR, which has no others.
func hourLetter(cycle string) byte {
	if cycle == "h11" || cycle == "h12" {
		return 'h'
	}
	return 'H'
}

var cycleLetters = map[string]byte{"h11": 'K', "h12": 'h', "h23": 'H', "h24": 'k'}

func hourCycleOf(pattern string) string {
	for item := range patternItems(pattern) {
		for cycle, letter := range cycleLetters {
			if item.letter == letter {
				return cycle
			}
		}
	}
	return ""
}

func withHourCycle(pattern, cycle string) string {
	var b strings.Builder
	for item := range patternItems(pattern) {
		switch {
		case item.letter == 0:
			b.WriteString(quote(item.text))
			continue
		case letters[item.letter].field == fieldHour:
			item.letter = cycleLetters[cycle]
		}
		b.WriteString(strings.Repeat(string(item.letter), item.width))
	}
	return b.String()
}

func (f *DateTimeFormat) stylePattern() string {
	o := f.options
	date, clock := f.data.get("dates", "dateFormats/"+o.DateStyle), f.data.get("dates", "timeFormats/"+o.TimeStyle)
	if o.DateStyle == "" || o.TimeStyle == "" {
		return date + clock
	}
	return strings.NewReplacer("{0}", clock, "{1}", date).Replace(f.data.get("dates", "atTime/"+o.DateStyle))
}

// skeleton returns the skeleton for the options that choose fields.
func (o DateOptions) skeleton(hour byte) string {
	text := func(letter string, value string) string {
		width := map[string]int{"numeric": 1, "2-digit": 2, "short": 3, "long": 4, "narrow": 5}[value]
		return strings.Repeat(letter, width)
	}
	zone := map[string]string{
		"short": "z", "long": "zzzz", "shortOffset": "O", "longOffset": "OOOO", "shortGeneric": "v", "longGeneric": "vvvv",
	}[o.TimeZoneName]
	s := text("G", o.Era) + text("y", o.Year) + text("M", o.Month) + text("E", o.Weekday) + text("d", o.Day)
	if o.Hour == "" || hour == 'h' {
		s += text("B", o.DayPeriod)
	}
	return s + text(string(hour), o.Hour) + text("m", o.Minute) + text("s", o.Second) + strings.Repeat("S", o.FractionalSecondDigits) + zone
}

// Format returns a date as text. The date is in milliseconds since 1970 and must not be NaN.
func (f *DateTimeFormat) Format(date float64) string { return plainSpaces(Text(f.FormatToParts(date))) }

// FormatToParts returns the parts of a date.
func (f *DateTimeFormat) FormatToParts(date float64) []Part {
	return f.formatPattern(f.pattern, f.at(date))
}

func (f *DateTimeFormat) at(date float64) time.Time {
	return time.UnixMilli(int64(math.Floor(date))).In(f.zone.zone.location)
}

// partTypes are the types of parts by field.
var partTypes = [fieldCount]string{
	fieldEra: "era", fieldYear: "year", fieldMonth: "month", fieldWeekday: "weekday", fieldDay: "day", fieldDayPeriod: "dayPeriod",
	fieldHour: "hour", fieldMinute: "minute", fieldSecond: "second", fieldFraction: "fractionalSecond", fieldZone: "timeZoneName",
	fieldQuarter: "literal", fieldWeekOfYear: "literal", fieldWeekOfMonth: "literal",
}

func (f *DateTimeFormat) formatPattern(pattern string, t time.Time) []Part {
	var parts []Part
	for item := range patternItems(pattern) {
		if item.letter == 0 {
			parts = appendPart(parts, Part{Type: literal, Value: item.text})
			continue
		}
		parts = appendPart(parts, Part{Type: partTypes[letters[item.letter].field], Value: f.formatField(item, t)})
	}
	return parts
}

// plainSpaces replaces the narrow no-break spaces of CLDR, as V8 does for compatibility in the texts of dates, but not in
// their parts.
func plainSpaces(text string) string { return strings.ReplaceAll(text, "\u202f", " ") }

func (f *DateTimeFormat) padded(n, width int) string {
	text := strconv.Itoa(n)
	if missing := width - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	return f.numbers.localDigits(text)
}

// name returns a name of a month, day or day period, for the width of a field.
func (f *DateTimeFormat) name(kind, context string, width int, key string) string {
	size := map[int]string{4: "wide", 5: "narrow", 6: "short"}[width]
	setDefault(&size, "abbreviated")
	return f.data.get("dates", kind+"/"+context+"/"+size+"/"+key)
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (f *DateTimeFormat) formatField(item patternItem, t time.Time) string {
	switch item.letter {
	case 'G':
		size := map[int]string{4: "eraNames", 5: "eraNarrow"}[item.width]
		setDefault(&size, "eraAbbr")
		return f.data.get("dates", "eras/"+size+"/"+map[bool]string{true: "1", false: "0"}[t.Year() > 0])
	case 'y', 'Y', 'u', 'r':
		return f.formatYear(item, t)
	case 'M', 'L':
		if item.width <= 2 {
			return f.padded(int(t.Month()), item.width)
		}
		context := map[byte]string{'M': "format", 'L': "stand-alone"}[item.letter]
		return f.name("months", context, item.width, strconv.Itoa(int(t.Month())))
	case 'd':
		return f.padded(t.Day(), item.width)
	case 'E':
		return f.name("days", "format", item.width, weekdays[t.Weekday()])
	case 'c', 'e':
		context := map[byte]string{'e': "format", 'c': "stand-alone"}[item.letter]
		return f.name("days", context, max(3, item.width), weekdays[t.Weekday()])
	case 'Q', 'q':
		return f.padded((int(t.Month())+2)/3, 1)
	case 'z', 'O', 'v', 'V':
		return f.zone.format(t, item.letter, item.width)
	}
	return f.formatTimeField(item, t)
}

func (f *DateTimeFormat) formatYear(item patternItem, t time.Time) string {
	year := t.Year()
	if year <= 0 && item.letter == 'y' && f.calendar == "gregory" {
		year = 1 - year
	}
	if item.width == 2 {
		return f.padded(((year%100)+100)%100, 2)
	}
	return f.padded(year, item.width)
}

func (f *DateTimeFormat) formatTimeField(item patternItem, t time.Time) string {
	switch item.letter {
	case 'a':
		return f.name("dayPeriods", "format", item.width, map[bool]string{true: "am", false: "pm"}[t.Hour() < 12])
	case 'b', 'B':
		return f.formatDayPeriod(item, t)
	case 'h':
		return f.padded((t.Hour()+11)%12+1, item.width)
	case 'K':
		return f.padded(t.Hour()%12, item.width)
	case 'H':
		return f.padded(t.Hour(), item.width)
	case 'k':
		return f.padded((t.Hour()+23)%24+1, item.width)
	case 'm':
		return f.padded(t.Minute(), item.width)
	case 's':
		return f.padded(t.Second(), item.width)
	case 'S':
		digits := fmt.Sprintf("%03d", t.Nanosecond()/int(time.Millisecond)) + strings.Repeat("0", 9)
		return f.numbers.localDigits(digits[:item.width])
	}
	return ""
}

var dayPeriodRules = readJSON[map[string]map[string]map[string]string]("dayPeriods")

// formatDayPeriod returns the part of the day, such as "in the morning".
func (f *DateTimeFormat) formatDayPeriod(item patternItem, t time.Time) string {
	at := t.Format("15:04")
	rules, _ := languageRules(f.data, dayPeriodRules())
	shown := f.pattern
	if !strings.Contains(shown, "m") {
		at = t.Format("15") + ":00" // noon is the hour if minutes are not shown
	}
	found := map[bool]string{true: "am", false: "pm"}[t.Hour() < 12]
	for name, rule := range rules {
		from, before := rule["_from"], rule["_before"]
		switch {
		case rule["_at"] == at && name != "midnight":
			if text := f.name("dayPeriods", "format", item.width, name); text != "" {
				return text
			}
		case rule["_at"] != "":
		case from < before && from <= at && at < before, from > before && (from <= at || at < before):
			found = name
		}
	}
	return f.name("dayPeriods", "format", item.width, found)
}

// Resolved returns the properties of resolvedOptions.
func (f *DateTimeFormat) Resolved() Resolved {
	r := Resolved{{"locale", f.locale}, {"calendar", f.calendar}, {"numberingSystem", f.numbers.system}, {"timeZone", f.zone.zone.name}}
	if f.hourCycle != "" {
		r = append(r, Property{"hourCycle", f.hourCycle}, Property{"hour12", hourLetter(f.hourCycle) == 'h'})
	}
	if f.options.DateStyle != "" || f.options.TimeStyle != "" {
		return append(r, Property{"dateStyle", f.options.DateStyle}, Property{"timeStyle", f.options.TimeStyle})
	}
	widths := map[dateField]string{}
	fraction := 0
	for item := range patternItems(f.pattern) {
		if item.letter == 0 {
			continue
		}
		field := letters[item.letter].field
		switch class := classOf(item.letter, item.width); {
		case field == fieldFraction:
			fraction = item.width
		case class > 0 && item.width == 2:
			widths[field] = "2-digit"
		case class > 0:
			widths[field] = "numeric"
		default:
			widths[field] = map[int]string{4: "long", 5: "narrow"}[item.width]
			if widths[field] == "" {
				widths[field] = "short"
			}
		}
	}
	if f.options.DayPeriod == "" {
		delete(widths, fieldDayPeriod)
	}
	for _, field := range []dateField{fieldWeekday, fieldEra, fieldYear, fieldMonth, fieldDay, fieldDayPeriod, fieldHour, fieldMinute, fieldSecond} {
		r = append(r, Property{partTypes[field], widths[field]})
	}
	if fraction > 0 {
		r = append(r, Property{"fractionalSecondDigits", fraction})
	}
	return append(r, Property{"timeZoneName", f.options.TimeZoneName})
}
