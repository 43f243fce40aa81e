package intl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// FormatRange returns a range as text. The numbers are those of Format. The error is for NaN.
func (f *NumberFormat) FormatRange(start, end string) (string, error) {
	parts, err := f.FormatRangeToParts(start, end)
	return Text(parts), err
}

// FormatRangeToParts returns the parts of a range. What both numbers have in common is shown once, as ICU does: units, and
// currencies and signs of more than one character.
func (f *NumberFormat) FormatRangeToParts(start, end string) ([]Part, error) {
	if start == "NaN" || end == "NaN" {
		return nil, errNaN
	}
	low, high := f.formatDecimal(parseDecimal(start), false), f.formatDecimal(parseDecimal(end), false)
	if low.outer.equal(high.outer) && low.middle.equal(high.middle) && equalParts(low.body, high.body) {
		return withSource(f.formatDecimal(parseDecimal(start), true).parts(), "shared"), nil
	}
	var outer, middle modifier
	if high.outer.length() > 0 {
		outer = f.rangeOuter(start, end)
		low.outer, high.outer = modifier{}, modifier{}
	}
	spaced := low.exponent
	if low.middle.equal(high.middle) && low.middle.length() > 1 {
		middle = high.middle
		low.middle, high.middle = modifier{}, modifier{}
	} else if low.middle.length() > 0 {
		spaced = true
	}
	separator := strings.NewReplacer("{0}", "", "{1}", "").Replace(f.number("miscPatterns/range"))
	if spaced {
		separator = padSeparator(separator)
	}
	parts := withSource(low.parts(), "startRange")
	parts = append(parts, Part{Type: literal, Value: separator, Source: "shared"})
	parts = append(parts, withSource(high.parts(), "endRange")...)
	surround := func(m modifier) {
		parts = append(append(withSource(m.prefix, "shared"), parts...), withSource(m.suffix, "shared")...)
	}
	surround(middle)
	surround(outer)
	return parts, nil
}

// rangeOuter returns the unit or the name of the currency in the form for the plural category of a range.
func (f *NumberFormat) rangeOuter(start, end string) modifier {
	category := func(number string) string {
		d := parseDecimal(number)
		if d.special != "" {
			return "other"
		}
		r, exponent := f.scale(d)
		return f.rules.category(r.digits, exponent)
	}
	both := f.rules.rangeCategory(category(start), category(end))
	if f.options.Style == "unit" {
		return f.unitModifier(both)
	}
	return f.currencyNameModifier(both)
}

// padSeparator puts spaces around the separator of a range where it has none.
func padSeparator(separator string) string {
	if r, _ := utf8.DecodeRuneInString(separator); !unicode.IsSpace(r) {
		separator = " " + separator
	}
	if r, _ := utf8.DecodeLastRuneInString(separator); !unicode.IsSpace(r) {
		separator += " "
	}
	return separator
}
