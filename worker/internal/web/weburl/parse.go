package weburl

import (
	"fmt"
	"strings"
)

// Error reports a text that is not a URL.
type Error struct{ Reason string }

func (e *Error) Error() string { return "invalid URL: " + e.Reason }

// invalid returns an *Error.
func invalid(format string, args ...any) error {
	return &Error{Reason: fmt.Sprintf(format, args...)}
}

// Parse parses a URL, relative to base if that is not nil (URL Standard, section 4.4). The error is an *Error.
func Parse(input string, base *URL) (*URL, error) {
	input = strings.TrimFunc(input, func(c rune) bool { return c <= ' ' })
	p := &parser{url: &URL{port: noPort}, base: base, input: cleanInput(input), state: schemeStart}
	if err := p.run(); err != nil {
		return nil, err
	}
	return p.url, nil
}

// cleanInput removes all tabs and newlines.
func cleanInput(input string) []rune {
	return []rune(strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(input))
}

// state is a state of the basic URL parser. The names are those of the URL Standard, section 4.4.
type state int

const (
	noState state = iota
	schemeStart
	schemeState
	noScheme
	specialRelativeOrAuthority
	pathOrAuthority
	relativeState
	relativeSlash
	specialAuthoritySlashes
	specialAuthorityIgnoreSlashes
	authorityState
	hostState
	hostnameState
	portState
	fileState
	fileSlash
	fileHost
	pathStart
	pathState
	opaquePath
	queryState
	fragmentState
)

// eof is the code point that a state gets at the end of the input.
const eof rune = -1

// parser is the basic URL parser. Each state is a method that gets one code point and may change pos, which run then
// increments. To pass the same code point to the next state, a method decrements pos; see reconsume.
type parser struct {
	url      *URL
	base     *URL
	input    []rune
	pos      int
	state    state
	override state // the state in which a setter starts; noState when a whole URL is parsed
	buffer   strings.Builder

	atSeen       bool
	passwordSeen bool
	inBrackets   bool
	done         bool
}

// run runs the parser until the end of the input, or until done is set.
func (p *parser) run() error {
	for ; !p.done; p.pos++ {
		c := p.at(p.pos)
		if err := p.step(c); err != nil {
			return err
		}
		if p.pos >= len(p.input) {
			return nil
		}
	}
	return nil
}

// step passes a code point to the current state.
func (p *parser) step(c rune) error { //nolint:cyclop // one case for each state of the standard
	switch p.state {
	case schemeStart:
		return p.schemeStart(c)
	case schemeState:
		return p.scheme(c)
	case noScheme:
		return p.noScheme(c)
	case specialRelativeOrAuthority:
		p.specialRelativeOrAuthority(c)
	case pathOrAuthority:
		p.pathOrAuthority(c)
	case relativeState:
		p.relative(c)
	case relativeSlash:
		p.relativeSlash(c)
	case specialAuthoritySlashes:
		p.authoritySlashes(c)
	case specialAuthorityIgnoreSlashes:
		p.ignoreSlashes(c)
	case authorityState:
		return p.authority(c)
	case hostState, hostnameState:
		return p.host(c)
	case portState:
		return p.port(c)
	case fileState:
		p.file(c)
	case fileSlash:
		p.fileSlash(c)
	case fileHost:
		return p.fileHost(c)
	case pathStart:
		p.pathStart(c)
	case pathState:
		p.path(c)
	case opaquePath:
		p.opaquePath(c)
	case queryState:
		p.query(c)
	case fragmentState:
		p.fragment(c)
	case noState:
		p.done = true
	}
	return nil
}

// at returns the code point at an index, or eof.
func (p *parser) at(i int) rune {
	if i >= 0 && i < len(p.input) {
		return p.input[i]
	}
	return eof
}

// nextIs reports whether the code point after the current one is c.
func (p *parser) nextIs(c rune) bool { return p.at(p.pos+1) == c }

// reconsume changes to a state that gets the current code point again.
func (p *parser) reconsume(s state) {
	p.state = s
	p.pos--
}

// takeBuffer returns the contents of the buffer and empties it.
func (p *parser) takeBuffer() string {
	text := p.buffer.String()
	p.buffer.Reset()
	return text
}

// isSlash reports whether c ends a segment of the path. A backslash does so in special URLs only.
func (p *parser) isSlash(c rune) bool { return c == '/' || c == '\\' && p.url.special() }

// endsAuthority reports whether c ends the user information, the host or the port.
func (p *parser) endsAuthority(c rune) bool {
	return c == eof || c == '?' || c == '#' || p.isSlash(c)
}
