package intl

import (
	"strings"
	"time"
)

// The code in this file chooses the patterns for ranges of dates as ICU's DateIntervalFormat does.

// rangeFields are the fields that are compared, from the largest to the smallest, with their letters in CLDR.
var rangeFields = []struct {
	letter string
	value  func(t time.Time) int
}{
	{"G", func(t time.Time) int { return map[bool]int{true: 1}[t.Year() > 0] }},
	{"y", func(t time.Time) int { return t.Year() }},
	{"M", func(t time.Time) int { return int(t.Month()) }},
	{"d", func(t time.Time) int { return t.Day() }},
	{"a", func(t time.Time) int { return t.Hour() / 12 }},
	{"H", func(t time.Time) int { return t.Hour() }},
	{"m", func(t time.Time) int { return t.Minute() }},
	{"s", func(t time.Time) int { return t.Second() }},
	{"S", func(t time.Time) int { return t.Nanosecond() }},
}

const rangeLetters = "GyMdaHmsS"

// FormatRange returns a range of dates as text.
func (f *DateTimeFormat) FormatRange(start, end float64) string {
	parts, isRange := f.formatRange(start, end)
	if !isRange {
		return f.Format(start)
	}
	return Text(parts)
}

// FormatRangeToParts returns the parts of a range of dates.
func (f *DateTimeFormat) FormatRangeToParts(start, end float64) []Part {
	parts, _ := f.formatRange(start, end)
	return parts
}

// formatRange returns the parts of a range, or those of one date if both would look the same.
func (f *DateTimeFormat) formatRange(start, end float64) (parts []Part, isRange bool) {
	from, to := f.at(start), f.at(end)
	different := ""
	for _, field := range rangeFields {
		if field.value(from) != field.value(to) {
			different = field.letter
			break
		}
	}
	if different == "" {
		return withSource(f.formatPattern(f.pattern, from), "shared"), false
	}
	pattern, whole := f.rangePattern(different)
	switch {
	case pattern != "":
		return f.formatInterval(pattern, from, to), true
	case whole == "" && f.smallerThanShown(different):
		return withSource(f.formatPattern(f.pattern, from), "shared"), false
	case whole == "":
		s := parseSkeleton(f.pattern)
		whole = withHourCycle(f.generator.rangePattern(s.text()), f.hourCycle)
	}
	return f.formatFallback(whole, from, to, strings.Contains("aHmsS", different)), true
}

// smallerThanShown reports whether a field is smaller than all that the pattern shows.
func (f *DateTimeFormat) smallerThanShown(letter string) bool {
	smallest := -1
	for item := range patternItems(f.pattern) {
		smallest = max(smallest, rangeIndex(item.letter))
	}
	return strings.Index(rangeLetters, letter) > smallest
}

func rangeIndex(letter byte) int {
	if letter == 0 {
		return -1
	}
	switch letters[letter].field {
	case fieldEra:
		return 0
	case fieldYear:
		return 1
	case fieldMonth, fieldQuarter:
		return 2
	case fieldDay, fieldWeekday, fieldWeekOfMonth, fieldWeekOfYear:
		return 3
	case fieldDayPeriod:
		return 4
	case fieldHour:
		return 5
	case fieldMinute:
		return 6
	case fieldSecond:
		return 7
	case fieldFraction:
		return 8
	case fieldZone, fieldCount:
	}
	return -1
}

// formatFallback returns both dates in full, or the date once if only the times differ.
func (f *DateTimeFormat) formatFallback(pattern string, from, to time.Time, sameDay bool) []Part {
	fallback := f.data.get("dates", "dateTimeFormats/intervalFormats/intervalFormatFallback")
	s := parseSkeleton(pattern)
	if fields := s.fields(); sameDay && fields&dateFields != 0 && fields&timeFields != 0 {
		date, clock := s.split()
		glue := f.data.get("dates", "dateTimeFormats/medium")
		clockPattern := withHourCycle(f.generator.rangePattern(clock.text()), f.hourCycle)
		times := f.combine(fallback, f.formatPattern(clockPattern, from), f.formatPattern(clockPattern, to))
		shown := withSource(f.formatPattern(f.generator.rangePattern(normalizedDate(&date)), from), "shared")
		return fillShared(glue, times, shown)
	}
	return f.combine(fallback, f.formatPattern(pattern, from), f.formatPattern(pattern, to))
}

func (f *DateTimeFormat) combine(fallback string, from, to []Part) []Part {
	return fillShared(fallback, sourcedParts(from, nil, "startRange"), sourcedParts(to, nil, "endRange"))
}

func fillShared(pattern string, values ...[]Part) []Part {
	var parts []Part
	for _, part := range fill(unquote(pattern), literal, values...) {
		setDefault(&part.Source, "shared")
		parts = appendPart(parts, part)
	}
	return parts
}

func unquote(pattern string) string { return strings.ReplaceAll(pattern, "'", "") }

// split returns the fields of the date and those of the time.
func (s *skeleton) split() (date, clock skeleton) {
	date, clock = *s, *s
	for field := range fieldCount {
		if dateFields&(1<<field) != 0 {
			clock.remove(field)
		} else {
			date.remove(field)
		}
	}
	return date, clock
}

// formatInterval formats a pattern in which the fields that differ occur twice.
func (f *DateTimeFormat) formatInterval(pattern string, from, to time.Time) []Part {
	if f.hourCycle != "" {
		pattern = withHourCycle(pattern, f.hourCycle)
	}
	var first, second []Part
	seen := map[dateField]bool{}
	repeated := map[string]bool{}
	for item := range patternItems(pattern) {
		field := letters[item.letter].field
		if item.letter != 0 && seen[field] {
			repeated[partTypes[field]] = true
		}
		switch {
		case len(second) > 0 || item.letter != 0 && seen[field]:
			second = append(second, f.formatPattern(rawItem(item), to)...)
		default:
			first = append(first, f.formatPattern(rawItem(item), from)...)
		}
		if item.letter != 0 {
			seen[field] = true
		}
	}
	return append(sourcedParts(first, repeated, "startRange"), sourcedParts(second, repeated, "endRange")...)
}

func rawItem(item patternItem) string {
	if item.letter == 0 {
		return quote(item.text)
	}
	return strings.Repeat(string(item.letter), item.width)
}

// sourcedParts gives the parts from the first to the last of those that are repeated a source, and makes the others shared.
// If repeated is nil, all but literals are repeated.
func sourcedParts(parts []Part, repeated map[string]bool, source string) []Part {
	first, last := len(parts), -1
	for i, part := range parts {
		if repeated[part.Type] || repeated == nil && part.Type != literal {
			first, last = min(first, i), i
		}
	}
	for i := range parts {
		parts[i].Source = "shared"
		if i >= first && i <= last {
			parts[i].Source = source
		}
	}
	return parts
}

// rangePattern returns the pattern of CLDR for a range in which a field is the largest that differs. If there is none, it
// returns the pattern that shows both dates in full, if that is not the one of single dates.
func (f *DateTimeFormat) rangePattern(different string) (pattern, whole string) {
	s := parseSkeleton(f.pattern)
	date, clock := s.split()
	dateText, clockText := normalizedDate(&date), normalizedTime(&clock)
	switch {
	case clockText == "":
		return f.dateRange(dateText, different), ""
	case dateText == "":
		if strings.Contains("GyMd", different) {
			extended := "yMd"
			if different == "G" {
				extended = "GyMd"
			}
			return "", withHourCycle(f.generator.rangePattern(extended+clock.text()), f.hourCycle)
		}
		return f.timeRange(clockText, different), ""
	}
	if i := strings.Index("GyMd", different); i >= 0 {
		missing := ""
		for _, letter := range "dMyG" {
			if !strings.ContainsRune(dateText, letter) && strings.IndexRune("GyMd", letter) >= i {
				missing += string(letter)
			}
		}
		if missing == "" || !strings.Contains(missing, different) {
			return "", ""
		}
		return "", withHourCycle(f.generator.rangePattern(missing+s.text()), f.hourCycle)
	}
	interval := f.timeRange(clockText, different)
	if interval == "" {
		return "", ""
	}
	glue := f.data.get("dates", "dateTimeFormats/medium")
	return strings.NewReplacer("{0}", interval, "{1}", f.generator.rangePattern(date.text())).Replace(glue), ""
}

// normalizedDate returns the fields of a date with the widths that skeletons of CLDR have. There are no ranges for months and
// days of the week that stand alone.
func normalizedDate(s *skeleton) string {
	var b strings.Builder
	for _, field := range []dateField{fieldEra, fieldYear, fieldMonth, fieldWeekday, fieldDay} {
		letter, width := string(s.letter[field]), s.width[field]
		switch {
		case width == 0:
		case field == fieldMonth && width >= 3, field == fieldYear:
			b.WriteString(strings.Repeat(letter, width))
		case field == fieldWeekday && width > 3:
			b.WriteString(strings.Repeat(letter, width))
		default:
			b.WriteString(letter)
		}
	}
	return b.String()
}

func normalizedTime(s *skeleton) string {
	var b strings.Builder
	if letter := s.letter[fieldDayPeriod]; letter == 'B' || letter == 'b' {
		b.WriteByte('B')
	}
	for _, field := range []dateField{fieldHour, fieldMinute, fieldSecond, fieldFraction, fieldZone} {
		switch letter := s.letter[field]; letter {
		case 0:
		case 'K':
			b.WriteByte('h')
		case 'k':
			b.WriteByte('H')
		default:
			b.WriteByte(letter)
		}
	}
	return b.String()
}

// dateRange returns the pattern for a skeleton without times. Larger fields that differ are added to the skeleton.
func (f *DateTimeFormat) dateRange(text, different string) string {
	best, fits := f.nearestInterval(text)
	if !fits {
		return ""
	}
	if pattern := f.interval(best, different); pattern != "" {
		return widen(pattern, text, best)
	}
	i := strings.Index("GyMd", different)
	if i < 0 || strings.Contains(text, different) || f.smallerThanShown(different) {
		return ""
	}
	added := ""
	for _, letter := range "yMd"[max(0, i-1):] {
		if !strings.ContainsRune(text, letter) && !f.smallerThanShown(string(letter)) {
			added += string(letter)
		}
	}
	extended := added + text
	if best, fits = f.nearestInterval(extended); !fits {
		return ""
	}
	return widen(f.interval(best, different), extended, best)
}

func (f *DateTimeFormat) interval(skeleton, letter string) string {
	return f.data.get("dates", "dateTimeFormats/intervalFormats/"+skeleton+"/"+letter)
}

func (f *DateTimeFormat) timeRange(text, different string) string {
	best, fits := f.nearestInterval(strings.ReplaceAll(text, "z", "v"))
	if !fits {
		return ""
	}
	names := []string{different}
	twelve := strings.Contains(best, "h")
	switch {
	case different == "a" && strings.Contains(best, "B"):
		names = []string{"B", "h"}
	case different == "a":
		names = []string{"a", "h", "H"}
	case different == "H" && twelve:
		names = []string{"h"}
	}
	for _, name := range names {
		if pattern := f.interval(best, name); pattern != "" {
			if strings.Contains(text, "z") {
				pattern = strings.ReplaceAll(pattern, "v", "z")
			}
			return widen(pattern, text, best)
		}
	}
	return ""
}

// fieldWidths returns the number of occurrences of each letter.
func fieldWidths(text string) (widths [128]int) {
	for _, c := range []byte(text) {
		widths[c&127]++
	}
	return widths
}

// nearestInterval returns the skeleton of the interval formats that is nearest to a skeleton, and whether it has the same
// fields.
func (f *DateTimeFormat) nearestInterval(text string) (best string, fits bool) {
	const prefix = "dateTimeFormats/intervalFormats/"
	wanted := fieldWidths(text)
	bestDistance, last := -1, ""
	for key := range f.data.keys("dates", prefix) {
		candidate, _, ok := strings.Cut(key, "/")
		if !ok || candidate == last {
			continue
		}
		last = candidate
		distance, same := 0, true
		for c, width := range fieldWidths(candidate) {
			switch {
			case width == wanted[c]:
			case width == 0 || wanted[c] == 0:
				distance += missingFieldDistance
				same = false
			case c == 'M' && (width <= 2) != (wanted[c] <= 2):
				distance += 0x100
			default:
				distance += max(width-wanted[c], wanted[c]-width)
			}
		}
		if bestDistance < 0 || distance < bestDistance {
			best, bestDistance, fits = candidate, distance, same
		}
	}
	return best, fits
}

// widen makes the fields of a pattern as wide as those of the skeleton, if the pattern has the width of its own skeleton.
func widen(pattern, skeletonText, best string) string {
	wanted, own := fieldWidths(skeletonText), fieldWidths(best)
	var b strings.Builder
	for item := range patternItems(pattern) {
		c := item.letter
		if c == 'L' {
			c = 'M'
		}
		if item.letter != 0 && own[c] == item.width && wanted[c] > own[c] {
			item.width = wanted[c]
		}
		b.WriteString(rawItem(item))
	}
	return b.String()
}
