package weburl

import (
	"strings"
	"unicode"
)

func isAlpha(c rune) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isSchemeRune(c rune) bool {
	return isAlpha(c) || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

func (p *parser) schemeStart(c rune) error {
	switch {
	case isAlpha(c):
		p.buffer.WriteRune(unicode.ToLower(c))
		p.state = schemeState
	case p.override == noState:
		p.reconsume(noScheme)
	default:
		return invalid("a scheme begins with a letter")
	}
	return nil
}

func (p *parser) scheme(c rune) error {
	switch {
	case isSchemeRune(c):
		p.buffer.WriteRune(unicode.ToLower(c))
	case c == ':' && p.override != noState:
		p.changeScheme(p.takeBuffer())
	case c == ':':
		p.url.scheme = p.takeBuffer()
		p.afterScheme()
	case p.override == noState:
		p.buffer.Reset()
		p.pos = -1 // there is no scheme: start again with the first code point
		p.state = noScheme
	default:
		return invalid("a scheme consists of letters, digits, plus, minus and dot")
	}
	return nil
}

// changeScheme is the part of the scheme state for setters. It ignores a change between special and other schemes, and a
// change to or from file that would result in an invalid URL.
func (p *parser) changeScheme(scheme string) {
	u := p.url
	p.done = true
	if isSpecialScheme(scheme) != u.special() ||
		scheme == "file" && (u.hasCredentials() || u.port != noPort) ||
		u.scheme == "file" && u.host.text == "" {
		return
	}
	u.scheme = scheme
	if u.special() && u.port == defaultPorts[scheme] {
		u.port = noPort
	}
}

// afterScheme changes to the state for the rest of the URL.
func (p *parser) afterScheme() {
	switch {
	case p.url.scheme == "file":
		p.state = fileState
	case p.url.special() && p.base != nil && p.base.scheme == p.url.scheme:
		p.state = specialRelativeOrAuthority
	case p.url.special():
		p.state = specialAuthoritySlashes
	case p.nextIs('/'):
		p.state = pathOrAuthority
		p.pos++
	default:
		p.url.isOpaque = true
		p.state = opaquePath
	}
}

func isDriveLetter(text string) bool {
	return len(text) == 2 && isAlpha(rune(text[0])) && strings.ContainsRune(":|", rune(text[1]))
}

func isNormalizedDriveLetter(text string) bool { return isDriveLetter(text) && text[1] == ':' }

func startsWithDriveLetter(input []rune) bool {
	if len(input) < 2 || !isDriveLetter(string(input[:2])) {
		return false
	}
	return len(input) == 2 || strings.ContainsRune("/\\?#", input[2])
}
