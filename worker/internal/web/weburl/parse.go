package weburl

import (
	"fmt"
	"strings"
)

// Error says why a text is not a URL.
type Error struct{ Reason string }

func (e *Error) Error() string { return "invalid URL: " + e.Reason }

func invalid(format string, args ...any) error {
	return &Error{Reason: fmt.Sprintf(format, args...)}
}

// Parse reads a URL, relative to base unless that is nil (URL Standard, section 4.4). The error is an *Error.
func Parse(input string, base *URL) (*URL, error) {
	input = strings.TrimFunc(input, func(c rune) bool { return c <= ' ' })
	p := &parser{url: &URL{port: noPort}, base: base, input: cleanInput(input), state: schemeStart}
	if err := p.run(); err != nil {
		return nil, err
	}
	return p.url, nil
}

// cleanInput drops tabs and newlines, wherever they stand.
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

// eof stands for the end of the input where a state expects a code point.
const eof rune = -1

// parser is the basic URL parser. Each state is a method that looks at one code point and may move pos, from which
// run goes one further: a state that wants to see its code point again in the next state steps back by one.
type parser struct {
	url      *URL
	base     *URL
	input    []rune
	pos      int
	state    state
	override state // where a setter began; noState for a whole URL
	buffer   strings.Builder

	atSeen       bool
	passwordSeen bool
	inBrackets   bool
	done         bool
}

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

func (p *parser) at(i int) rune {
	if i >= 0 && i < len(p.input) {
		return p.input[i]
	}
	return eof
}

// next tells whether the code point behind the current one is c.
func (p *parser) next(c rune) bool { return p.at(p.pos+1) == c }

// again moves to a state that is to see the current code point once more.
func (p *parser) again(s state) {
	p.state = s
	p.pos--
}

// take empties the buffer.
func (p *parser) take() string {
	text := p.buffer.String()
	p.buffer.Reset()
	return text
}

// isSlash tells whether c ends a segment: a backslash does so in special URLs only.
func (p *parser) isSlash(c rune) bool { return c == '/' || c == '\\' && p.url.special() }

// endsAuthority tells whether c ends user information, host or port.
func (p *parser) endsAuthority(c rune) bool {
	return c == eof || c == '?' || c == '#' || p.isSlash(c)
}
