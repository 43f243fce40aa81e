package intl

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

var pluralData = readJSON[map[string]map[string]map[string]string]("plurals")

var pluralRanges = readJSON[map[string]map[string]string]("pluralRanges")

// categories are the plural categories in the order of the standard.
var categories = []string{"few", "many", "one", "two", "zero", "other"}

// pluralRules are the rules of one language.
type pluralRules struct {
	language   string
	conditions []pluralCondition // in the order in which they are tested
}

type pluralCondition struct {
	category string
	any      [][]pluralRelation // one of which must have only relations that hold
}

// pluralRelation is a comparison such as "n % 10 = 2..4,9".
type pluralRelation struct {
	operand byte
	modulus int // 0 means none
	negated bool
	ranges  [][2]int
}

// pluralCache has the parsed rules by kind and language.
var pluralCache sync.Map

// pluralsOf returns the rules of a locale. kind is "cardinal" or "ordinal".
func pluralsOf(data *localeData, kind string) *pluralRules {
	key := kind + "/" + data.chain[0]
	if found, ok := pluralCache.Load(key); ok {
		return found.(*pluralRules)
	}
	rules := &pluralRules{}
	set, language := languageRules(data, pluralData()[kind])
	rules.language = language
	for _, category := range []string{"zero", "one", "two", "few", "many"} {
		if condition, ok := set[category]; ok {
			rules.conditions = append(rules.conditions, parseCondition(category, condition))
		}
	}
	pluralCache.Store(key, rules)
	return rules
}

// languageRules returns the rules for a locale or for its language, and to which of them they belong.
func languageRules[T any](data *localeData, sets map[string]T) (rules T, locale string) {
	language, _, _ := strings.Cut(data.chain[0], "-")
	own := data.chain[:len(data.chain)-1]
	for _, locale := range append(slices.Clone(own), language, root) {
		if rules, ok := sets[locale]; ok {
			return rules, locale
		}
	}
	return rules, ""
}

func parseCondition(category, text string) pluralCondition {
	condition := pluralCondition{category: category}
	for alternative := range strings.SplitSeq(text, " or ") {
		var relations []pluralRelation
		for relation := range strings.SplitSeq(alternative, " and ") {
			relations = append(relations, parseRelation(relation))
		}
		condition.any = append(condition.any, relations)
	}
	return condition
}

func parseRelation(text string) pluralRelation {
	left, right, _ := strings.Cut(text, "=")
	left, negated := strings.CutSuffix(strings.TrimSpace(left), "!")
	operand, modulus, _ := strings.Cut(left, "%")
	relation := pluralRelation{operand: strings.TrimSpace(operand)[0], negated: negated}
	relation.modulus, _ = strconv.Atoi(strings.TrimSpace(modulus))
	for item := range strings.SplitSeq(strings.TrimSpace(right), ",") {
		from, to, ok := strings.Cut(item, "..")
		if !ok {
			to = from
		}
		low, _ := strconv.Atoi(from)
		high, _ := strconv.Atoi(to)
		relation.ranges = append(relation.ranges, [2]int{low, high})
	}
	return relation
}

// category returns the plural category of a number that is formatted as digits, such as "1.50", times ten to the power of
// exponent.
func (r *pluralRules) category(digits string, exponent int) string {
	integer, fraction, _ := strings.Cut(digits, ".")
	if exponent > 0 {
		for len(fraction) < exponent {
			fraction += "0"
		}
		integer, fraction = integer+fraction[:exponent], fraction[exponent:]
	}
	operands := pluralOperands{integer: integer, fraction: fraction, exponent: exponent}
	for _, condition := range r.conditions {
		for _, relations := range condition.any {
			if !slices.ContainsFunc(relations, func(relation pluralRelation) bool { return !relation.holds(operands) }) {
				return condition.category
			}
		}
	}
	return "other"
}

// pluralOperands are what the operands of the rules are computed from (UTS 35, part 3, section 5.1).
type pluralOperands struct {
	integer, fraction string
	exponent          int
}

// value returns an operand, and whether it is an integer.
func (o pluralOperands) value(operand byte, modulus int) (int, bool) {
	text, whole := o.integer, true
	switch operand {
	case 'n':
		whole = strings.Trim(o.fraction, "0") == ""
	case 'v':
		return len(o.fraction), true
	case 'w':
		return len(strings.TrimRight(o.fraction, "0")), true
	case 'f':
		text = o.fraction
	case 't':
		text = strings.TrimRight(o.fraction, "0")
	case 'c', 'e':
		return o.exponent, true
	}
	// The moduli are powers of ten with at most 6 digits, and the numbers of the rules have at most 9.
	if len(text) > 15 {
		text = "1" + text[len(text)-15:]
	}
	n, _ := strconv.Atoi(text)
	if modulus != 0 {
		n %= modulus
	}
	return n, whole
}

func (r pluralRelation) holds(operands pluralOperands) bool {
	n, whole := operands.value(r.operand, r.modulus)
	contained := whole && slices.ContainsFunc(r.ranges, func(bounds [2]int) bool { return n >= bounds[0] && n <= bounds[1] })
	return contained != r.negated
}

// rangeCategory returns the category of a range.
func (r *pluralRules) rangeCategory(start, end string) string {
	if category, ok := pluralRanges()[r.language][start+" "+end]; ok {
		return category
	}
	return "other" // as in ICU; UTS 35 has the category of the end
}

// all returns the categories that the rules have, in the order of categories.
func (r *pluralRules) all() []string {
	var names []string
	for _, name := range categories {
		if name == "other" || slices.ContainsFunc(r.conditions, func(c pluralCondition) bool { return c.category == name }) {
			names = append(names, name)
		}
	}
	return names
}

// PluralOptions are the options of PluralRules.
type PluralOptions struct {
	Type string
	DigitOptions
}

// PluralRules chooses plural categories.
type PluralRules struct {
	locale string
	kind   string
	rules  *pluralRules
	format digitFormat
}

// NewPluralRules returns the rules of the best available locale.
func NewPluralRules(locales []string, options PluralOptions) (*PluralRules, error) {
	n := negotiate(locales, nil, nil, nil)
	if options.Type == "" {
		options.Type = "cardinal"
	}
	format, err := options.resolve(digitDefaults{maximumFraction: 3})
	if err != nil {
		return nil, err
	}
	return &PluralRules{n.locale, options.Type, pluralsOf(n.data, options.Type), format}, nil
}

// Select returns the category of a number, which is the text of a decimal number, "NaN", "Infinity" or "-Infinity".
func (p *PluralRules) Select(number string) string {
	d := parseDecimal(number)
	if d.special != "" {
		return "other"
	}
	return p.rules.category(p.format.round(d).digits, 0)
}

// SelectRange returns the category of a range of numbers.
func (p *PluralRules) SelectRange(start, end string) (string, error) {
	if start == "NaN" || end == "NaN" {
		return "", errNaN
	}
	return p.rules.rangeCategory(p.Select(start), p.Select(end)), nil
}

// Resolved returns the properties of resolvedOptions.
func (p *PluralRules) Resolved() Resolved {
	r := Resolved{{"locale", p.locale}, {"type", p.kind}}
	r = append(r, p.format.resolved()...)
	r = append(r, Property{"pluralCategories", p.rules.all()})
	return append(r, p.format.resolvedRounding()...)
}
