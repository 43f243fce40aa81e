package intl

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// LocaleOptions are what the options of Intl.Locale replace in a locale identifier. Empty ones replace nothing.
type LocaleOptions struct {
	Language, Script, Region string
	Keywords                 map[string]string // by their keys in the extension u
}

// NewLocale returns the properties of an Intl.Locale: those of the standard by their names, and what its methods return.
func NewLocale(locale string, options LocaleOptions) (Resolved, error) {
	canonical, err := Canonicalize(locale)
	if err != nil {
		return nil, err
	}
	t, err := parseTag(canonical)
	if err != nil {
		return nil, err
	}
	for _, subtag := range []struct {
		target *string
		value  string
	}{{&t.language, options.Language}, {&t.script, options.Script}, {&t.region, options.Region}} {
		if subtag.value != "" {
			*subtag.target = subtag.value
		}
	}
	for key, value := range options.Keywords {
		if value == "true" {
			value = ""
		}
		t.setKeyword(key, &value)
	}
	if canonical, err = Canonicalize(t.String()); err != nil {
		return nil, err
	}
	if t, err = parseTag(canonical); err != nil {
		return nil, err
	}
	base := t
	base.attributes, base.keywords, base.extensions, base.private = nil, nil, nil, ""
	r := Resolved{
		{"tag", canonical}, {"baseName", base.String()}, {"language", t.language}, {"script", t.script}, {"region", t.region},
		{"maximised", t.maximise().String()}, {"minimised", t.minimise().String()},
	}
	for _, property := range []struct{ name, key string }{
		{"calendar", "ca"}, {"collation", "co"}, {"hourCycle", "hc"}, {"caseFirst", "kf"}, {"numberingSystem", "nu"}, {"firstDayOfWeek", "fw"},
	} {
		if value, ok := t.keyword(property.key); ok {
			r = append(r, Property{property.name, value})
		}
	}
	numeric, ok := t.keyword("kn")
	r = append(r, Property{"numeric", ok && numeric == ""})
	return append(r, localeDefaults(t)...), nil
}

// localeDefaults returns what is usual in a locale.
func localeDefaults(t tag) Resolved {
	n := negotiate([]string{t.String()}, nil, nil, nil)
	n.locale = t.String()
	full := t.maximise()
	direction := "ltr"
	if slices.Contains([]string{"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg", "Mand", "Samr"}, full.script) {
		direction = "rtl"
	}
	sorted := []string{"emoji", "eor"}
	sorted = append(sorted, collations[t.language]...)
	return Resolved{
		{"collations", sorted}, {"usualHourCycle", defaultHourCycle(n)}, {"usualNumberingSystem", numberingSystem(n.data)},
		{"timeZones", zonesOf(t.region)}, {"direction", direction}, {"week", weekOf(full.region)},
	}
}

func zonesOf(region string) []string {
	zones := []string{}
	for name, zone := range zoneData().Zones {
		if region != "" && zone.Region == region {
			zones = append(zones, name)
		}
	}
	slices.Sort(zones)
	return zones
}

var weekData = readJSON[struct {
	MinDays, FirstDay, WeekendStart, WeekendEnd map[string]string
}]("week")

// weekOf returns the days of the week in a region, in which Monday is 1.
func weekOf(region string) Resolved {
	find := func(values map[string]string) string {
		if value, ok := values[region]; ok {
			return value
		}
		return values["001"]
	}
	number := func(day string) int { return (slices.Index(weekdays, day)+6)%7 + 1 }
	weekend := []int{}
	end := number(find(weekData().WeekendEnd))
	for day := number(find(weekData().WeekendStart)); ; day = day%7 + 1 {
		weekend = append(weekend, day)
		if day == end {
			break
		}
	}
	minimal, _ := strconv.Atoi(find(weekData().MinDays))
	return Resolved{{"firstDay", number(find(weekData().FirstDay))}, {"weekend", weekend}, {"minimalDays", minimal}}
}

// Case converts a text to upper or lower case as the first of some locales requires it, or as Unicode does.
func Case(text string, upper bool, locales []string) string {
	lang := language.Und
	if len(locales) > 0 {
		name, _, _ := strings.Cut(locales[0], "-")
		if parsed, err := language.Parse(name); err == nil {
			lang = parsed
		}
	}
	if upper {
		return cases.Upper(lang).String(text)
	}
	return cases.Lower(lang).String(text)
}
