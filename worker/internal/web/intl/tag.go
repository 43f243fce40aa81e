package intl

import (
	"fmt"
	"slices"
	"strings"
)

// tag is a Unicode BCP 47 locale identifier (UTS 35, section 3).
type tag struct {
	language   string
	script     string
	region     string
	variants   []string
	attributes []string    // of the extension u
	keywords   []keyword   // of the extension u
	extensions []extension // all others, without x
	private    string      // the subtags after x
}

type keyword struct {
	key   string
	value string // empty for "true"
}

type extension struct {
	singleton string
	rest      string
}

// name returns language, script, region and variants.
func (t tag) name() string {
	name := t.language
	if name == "" {
		name = root
	}
	for _, part := range append([]string{t.script, t.region}, t.variants...) {
		if part != "" {
			name += "-" + part
		}
	}
	return name
}

func (t tag) String() string {
	all := slices.Clone(t.extensions)
	if len(t.attributes)+len(t.keywords) > 0 {
		rest := slices.Clone(t.attributes)
		for _, k := range t.keywords {
			rest = append(rest, k.key)
			if k.value != "" {
				rest = append(rest, k.value)
			}
		}
		all = append(all, extension{"u", strings.Join(rest, "-")})
	}
	slices.SortFunc(all, func(a, b extension) int { return strings.Compare(a.singleton, b.singleton) })
	name := t.name()
	for _, e := range all {
		name += "-" + e.singleton + "-" + e.rest
	}
	if t.private != "" {
		name += "-x-" + t.private
	}
	return name
}

func (t tag) keyword(key string) (string, bool) {
	for _, k := range t.keywords {
		if k.key == key {
			return k.value, true
		}
	}
	return "", false
}

// setKeyword sets a keyword of the extension u, and removes it if value is nil.
func (t *tag) setKeyword(key string, value *string) {
	t.keywords = slices.DeleteFunc(slices.Clone(t.keywords), func(k keyword) bool { return k.key == key })
	if value != nil {
		t.keywords = append(t.keywords, keyword{key, *value})
	}
	slices.SortFunc(t.keywords, func(a, b keyword) int { return strings.Compare(a.key, b.key) })
}

func isAlpha(s string, low, high int) bool {
	return len(s) >= low && len(s) <= high && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

func isDigits(s string, n int) bool { return len(s) == n && strings.Trim(s, "0123456789") == "" }

func isAlphanumeric(s string, low, high int) bool {
	return len(s) >= low && len(s) <= high && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func isVariant(s string) bool {
	return isAlphanumeric(s, 5, 8) || isAlphanumeric(s, 4, 4) && s[0] <= '9'
}

// parseTag parses a locale identifier. Letters have their usual case in the result, but aliases are not replaced.
func parseTag(s string) (tag, error) {
	p := &tagParser{subtags: strings.Split(strings.ToLower(s), "-")}
	var t tag
	if !p.parseName(&t) || !p.parseExtensions(&t) {
		return tag{}, fmt.Errorf("Incorrect locale information provided: %q", s) //nolint:staticcheck // the text of a RangeError
	}
	return t, nil
}

type tagParser struct {
	subtags []string
}

func (p *tagParser) peek() string {
	if len(p.subtags) == 0 {
		return ""
	}
	return p.subtags[0]
}

func (p *tagParser) next() string {
	s := p.subtags[0]
	p.subtags = p.subtags[1:]
	return s
}

func (p *tagParser) parseName(t *tag) bool {
	if s := p.peek(); !isAlpha(s, 2, 3) && !isAlpha(s, 5, 8) {
		return false
	}
	t.language = p.next()
	if isAlpha(p.peek(), 4, 4) {
		s := p.next()
		t.script = strings.ToUpper(s[:1]) + s[1:]
	}
	if isAlpha(p.peek(), 2, 2) || isDigits(p.peek(), 3) {
		t.region = strings.ToUpper(p.next())
	}
	for isVariant(p.peek()) {
		variant := p.next()
		if slices.Contains(t.variants, variant) {
			return false
		}
		t.variants = append(t.variants, variant)
	}
	slices.Sort(t.variants)
	return true
}

func (p *tagParser) parseExtensions(t *tag) bool {
	seen := map[string]bool{}
	for len(p.subtags) > 0 {
		singleton := p.next()
		if !isAlphanumeric(singleton, 1, 1) || seen[singleton] {
			return false
		}
		seen[singleton] = true
		switch singleton {
		case "x":
			for _, s := range p.subtags {
				if !isAlphanumeric(s, 1, 8) {
					return false
				}
			}
			t.private = strings.Join(p.subtags, "-")
			return t.private != ""
		case "u":
			if !p.parseKeywords(t) {
				return false
			}
		case "t":
			rest, ok := p.parseTransform()
			if !ok {
				return false
			}
			t.extensions = append(t.extensions, extension{"t", rest})
		default:
			rest := p.take(func(s string) bool { return isAlphanumeric(s, 2, 8) })
			if len(rest) == 0 {
				return false
			}
			t.extensions = append(t.extensions, extension{singleton, strings.Join(rest, "-")})
		}
	}
	return true
}

// take returns the next subtags that satisfy a condition.
func (p *tagParser) take(ok func(string) bool) []string {
	var taken []string
	for len(p.subtags) > 0 && ok(p.peek()) {
		taken = append(taken, p.next())
	}
	return taken
}

func isType(s string) bool { return isAlphanumeric(s, 3, 8) }

func isKey(s string) bool { return isAlphanumeric(s, 2, 2) && s[1] >= 'a' }

func (p *tagParser) parseKeywords(t *tag) bool {
	t.attributes = p.take(isType)
	slices.Sort(t.attributes)
	for isKey(p.peek()) {
		key := p.next()
		value := strings.Join(p.take(isType), "-")
		if value == "true" {
			value = ""
		}
		if _, ok := t.keyword(key); !ok {
			t.keywords = append(t.keywords, keyword{key, value})
		}
	}
	slices.SortFunc(t.keywords, func(a, b keyword) int { return strings.Compare(a.key, b.key) })
	return len(t.attributes)+len(t.keywords) > 0
}

// parseTransform returns the extension t in lower case, with its fields in alphabetical order.
func (p *tagParser) parseTransform() (string, bool) {
	var parts []string
	if s := p.peek(); isAlpha(s, 2, 3) || isAlpha(s, 5, 8) {
		var source tag
		if !p.parseName(&source) {
			return "", false
		}
		parts = append(parts, strings.ToLower(source.name()))
	}
	var fields []string
	for s := p.peek(); isAlphanumeric(s, 2, 2) && s[0] >= 'a' && s[1] <= '9'; s = p.peek() {
		key := p.next()
		value := p.take(isType)
		if len(value) == 0 {
			return "", false
		}
		fields = append(fields, key+"-"+strings.Join(value, "-"))
	}
	slices.Sort(fields)
	parts = append(parts, fields...)
	return strings.Join(parts, "-"), len(parts) > 0
}

var aliases = readJSON[struct{ Language, Script, Territory, Variant, Subdivision map[string]string }]("aliases")

// typeAliases are the aliases of values of keywords that occur in practice.
var typeAliases = map[string]string{
	"ca-ethiopic-amete-alem": "ethioaa", "ca-islamicc": "islamic-civil", "ca-gregorian": "gregory",
	"kb-yes": "", "kc-yes": "", "kh-yes": "", "kk-yes": "", "kn-yes": "", "ks-primary": "level1", "ks-tertiary": "level3",
	"ms-imperial": "uksystem", "co-dictionary": "dict", "co-phonebook": "phonebk", "co-traditional": "trad", "nu-traditional": "traditio",
}

// Canonicalize returns a locale identifier in its canonical form (ECMA-402, CanonicalizeUnicodeLocaleId). The error is for
// an identifier that is not valid.
func Canonicalize(locale string) (string, error) {
	t, err := parseTag(locale)
	if err != nil {
		return "", err
	}
	t.replaceAliases()
	return t.String(), nil
}

func (t *tag) replaceAliases() {
	for range 4 { // the result of a replacement may have an alias itself
		if !t.replaceLanguage() {
			break
		}
	}
	if script, ok := aliases().Script[t.script]; ok {
		t.script = script
	}
	if regions := strings.Fields(aliases().Territory[t.region]); len(regions) > 0 {
		likely := tag{language: t.language, script: t.script}.maximise().region
		if !slices.Contains(regions, likely) {
			likely = regions[0]
		}
		t.region = likely
	}
	for i, variant := range t.variants {
		if to, ok := aliases().Variant[variant]; ok && isVariant(to) {
			t.variants[i] = to
		}
	}
	slices.Sort(t.variants)
	for i, k := range t.keywords {
		if to, ok := typeAliases[k.key+"-"+k.value]; ok {
			t.keywords[i].value = to
		}
		if to := strings.Fields(aliases().Subdivision[k.value]); (k.key == "rg" || k.key == "sd") && len(to) > 0 {
			t.keywords[i].value = strings.ToLower(to[0])
		}
	}
}

// replaceLanguage replaces language, script, region and variants by the first alias that fits, and reports whether there
// was one.
func (t *tag) replaceLanguage() bool {
	candidates := []tag{{language: t.language, region: t.region, script: t.script}, {language: t.language, region: t.region}, {language: t.language}}
	for _, variant := range t.variants {
		one := []string{variant}
		candidates = append([]tag{{language: t.language, variants: one}, {language: root, variants: one}}, candidates...)
	}
	if len(t.variants) > 1 {
		candidates = append([]tag{{language: root, variants: t.variants}}, candidates...)
	}
	for _, from := range candidates {
		alias, ok := aliases().Language[from.name()]
		if !ok || alias == from.name() {
			continue
		}
		to, err := parseTag(alias)
		if err != nil {
			continue
		}
		if to.language != root {
			t.language = to.language
		}
		if t.script == "" || from.script != "" {
			t.script = to.script
		}
		if t.region == "" || from.region != "" {
			t.region = to.region
		}
		t.variants = slices.DeleteFunc(slices.Clone(t.variants), func(v string) bool { return slices.Contains(from.variants, v) })
		t.variants = append(t.variants, to.variants...)
		slices.Sort(t.variants)
		return true
	}
	return false
}

var likely = readJSON[map[string]string]("likely")

// maximise adds the likely script and region (UTS 35, section 4.3).
func (t tag) maximise() tag {
	if t.language == "" {
		t.language = root
	}
	for _, key := range []tag{
		{language: t.language, script: t.script, region: t.region},
		{language: t.language, region: t.region},
		{language: t.language, script: t.script},
		{language: t.language},
		{language: root, script: t.script},
	} {
		found, ok := likely()[key.name()]
		if !ok {
			continue
		}
		full, _ := parseTag(found)
		if t.language != root {
			full.language = t.language
		}
		if t.script != "" {
			full.script = t.script
		}
		if t.region != "" {
			full.region = t.region
		}
		t.language, t.script, t.region = full.language, full.script, full.region
		return t
	}
	return t
}

// minimise removes the script and the region if they are the likely ones.
func (t tag) minimise() tag {
	full := t.maximise()
	for _, short := range []tag{
		{language: full.language},
		{language: full.language, region: full.region},
		{language: full.language, script: full.script},
	} {
		if m := short.maximise(); m.language == full.language && m.script == full.script && m.region == full.region {
			t.language, t.script, t.region = short.language, short.script, short.region
			return t
		}
	}
	t.language, t.script, t.region = full.language, full.script, full.region
	return t
}
