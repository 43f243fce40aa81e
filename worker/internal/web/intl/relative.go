package intl

import "strings"

// RelativeOptions are the options of RelativeTimeFormat.
type RelativeOptions struct {
	NumberingSystem string
	Style           string // long, short, narrow
	Numeric         string // always, auto
}

// RelativeTimeFormat formats relative times. It is safe for concurrent use.
type RelativeTimeFormat struct {
	options RelativeOptions
	locale  string
	data    *localeData
	numbers *NumberFormat
	plurals *pluralRules
}

// NewRelativeTimeFormat returns a format for the best available locale.
func NewRelativeTimeFormat(locales []string, options RelativeOptions) (*RelativeTimeFormat, error) {
	n := negotiate(locales, []string{"nu"}, map[string]string{"nu": options.NumberingSystem}, validNumbers)
	setDefault(&options.Style, "long")
	setDefault(&options.Numeric, "always")
	numbers, err := NewNumberFormat([]string{n.locale}, NumberOptions{NumberingSystem: n.values["nu"]})
	if err != nil {
		return nil, err
	}
	return &RelativeTimeFormat{options, n.locale, n.data, numbers, pluralsOf(n.data, "cardinal")}, nil
}

// Format returns a relative time as text. The unit is a singular such as "day". The value is the text of a finite number.
func (f *RelativeTimeFormat) Format(value, unit string) string {
	return Text(f.FormatToParts(value, unit))
}

// FormatToParts returns the parts of a relative time.
func (f *RelativeTimeFormat) FormatToParts(value, unit string) []Part {
	field := unit
	if f.options.Style != "long" {
		field += "-" + f.options.Style
	}
	d := parseDecimal(value)
	if f.options.Numeric == "auto" {
		if text := f.data.get("relative", field+"/"+d.fixedText()); text != "" {
			return textPart(text)
		}
	}
	direction := "future"
	if d.negative {
		direction = "past"
	}
	d.negative = false
	category := f.plurals.category(f.numbers.format.round(d).digits, 0)
	key := field + "/" + direction + "/"
	pattern := f.data.get("relative", key+category, key+"other")
	number := f.numbers.formatDecimal(d, false).parts()
	for i := range number {
		number[i].Unit = unit
	}
	return fill(pattern, literal, number)
}

// fixedText returns the number without an exponent.
func (d decimal) fixedText() string {
	text := d.fixed(0, max(0, -d.exponent))
	if d.negative && !d.isZero() {
		return "-" + text
	}
	return strings.TrimSuffix(text, ".")
}

// Resolved returns the properties of resolvedOptions.
func (f *RelativeTimeFormat) Resolved() Resolved {
	return Resolved{{"locale", f.locale}, {"style", f.options.Style}, {"numeric", f.options.Numeric}, {"numberingSystem", f.numbers.system}}
}
