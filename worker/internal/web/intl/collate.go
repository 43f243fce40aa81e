package intl

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// CollatorOptions are the options of Collator.
type CollatorOptions struct {
	Usage             string // sort, search
	Sensitivity       string // base, accent, case, variant
	IgnorePunctuation *bool
	Numeric           *bool
	CaseFirst         string // upper, lower, false
	Collation         string
}

// Collator compares strings in the order of a language. It is safe for concurrent use.
type Collator struct {
	options   CollatorOptions
	locale    string
	collation string
	numeric   bool
	ignore    bool
	scripts   [][]*unicode.RangeTable // that precede all others
	collators sync.Pool               // of *collate.Collator, which is not safe for concurrent use
}

// collations are the values of the keyword co that are supported, by language.
var collations = map[string][]string{"de": {"phonebk"}, "es": {"trad"}, "zh": {"pinyin", "stroke"}, "sv": {"trad"}}

// NewCollator returns a collator for the best available locale. Its order is that of golang.org/x/text/collate, which has
// older data than the rest of this package.
func NewCollator(locales []string, options CollatorOptions) (*Collator, error) {
	wanted := map[string]string{"co": options.Collation, "kf": options.CaseFirst}
	if options.Numeric != nil {
		wanted["kn"] = map[bool]string{true: "true", false: "false"}[*options.Numeric]
	}
	valid := func(data *localeData, key, value string) bool {
		switch key {
		case "kn":
			return value == "true" || value == "false"
		case "kf":
			return slices.Contains([]string{"upper", "lower", "false"}, value)
		}
		name, _, _ := strings.Cut(data.chain[0], "-")
		return slices.Contains(collations[name], value)
	}
	n := negotiate(locales, []string{"co", "kf", "kn"}, wanted, valid)
	setDefault(&options.Usage, "sort")
	setDefault(&options.Sensitivity, "variant")
	c := &Collator{options: options, locale: n.locale, collation: "default", numeric: n.values["kn"] == "true"}
	c.options.CaseFirst = n.values["kf"]
	setDefault(&c.options.CaseFirst, "false")
	name, _, _ := strings.Cut(n.locale, "-u-")
	base, _, _ := strings.Cut(name, "-")
	if base == "da" && n.values["kf"] == "" {
		c.options.CaseFirst = "upper"
	}
	c.scripts = scriptOrders[base]
	c.ignore = base == "th"
	if options.IgnorePunctuation != nil {
		c.ignore = *options.IgnorePunctuation
	}
	if co := n.values["co"]; co != "" {
		c.collation = co
		name += "-u-co-" + co
	}
	parsed, err := language.Parse(name)
	if err != nil {
		parsed = language.Und
	}
	var settings []collate.Option
	switch c.options.Sensitivity {
	case "base", "case":
		settings = []collate.Option{collate.IgnoreCase, collate.IgnoreDiacritics, collate.IgnoreWidth}
	case "accent":
		settings = []collate.Option{collate.IgnoreCase, collate.IgnoreWidth}
	}
	c.collators.New = func() any { return collate.New(parsed, settings...) }
	return c, nil
}

// Compare returns -1, 0 or 1.
func (c *Collator) Compare(a, b string) int {
	if a == b {
		return 0
	}
	if c.ignore {
		a, b = strings.Map(withoutPunctuation, a), strings.Map(withoutPunctuation, b)
	}
	collator := c.collators.Get().(*collate.Collator)
	defer c.collators.Put(collator)
	if c.numeric {
		return c.compareNumeric(collator, a, b)
	}
	return c.compareText(collator, a, b)
}

// scriptOrders has the scripts that precede all others, in this order, by language.
var scriptOrders = map[string][][]*unicode.RangeTable{
	"am": {{unicode.Ethiopic}}, "ar": {{unicode.Arabic}}, "be": {{unicode.Cyrillic}}, "bg": {{unicode.Cyrillic}}, "bn": {{unicode.Bengali}},
	"el": {{unicode.Greek}}, "fa": {{unicode.Arabic}}, "gu": {{unicode.Gujarati}}, "he": {{unicode.Hebrew}}, "hi": {{unicode.Devanagari}},
	"hy": {{unicode.Armenian}}, "ja": {{unicode.Latin}, {unicode.Hiragana, unicode.Katakana}, {unicode.Han}}, "ka": {{unicode.Georgian}},
	"kk": {{unicode.Cyrillic}}, "km": {{unicode.Khmer}}, "kn": {{unicode.Kannada}}, "ko": {{unicode.Hangul, unicode.Han}},
	"ky": {{unicode.Cyrillic}}, "lo": {{unicode.Lao}}, "mk": {{unicode.Cyrillic}}, "ml": {{unicode.Malayalam}}, "mn": {{unicode.Cyrillic}},
	"mr": {{unicode.Devanagari}}, "my": {{unicode.Myanmar}}, "ne": {{unicode.Devanagari}}, "pa": {{unicode.Gurmukhi}}, "ps": {{unicode.Arabic}},
	"ru": {{unicode.Cyrillic}}, "si": {{unicode.Sinhala}}, "sr": {{unicode.Cyrillic}}, "ta": {{unicode.Tamil}}, "te": {{unicode.Telugu}},
	"th": {{unicode.Thai}}, "uk": {{unicode.Cyrillic}}, "ur": {{unicode.Arabic}}, "zh": {{unicode.Han}}, "yue": {{unicode.Han}},
}

// scriptRank returns the place of the script of a character, and -1 if it is not a letter.
func (c *Collator) scriptRank(r rune) int {
	if !unicode.IsLetter(r) {
		return -1
	}
	for i, tables := range c.scripts {
		if unicode.In(r, tables...) {
			return i
		}
	}
	return len(c.scripts)
}

// compareScripts compares the scripts of the first letters that differ. golang.org/x/text has one order for all languages.
func (c *Collator) compareScripts(collator *collate.Collator, a, b string) int {
	x, y := []rune(a), []rune(b)
	for i := range min(len(x), len(y)) {
		if x[i] == y[i] {
			continue
		}
		if p, q := c.scriptRank(x[i]), c.scriptRank(y[i]); p != q {
			if p < 0 || q < 0 {
				return 0
			}
			return cmp.Compare(p, q)
		}
		if collator.CompareString(strings.ToLower(string(x[i])), strings.ToLower(string(y[i]))) != 0 {
			return 0
		}
	}
	return 0
}

func (c *Collator) compareText(collator *collate.Collator, a, b string) int {
	if len(c.scripts) > 0 {
		if order := c.compareScripts(collator, a, b); order != 0 {
			return order
		}
	}
	order := collator.CompareString(a, b)
	if c.options.Sensitivity == "case" && order == 0 {
		return compareCase(a, b, c.options.CaseFirst == "upper")
	}
	if c.options.CaseFirst == "upper" && c.options.Sensitivity == "variant" && order != 0 && strings.EqualFold(a, b) {
		return compareCase(a, b, true)
	}
	return order
}

// withoutPunctuation removes what CLDR lets collation ignore: spaces and punctuation.
func withoutPunctuation(r rune) rune {
	if unicode.IsSpace(r) || unicode.IsPunct(r) {
		return -1
	}
	return r
}

// compareCase compares only the case of letters.
func compareCase(a, b string, upperFirst bool) int {
	x, y := letterCases(a), letterCases(b)
	order := slices.Compare(x, y)
	if upperFirst {
		return -order
	}
	return order
}

func letterCases(text string) []letterCase {
	var cases []letterCase
	for _, r := range text {
		if unicode.IsLetter(r) {
			cases = append(cases, map[bool]letterCase{true: 1, false: 0}[unicode.IsUpper(r)])
		}
	}
	return cases
}

type letterCase int

// compareNumeric compares sequences of digits by their values and what is between them as text.
func (c *Collator) compareNumeric(collator *collate.Collator, a, b string) int {
	later := 0 // the order of the first pieces of text that differ less than in their base letters
	for a != "" && b != "" {
		textA, numberA, restA := cutNumber(a)
		textB, numberB, restB := cutNumber(b)
		if numberA == "" || numberB == "" || collator.CompareString(strings.ToLower(textA), strings.ToLower(textB)) != 0 {
			break
		}
		if later == 0 {
			later = c.compareText(collator, textA, textB)
		}
		if order := compareDigits(numberA, numberB); order != 0 {
			return order
		}
		a, b = restA, restB
	}
	if order := c.compareText(collator, a, b); order != 0 && (later == 0 || collator.CompareString(strings.ToLower(a), strings.ToLower(b)) != 0) {
		return order
	}
	return later
}

func isASCIIDigit(r rune) bool { return r >= '0' && r <= '9' }

func cutNumber(text string) (before, number, after string) {
	start := strings.IndexFunc(text, isASCIIDigit)
	if start < 0 {
		return text, "", ""
	}
	rest := strings.TrimLeftFunc(text[start:], isASCIIDigit)
	return text[:start], text[start : len(text)-len(rest)], rest
}

func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return map[bool]int{true: -1, false: 1}[len(a) < len(b)]
	}
	return strings.Compare(a, b)
}

// Resolved returns the properties of resolvedOptions.
func (c *Collator) Resolved() Resolved {
	return Resolved{
		{"locale", c.locale}, {"usage", c.options.Usage}, {"sensitivity", c.options.Sensitivity}, {"ignorePunctuation", c.ignore},
		{"collation", c.collation}, {"numeric", c.numeric}, {"caseFirst", c.options.CaseFirst},
	}
}
