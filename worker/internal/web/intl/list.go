package intl

import (
	"regexp"
	"strings"
	"sync"
)

// ListOptions are the options of ListFormat.
type ListOptions struct {
	Type  string // conjunction, disjunction, unit
	Style string // long, short, narrow
}

// ListFormat formats lists. It is safe for concurrent use.
type ListFormat struct {
	options  ListOptions
	locale   string
	language string
	data     *localeData
	prefix   string
}

// NewListFormat returns a format for the best available locale.
func NewListFormat(locales []string, options ListOptions) (*ListFormat, error) {
	n := negotiate(locales, nil, nil, nil)
	setDefault(&options.Type, "conjunction")
	setDefault(&options.Style, "long")
	f := &ListFormat{options: options, locale: n.locale, data: n.data}
	f.language, _, _ = strings.Cut(n.locale, "-")
	f.prefix = map[string]string{"conjunction": "standard", "disjunction": "or", "unit": "unit"}[options.Type]
	if options.Style != "long" {
		f.prefix += "-" + options.Style
	}
	return f, nil
}

// Format returns a list as text.
func (f *ListFormat) Format(items []string) string { return Text(f.FormatToParts(items)) }

// FormatToParts returns the parts of a list.
func (f *ListFormat) FormatToParts(items []string) []Part {
	if len(items) == 0 {
		return []Part{}
	}
	element := func(i int) []Part { return []Part{{Type: "element", Value: items[i]}} }
	last := len(items) - 1
	parts := element(last)
	for i := last - 1; i >= 0; i-- {
		kind := "middle"
		switch {
		case last == 1:
			kind = "2"
		case i == last-1:
			kind = "end"
		case i == 0:
			kind = "start"
		}
		pattern := f.adapt(f.data.get("lists", f.prefix+"/"+kind), items[i+1])
		parts = fill(pattern, literal, element(i), parts)
	}
	return parts
}

// The words in Spanish before which "y" becomes "e" and "o" becomes "u", and the letters of Hebrew.
var (
	spanishI = lazyPattern(`(?i)^(i|hi([^ae]|$))`)
	spanishO = lazyPattern(`(?i)^(o|ho|8|11([^0-9]|$))`)
	hebrew   = lazyPattern(`^[\x{0590}-\x{05FF}]`)
)

// lazyPattern returns a function that compiles a regular expression when it is first called.
func lazyPattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// adapt changes the word before the next element where the grammar of a language requires it, as ICU does.
func (f *ListFormat) adapt(pattern, next string) string {
	switch {
	case f.language == "es" && f.options.Type != "disjunction" && spanishI().MatchString(next):
		return strings.Replace(pattern, " y {1}", " e {1}", 1)
	case f.language == "es" && f.options.Type == "disjunction" && spanishO().MatchString(next):
		return strings.Replace(pattern, " o {1}", " u {1}", 1)
	case f.language == "he" && f.options.Type == "conjunction" && next != "" && !hebrew().MatchString(next):
		return strings.Replace(pattern, "ו{1}", "ו-{1}", 1)
	}
	return pattern
}

// Resolved returns the properties of resolvedOptions.
func (f *ListFormat) Resolved() Resolved {
	return Resolved{{"locale", f.locale}, {"type", f.options.Type}, {"style", f.options.Style}}
}
