package intl

import (
	"errors"
	"fmt"
	"strings"
)

// NameOptions are the options of DisplayNames.
type NameOptions struct {
	Style           string // long, short, narrow
	Type            string // language, region, script, currency, calendar, dateTimeField
	Fallback        string // code, none
	LanguageDisplay string // dialect, standard
}

// DisplayNames has the names of languages, regions and so on. It is safe for concurrent use.
type DisplayNames struct {
	options NameOptions
	locale  string
	data    *localeData
}

// NewDisplayNames returns the names in the best available locale.
func NewDisplayNames(locales []string, options NameOptions) (*DisplayNames, error) {
	n := negotiate(locales, nil, nil, nil)
	setDefault(&options.Style, "long")
	setDefault(&options.Fallback, "code")
	setDefault(&options.LanguageDisplay, "dialect")
	return &DisplayNames{options, n.locale, n.data}, nil
}

// Of returns the name of a code. If there is none, it returns the canonical code, or an empty string, as the option
// fallback has it. The error is for a code that is not valid.
func (d *DisplayNames) Of(code string) (string, error) {
	canonical, name, err := d.find(code)
	if err != nil {
		return "", err
	}
	if name == "" && d.options.Fallback == "code" {
		return canonical, nil
	}
	return name, nil
}

var errCode = errors.New("Invalid argument to Intl.DisplayNames.prototype.of") //nolint:staticcheck // the text of a RangeError

func (d *DisplayNames) find(code string) (canonical, name string, err error) {
	lower := strings.ToLower(code)
	switch d.options.Type {
	case "region":
		if !isAlpha(lower, 2, 2) && !isDigits(lower, 3) {
			return "", "", errCode
		}
		canonical = strings.ToUpper(lower)
		return canonical, d.sized("region/" + canonical), nil
	case "script":
		if !isAlpha(lower, 4, 4) {
			return "", "", errCode
		}
		canonical = strings.ToUpper(lower[:1]) + lower[1:]
		return canonical, d.data.get("names", "script/"+canonical), nil
	case "currency":
		if !isAlpha(lower, 3, 3) {
			return "", "", errCode
		}
		canonical = strings.ToUpper(lower)
		return canonical, d.data.get("currencies", canonical+"/displayName"), nil
	case "calendar":
		for part := range strings.SplitSeq(lower, "-") {
			if !isType(part) {
				return "", "", errCode
			}
		}
		key := map[string]string{"gregory": "gregorian", "ethioaa": "ethiopic-amete-alem"}[lower]
		setDefault(&key, lower)
		return lower, d.data.get("names", "calendar/"+key), nil
	case "dateTimeField":
		return d.field(code)
	}
	return d.language(code)
}

// sized returns the value of a key in the short form if that is wanted and exists.
func (d *DisplayNames) sized(key string) string {
	if d.options.Style != "long" {
		return d.data.get("names", key+"-alt-short", key)
	}
	return d.data.get("names", key)
}

// fieldNames are the keys of CLDR for the codes of date and time fields.
var fieldNames = map[string]string{
	"era": "era", "year": "year", "quarter": "quarter", "month": "month", "weekOfYear": "week", "weekday": "weekday", "day": "day",
	"dayPeriod": "dayperiod", "hour": "hour", "minute": "minute", "second": "second", "timeZoneName": "zone",
}

func (d *DisplayNames) field(code string) (canonical, name string, err error) {
	key, ok := fieldNames[code]
	if !ok {
		return "", "", errCode
	}
	if d.options.Style != "long" {
		key += "-" + d.options.Style
	}
	return code, d.data.get("dates", "fields/"+key), nil
}

// language returns the name of a language identifier, which has neither extensions nor private subtags.
func (d *DisplayNames) language(code string) (canonical, name string, err error) {
	t, err := parseTag(code)
	if err != nil || len(t.extensions)+len(t.keywords)+len(t.attributes) > 0 || t.private != "" {
		return "", "", fmt.Errorf("%w: %q", errCode, code)
	}
	t.replaceAliases()
	language, rest := t.language, t
	rest.language = ""
	if dialect := (tag{language: t.language, script: t.script, region: t.region}).name(); d.options.LanguageDisplay == "dialect" {
		if d.sized("language/"+dialect) != "" {
			language, rest.script, rest.region = dialect, "", ""
		}
	}
	name = d.sized("language/" + language)
	if name == "" {
		return t.String(), "", nil
	}
	details := d.details(rest)
	if details == "" {
		return t.String(), name, nil
	}
	open, closing := "(", ")"
	pattern := d.data.get("names", "pattern/localePattern")
	if strings.Contains(name, open) && strings.Contains(pattern, open) {
		name = strings.NewReplacer(open, "[", closing, "]").Replace(name)
	}
	return t.String(), strings.NewReplacer("{0}", name, "{1}", details).Replace(pattern), nil
}

// details returns the names of script, region and variants, separated.
func (d *DisplayNames) details(t tag) string {
	var names []string
	add := func(code, name string) {
		if code != "" {
			setDefault(&name, code)
			names = append(names, strings.NewReplacer("(", "[", ")", "]").Replace(name))
		}
	}
	add(t.script, d.data.get("names", "script/"+t.script))
	add(t.region, d.sized("region/"+t.region))
	for _, variant := range t.variants {
		add(variant, strings.ToUpper(variant))
	}
	if len(names) == 0 {
		return ""
	}
	text := names[0]
	for _, name := range names[1:] {
		text = strings.NewReplacer("{0}", text, "{1}", name).Replace(d.data.get("names", "pattern/localeSeparator"))
	}
	return text
}

// Resolved returns the properties of resolvedOptions.
func (d *DisplayNames) Resolved() Resolved {
	r := Resolved{{"locale", d.locale}, {"style", d.options.Style}, {"type", d.options.Type}, {"fallback", d.options.Fallback}}
	if d.options.Type == "language" {
		r = append(r, Property{"languageDisplay", d.options.LanguageDisplay})
	}
	return r
}
