package intl

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberPattern is a pattern of CLDR such as "¤#,##0.00;(¤#,##0.00)".
type numberPattern struct {
	positive, negative affixes
	hasNegative        bool
	integerDigits      int // zeros before the point
	primary, secondary int // sizes of groups; 0 means no grouping
}

// affixes are what surrounds the digits.
type affixes struct {
	prefix, suffix []affix
	number         string
}

// affix is a literal, if symbol is 0, or one of the symbols - + % ¤ ~.
type affix struct {
	symbol rune
	text   string
}

func parseNumberPattern(text string) numberPattern {
	positive, negative, hasNegative := cutUnquoted(text, ';')
	p := numberPattern{positive: parseAffixes(positive), hasNegative: hasNegative}
	if hasNegative {
		p.negative = parseAffixes(negative)
	}
	integer, _, _ := strings.Cut(p.positive.number, ".")
	p.integerDigits = strings.Count(integer, "0")
	groups := strings.Split(integer, ",")
	if last := len(groups) - 1; last > 0 {
		p.primary = len(groups[last])
		p.secondary = p.primary
		if last > 1 {
			p.secondary = len(groups[last-1])
		}
	}
	return p
}

func cutUnquoted(text string, separator byte) (before, after string, found bool) {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '\'':
			quoted = !quoted
		case text[i] == separator && !quoted:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

func parseAffixes(text string) affixes {
	var a affixes
	target := &a.prefix
	quoted := false
	for i, r := range text {
		switch {
		case r == '\'':
			quoted = !quoted
			if i > 0 && text[i-1] == '\'' {
				addLiteral(target, "'")
			}
		case quoted:
			addLiteral(target, string(r))
		case strings.ContainsRune("#0123456789,.E@", r) && (target == &a.prefix && r != ',' && r != '.' || a.number != "" && len(a.suffix) == 0):
			a.number += string(r)
			target = &a.suffix
		case strings.ContainsRune("-+%¤~", r):
			*target = append(*target, affix{symbol: r})
		default:
			addLiteral(target, string(r))
		}
	}
	return a
}

func addLiteral(target *[]affix, text string) {
	if last := len(*target) - 1; last >= 0 && (*target)[last].symbol == 0 {
		(*target)[last].text += text
		return
	}
	*target = append(*target, affix{text: text})
}

func hasSymbol(list []affix, symbol rune) bool {
	for _, a := range list {
		if a.symbol == symbol {
			return true
		}
	}
	return false
}

// sign is what is shown of the sign of a number.
type sign int

const (
	noSign sign = iota
	minus
	plus
)

// withSign returns the affixes for a sign. The sign of the negative pattern may be replaced by a plus.
func (p numberPattern) withSign(s sign, approximately bool) affixes {
	negativeHasMinus := hasSymbol(p.negative.prefix, '-') || hasSymbol(p.negative.suffix, '-')
	a := p.positive
	var signs []affix
	if approximately {
		signs = append(signs, affix{symbol: '~'})
	}
	switch s {
	case minus:
		signs = append(signs, affix{symbol: '-'})
	case plus:
		signs = append(signs, affix{symbol: '+'})
	case noSign:
	}
	if p.hasNegative && (s == minus || negativeHasMinus && len(signs) > 0) {
		a = p.negative
		if !negativeHasMinus {
			return a
		}
		return affixes{prefix: replaceMinus(a.prefix, signs), suffix: replaceMinus(a.suffix, signs), number: a.number}
	}
	a.prefix = append(signs, a.prefix...)
	return a
}

func replaceMinus(list, signs []affix) []affix {
	var replaced []affix
	for _, a := range list {
		if a.symbol == '-' {
			replaced = append(replaced, signs...)
		} else {
			replaced = append(replaced, a)
		}
	}
	return replaced
}

// modifier is what is put around a number.
type modifier struct {
	prefix, suffix []Part
	replaces       bool // the number is not shown, as in Arabic, whose word for two days is a dual
}

func (m modifier) equal(other modifier) bool {
	return equalParts(m.prefix, other.prefix) && equalParts(m.suffix, other.suffix)
}

func equalParts(a, b []Part) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// length returns the number of code points.
func (m modifier) length() int {
	return utf8.RuneCountInString(Text(m.prefix)) + utf8.RuneCountInString(Text(m.suffix))
}

func (m modifier) around(parts []Part) []Part {
	return appendParts(appendParts(appendParts(nil, m.prefix), parts), m.suffix)
}

// isPadding reports whether a character is not part of a symbol: a space, or a mark that sets the direction of text.
func isPadding(r rune) bool {
	return unicode.IsSpace(r) || r == '\u061c' || r == '\u200e' || r == '\u200f' || r == '\u200b'
}

// symbolParts returns a symbol as a part of type kind, and the spaces and marks at its ends as literals.
func symbolParts(kind, text string) []Part {
	body := strings.TrimLeftFunc(text, isPadding)
	before := text[:len(text)-len(body)]
	trimmed := strings.TrimRightFunc(body, isPadding)
	return appendParts(nil, []Part{{Type: literal, Value: before}, {Type: kind, Value: trimmed}, {Type: literal, Value: body[len(trimmed):]}})
}

// needsSpace reports whether CLDR puts a space between a currency and a digit next to it: if the character of the currency
// is neither a symbol nor a space.
func needsSpace(r rune) bool { return !unicode.In(r, unicode.S, unicode.Z) && r != utf8.RuneError }
