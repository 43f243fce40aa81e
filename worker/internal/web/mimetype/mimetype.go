// Package mimetype parses and formats MIME types as the MIME Sniffing Standard defines (https://mimesniff.spec.whatwg.org/).
// Unlike mime.ParseMediaType it accepts what browsers accept: a malformed parameter is ignored.
package mimetype

import "strings"

// A Type is a MIME type. Its names are in lower case.
type Type struct {
	Essence    string // the type and the subtype, such as "text/plain"
	Parameters []Parameter
}

// A Parameter is a parameter of a MIME type.
type Parameter struct{ Name, Value string }

const space = "\t\n\r "

// Parse parses a MIME type (MIME Sniffing Standard, section 4.4). It reports false if the text has none.
func Parse(text string) (Type, bool) {
	essence, rest, _ := strings.Cut(strings.Trim(text, space), ";")
	major, minor, ok := strings.Cut(strings.TrimRight(essence, space), "/")
	if !ok || !isToken(major) || !isToken(minor) {
		return Type{}, false
	}
	t := Type{Essence: strings.ToLower(major + "/" + minor)}
	for rest != "" {
		var p Parameter
		p, rest = nextParameter(rest)
		if _, exists := t.Parameter(p.Name); !exists && isToken(p.Name) && isQuotable(p.Value) {
			t.Parameters = append(t.Parameters, p)
		}
	}
	return t, true
}

// nextParameter parses the parameter at the beginning of text, and returns the text after the next semicolon. The parameter
// has no name if it is malformed.
func nextParameter(text string) (p Parameter, rest string) {
	text = strings.TrimLeft(text, space)
	end := strings.IndexAny(text, ";=")
	if end < 0 {
		return Parameter{}, ""
	}
	name, after := strings.ToLower(text[:end]), text[end+1:]
	if text[end] == ';' {
		return Parameter{}, after
	}
	if strings.HasPrefix(after, `"`) {
		value, after := unquote(after[1:])
		_, rest, _ = strings.Cut(after, ";")
		return Parameter{name, value}, rest
	}
	value, rest, _ := strings.Cut(after, ";")
	if value = strings.TrimRight(value, space); value == "" {
		return Parameter{}, rest
	}
	return Parameter{name, value}, rest
}

// unquote returns the value of a quoted string without its first quotation mark, and what follows the last one (Fetch
// Standard, section 2.2).
func unquote(text string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

// Parameter returns the value of a parameter, whose name is in lower case.
func (t Type) Parameter(name string) (value string, ok bool) {
	for _, p := range t.Parameters {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// String returns the serialised type (MIME Sniffing Standard, section 4.5).
func (t Type) String() string {
	text := t.Essence
	for _, p := range t.Parameters {
		value := p.Value
		if !isToken(value) {
			value = `"` + escaper.Replace(value) + `"`
		}
		text += ";" + p.Name + "=" + value
	}
	return text
}

// isToken reports whether text is a token (RFC 9110, section 5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return text != ""
}

// isQuotable reports whether text can be a quoted string.
func isQuotable(text string) bool {
	for _, r := range text {
		if r != '\t' && (r < ' ' || r == 0x7F || r > 0xFF) {
			return false
		}
	}
	return true
}
