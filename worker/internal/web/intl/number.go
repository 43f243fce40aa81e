package intl

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// NumberOptions are the options of NumberFormat.
type NumberOptions struct {
	NumberingSystem string
	Style           string // decimal, percent, currency, unit
	Currency        string
	CurrencyDisplay string // symbol, narrowSymbol, code, name
	CurrencySign    string // standard, accounting
	Unit            string
	UnitDisplay     string // short, narrow, long
	Notation        string // standard, scientific, engineering, compact
	CompactDisplay  string // short, long
	UseGrouping     string // always, auto, min2, false
	SignDisplay     string // auto, never, always, exceptZero, negative
	DigitOptions
}

// NumberFormat formats numbers. It is safe for concurrent use.
type NumberFormat struct {
	options NumberOptions
	locale  string
	data    *localeData
	system  string
	format  digitFormat
	rules   *pluralRules
	pattern numberPattern
	digits  []rune

	decimalSeparator, groupSeparator string
	minimumGrouping                  int // digits of the first group; 0 means no grouping
}

var digits = readJSON[map[string]string]("digits")

var fractions = readJSON[map[string]string]("fractions")

func setDefault(value *string, otherwise string) {
	if *value == "" {
		*value = otherwise
	}
}

func numberingSystem(data *localeData) string {
	return data.get("numbers", "default")
}

func validNumbers(data *localeData, _, value string) bool { return digits()[value] != "" }

// NewNumberFormat returns a format for the best available locale.
func NewNumberFormat(locales []string, options NumberOptions) (*NumberFormat, error) {
	n := negotiate(locales, []string{"nu"}, map[string]string{"nu": options.NumberingSystem}, validNumbers)
	setDefault(&options.Style, "decimal")
	setDefault(&options.CurrencyDisplay, "symbol")
	setDefault(&options.CurrencySign, "standard")
	setDefault(&options.UnitDisplay, "short")
	setDefault(&options.Notation, "standard")
	setDefault(&options.CompactDisplay, "short")
	setDefault(&options.SignDisplay, "auto")
	compact := options.Notation == "compact"
	setDefault(&options.UseGrouping, map[bool]string{false: "auto", true: "min2"}[compact])
	options.Currency = strings.ToUpper(options.Currency)
	defaults := digitDefaults{maximumFraction: 3, compact: compact}
	switch {
	case options.Style == "currency" && options.Notation == "standard":
		defaults.minimumFraction = currencyDigits(options.Currency)
		defaults.maximumFraction = defaults.minimumFraction
	case options.Style == "percent":
		defaults.maximumFraction = 0
	}
	format, err := options.resolve(defaults)
	if err != nil {
		return nil, err
	}
	f := &NumberFormat{options: options, locale: n.locale, data: n.data, format: format, rules: pluralsOf(n.data, "cardinal")}
	f.system = n.values["nu"]
	setDefault(&f.system, numberingSystem(n.data))
	f.digits = []rune(digits()[f.system])
	if options.Style == "unit" && !f.hasUnit(options.Unit) {
		return nil, errors.New("the unit " + options.Unit + " is not supported")
	}
	f.pattern = parseNumberPattern(f.patternText())
	f.resolveSeparators()
	return f, nil
}

func currencyDigits(code string) int {
	if text, ok := fractions()[code]; ok {
		n, _ := strconv.Atoi(text)
		return n
	}
	return 2
}

// patternText returns the pattern of the locale for the style.
func (f *NumberFormat) patternText() string {
	switch {
	case f.options.Style == "percent", f.percentUnit():
		return f.number("percentFormats/standard")
	case f.options.Style != "currency" || f.options.CurrencyDisplay == "name":
		return f.number("decimalFormats/standard")
	}
	return f.number("currencyFormats/" + f.options.CurrencySign)
}

// percentUnit reports whether the unit is shown like the style "percent".
func (f *NumberFormat) percentUnit() bool {
	return f.options.Style == "unit" && f.options.Unit == "percent" && f.options.UnitDisplay != "long"
}

func (f *NumberFormat) resolveSeparators() {
	f.decimalSeparator, f.groupSeparator = f.symbol("decimal"), f.symbol("group")
	if f.options.Style == "currency" {
		if s := f.symbol("currencyDecimal"); s != "" {
			f.decimalSeparator = s
		}
		if s := f.symbol("currencyGroup"); s != "" {
			f.groupSeparator = s
		}
	}
	locale, _ := strconv.Atoi(f.data.get("numbers", "minimumGroupingDigits"))
	switch f.options.UseGrouping {
	case "always":
		f.minimumGrouping = 1
	case "auto":
		f.minimumGrouping = max(1, locale)
	case "min2":
		f.minimumGrouping = max(2, locale)
	}
}

// number returns a value of the section "numbers" for the numbering system, or else for the Latin digits.
func (f *NumberFormat) number(key string) string {
	return f.data.get("numbers", f.system+"/"+key, "latn/"+key)
}

// foreignSymbols are locales that have the symbols which CLDR's root has for a numbering system.
var foreignSymbols = map[string]string{"arab": "ar-EG", "arabext": "fa"}

func (f *NumberFormat) symbol(name string) string {
	if value, ok := f.data.find("numbers", f.system+"/symbols/"+name); ok {
		return value
	}
	if locale := foreignSymbols[f.system]; locale != "" {
		if value := dataOf(locale).get("numbers", f.system+"/symbols/"+name); value != "" {
			return value
		}
	}
	return f.data.get("numbers", "latn/symbols/"+name)
}

func (f *NumberFormat) currencySymbol() string {
	code := f.options.Currency
	switch f.options.CurrencyDisplay {
	case "code":
		return code
	case "narrowSymbol":
		if s := f.data.get("currencies", code+"/symbol-alt-narrow"); s != "" {
			return s
		}
	}
	if s := f.data.get("currencies", code+"/symbol"); s != "" {
		return s
	}
	return code
}

// formatted is a number with what is put around it.
type formatted struct {
	body     []Part
	exponent bool     // the body ends with an exponent
	middle   modifier // sign, currency, percent, compact notation
	outer    modifier // unit, name of a currency
}

func (n formatted) parts() []Part {
	if n.outer.replaces {
		return n.outer.around(nil)
	}
	return n.outer.around(n.middle.around(n.body))
}

// Format returns a number as text. The number is the text of a decimal number, "NaN", "Infinity" or "-Infinity".
func (f *NumberFormat) Format(number string) string { return Text(f.FormatToParts(number)) }

// FormatToParts returns the parts of a number.
func (f *NumberFormat) FormatToParts(number string) []Part {
	return f.formatDecimal(parseDecimal(number), false).parts()
}

func (f *NumberFormat) formatDecimal(d decimal, approximately bool) formatted {
	if f.options.Style == "percent" {
		d = d.shift(2)
	}
	pattern, category := f.pattern, "other"
	var body []Part
	var inner modifier
	zero := d.special == "nan"
	switch {
	case d.special == "nan":
		body = []Part{{Type: "nan", Value: f.symbol("nan")}}
	case d.special != "":
		body = []Part{{Type: "infinity", Value: f.symbol("infinity")}}
	default:
		r, exponent := f.scale(d)
		zero = r.isZero()
		body = f.digitParts(r.digits)
		category = f.rules.category(r.digits, 0)
		switch f.options.Notation {
		case "compact":
			if exponent != 0 {
				pattern = f.compactPattern(d.magnitudeOf(r, exponent), r.digits, category)
				category = f.rules.category(r.digits, exponent)
				if pattern.integerDigits == 0 {
					body = nil
				}
			}
		case "scientific", "engineering":
			inner.suffix = f.exponentParts(exponent)
		}
	}
	a := pattern.withSign(f.signOf(d.negative, zero), approximately)
	result := formatted{body: inner.around(body), exponent: len(inner.suffix) > 0}
	result.middle.prefix, result.middle.suffix = f.affixParts(a.prefix), f.affixParts(a.suffix)
	if d.special == "" {
		f.spaceCurrency(a, &result.middle)
	}
	switch {
	case f.options.Style == "unit" && !f.percentUnit():
		result.outer = f.unitModifier(category)
	case f.options.Style == "currency" && f.options.CurrencyDisplay == "name":
		result.outer = f.currencyNameModifier(category)
	}
	return result
}

// signOf returns the sign to show (ECMA-402, GetNumberFormatPattern).
func (f *NumberFormat) signOf(negative, zero bool) sign {
	display := f.options.SignDisplay
	switch {
	case display == "never", zero && (display == "exceptZero" || display == "negative"):
		return noSign
	case negative:
		return minus
	case display == "always", display == "exceptZero":
		return plus
	}
	return noSign
}

// scale rounds a number for the notation, and returns the power of ten by which it was divided.
func (f *NumberFormat) scale(d decimal) (rounded, int) {
	if d.isZero() || f.options.Notation == "standard" {
		return f.format.round(d), 0
	}
	magnitude := d.magnitude()
	exponent := f.exponent(magnitude)
	r := f.format.round(d.shift(-exponent))
	if r.isZero() || r.magnitude() == magnitude-exponent {
		return r, exponent
	}
	if next := f.exponent(magnitude + 1); next != exponent {
		return f.format.round(d.shift(-next)), next
	}
	return r, exponent
}

// exponent returns the power of ten by which a number with a magnitude is divided (ECMA-402,
// ComputeExponentForMagnitude).
func (f *NumberFormat) exponent(magnitude int) int {
	switch f.options.Notation {
	case "scientific":
		return magnitude
	case "engineering":
		if magnitude < 0 {
			return (magnitude - 2) / 3 * 3
		}
		return magnitude / 3 * 3
	case "compact":
		if magnitude < 0 {
			return 0
		}
		text := ""
		for magnitude = min(magnitude, maxCompactMagnitude); magnitude > 0 && text == ""; magnitude-- {
			text = f.compactText(magnitude, "other")
		}
		magnitude++
		if zeros := parseNumberPattern(text).integerDigits; zeros > 0 && strings.Trim(text, "0") != "" {
			return magnitude - zeros + 1
		}
	}
	return 0
}

// maxCompactMagnitude is the magnitude of the largest number for which a locale of CLDR has a compact pattern.
const maxCompactMagnitude = 19

func (f *NumberFormat) compactText(magnitude int, category string) string {
	key := "1" + strings.Repeat("0", magnitude) + "-count-" + category
	currency := f.options.Style == "currency" && f.options.CurrencyDisplay != "name"
	switch {
	case currency:
		return f.number("currencyFormats/short/standard/" + key)
	case f.options.CompactDisplay == "long":
		if text := f.number("decimalFormats/long/decimalFormat/" + key); text != "" {
			return text
		}
	}
	return f.number("decimalFormats/short/decimalFormat/" + key)
}

// magnitudeOf returns the magnitude of a number that was divided by ten to the power of exponent and then rounded.
func (d decimal) magnitudeOf(r rounded, exponent int) int {
	return min(max(d.magnitude(), r.magnitude()+exponent), maxCompactMagnitude)
}

func (f *NumberFormat) compactPattern(magnitude int, digits, category string) numberPattern {
	candidates := []string{category, "other"}
	if digits == "1" && f.options.CompactDisplay == "long" {
		candidates = append([]string{"1"}, candidates...)
	}
	for ; magnitude > 0; magnitude-- {
		for _, candidate := range candidates {
			if text := f.compactText(magnitude, candidate); text != "" {
				return parseNumberPattern(text)
			}
		}
	}
	return f.pattern
}

func (f *NumberFormat) localDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if i := int(r - '0'); r >= '0' && r <= '9' && i < len(f.digits) {
			return f.digits[i]
		}
		return r
	}, text)
}

// digitParts returns the parts of a number without a sign.
func (f *NumberFormat) digitParts(text string) []Part {
	integer, fraction, _ := strings.Cut(text, ".")
	var groups []string
	primary, secondary := f.pattern.primary, f.pattern.secondary
	if f.minimumGrouping > 0 && primary > 0 && len(integer) >= primary+f.minimumGrouping {
		groups = []string{integer[len(integer)-primary:]}
		integer = integer[:len(integer)-primary]
		for len(integer) > secondary {
			groups = append(groups, integer[len(integer)-secondary:])
			integer = integer[:len(integer)-secondary]
		}
	}
	parts := []Part{{Type: "integer", Value: f.localDigits(integer)}}
	for _, group := range slices.Backward(groups) {
		parts = append(parts, Part{Type: "group", Value: f.groupSeparator}, Part{Type: "integer", Value: f.localDigits(group)})
	}
	if fraction != "" {
		parts = append(parts, Part{Type: "decimal", Value: f.decimalSeparator}, Part{Type: "fraction", Value: f.localDigits(fraction)})
	}
	return parts
}

func (f *NumberFormat) exponentParts(exponent int) []Part {
	parts := symbolParts("exponentSeparator", f.symbol("exponential"))
	if exponent < 0 {
		parts = appendParts(parts, symbolParts("exponentMinusSign", f.symbol("minusSign")))
		exponent = -exponent
	}
	return appendPart(parts, Part{Type: "exponentInteger", Value: f.localDigits(strconv.Itoa(exponent))})
}

func (f *NumberFormat) affixParts(list []affix) []Part {
	kind := literal
	if f.options.Notation == "compact" {
		kind = "compact"
	}
	var parts []Part
	for _, a := range list {
		switch a.symbol {
		case '-':
			parts = appendParts(parts, symbolParts("minusSign", f.symbol("minusSign")))
		case '+':
			parts = appendParts(parts, symbolParts("plusSign", f.symbol("plusSign")))
		case '%':
			name := "percentSign"
			if f.options.Style == "unit" {
				name = "unit"
			}
			parts = appendParts(parts, symbolParts(name, f.symbol("percentSign")))
		case '~':
			parts = appendParts(parts, symbolParts("approximatelySign", f.symbol("approximatelySign")))
		case '¤':
			parts = appendParts(parts, symbolParts("currency", f.currencySymbol()))
		default:
			parts = appendParts(parts, symbolParts(kind, a.text))
		}
	}
	return parts
}

// spaceCurrency inserts the space that CLDR requires between some currency symbols and a number.
func (f *NumberFormat) spaceCurrency(a affixes, m *modifier) {
	const space = "\u00a0"
	if last := len(a.prefix) - 1; last >= 0 && a.prefix[last].symbol == '¤' {
		if r, _ := utf8.DecodeLastRuneInString(Text(m.prefix)); needsSpace(r) {
			m.prefix = appendPart(m.prefix, Part{Type: literal, Value: space})
		}
	}
	if len(a.suffix) > 0 && a.suffix[0].symbol == '¤' {
		if r, _ := utf8.DecodeRuneInString(Text(m.suffix)); needsSpace(r) {
			m.suffix = append([]Part{{Type: literal, Value: space}}, m.suffix...)
		}
	}
}

// Resolved returns the properties of resolvedOptions.
func (f *NumberFormat) Resolved() Resolved {
	o := f.options
	r := Resolved{{"locale", f.locale}, {"numberingSystem", f.system}, {"style", o.Style}}
	switch o.Style {
	case "currency":
		r = append(r, Property{"currency", o.Currency}, Property{"currencyDisplay", o.CurrencyDisplay}, Property{"currencySign", o.CurrencySign})
	case "unit":
		r = append(r, Property{"unit", o.Unit}, Property{"unitDisplay", o.UnitDisplay})
	}
	r = append(r, f.format.resolved()...)
	var grouping any = o.UseGrouping
	if grouping == "false" {
		grouping = false
	}
	r = append(r, Property{"useGrouping", grouping}, Property{"notation", o.Notation})
	if o.Notation == "compact" {
		r = append(r, Property{"compactDisplay", o.CompactDisplay})
	}
	r = append(r, Property{"signDisplay", o.SignDisplay})
	return append(r, f.format.resolvedRounding()...)
}
