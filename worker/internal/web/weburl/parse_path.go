package weburl

import "strings"

func (p *parser) pathStart(c rune) {
	switch {
	case p.url.special():
		p.state = pathState
		if !p.isSlash(c) {
			p.pos--
		}
	case p.override == noState && (c == '?' || c == '#'):
		p.endPath(c)
	case c != eof:
		p.state = pathState
		if c != '/' {
			p.pos--
		}
	case p.override != noState && !p.url.host.set:
		p.url.path = append(p.url.path, "")
	}
}

func (p *parser) path(c rune) {
	ends := c == eof || p.isSlash(c) || p.override == noState && (c == '?' || c == '#')
	if !ends {
		p.buffer.WriteRune(c)
		return
	}
	p.addSegment(percentEncode(p.takeBuffer(), pathSet), p.isSlash(c))
	p.endPath(c)
}

// addSegment appends a segment to the path, and resolves dot segments. more reports whether a slash follows.
func (p *parser) addSegment(segment string, more bool) {
	u := p.url
	switch dots(segment) {
	case 2:
		u.shortenPath()
		if !more {
			u.path = append(u.path, "")
		}
	case 1:
		if !more {
			u.path = append(u.path, "")
		}
	default:
		if u.scheme == "file" && len(u.path) == 0 && isDriveLetter(segment) {
			segment = segment[:1] + ":"
		}
		u.path = append(u.path, segment)
	}
}

// dots returns 1 for a single-dot segment, 2 for a double-dot segment and 0 for any other. A dot may be percent-encoded.
func dots(segment string) int {
	if len(segment) > len("%2e%2e") {
		return 0
	}
	switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
	case ".":
		return 1
	case "..":
		return 2
	}
	return 0
}

// endPath changes to the state for the query or the fragment if c begins one.
func (p *parser) endPath(c rune) {
	switch {
	case p.override != noState:
	case c == '?':
		p.url.query = part{set: true}
		p.state = queryState
	case c == '#':
		p.url.fragment = part{set: true}
		p.state = fragmentState
	}
}

func (p *parser) opaquePath(c rune) {
	switch {
	case c == '?' || c == '#' || c == eof:
		p.url.opaque += p.takeBuffer()
		p.endPath(c)
	case c == ' ' && (p.nextIs('?') || p.nextIs('#')):
		p.buffer.WriteString("%20")
	case c == ' ':
		p.buffer.WriteRune(c)
	default:
		p.buffer.WriteString(percentEncode(string(c), c0ControlSet))
	}
}

func (p *parser) query(c rune) {
	if c != eof && (c != '#' || p.override != noState) {
		p.buffer.WriteRune(c)
		return
	}
	set := querySet
	if p.url.special() {
		set = specialQuerySet
	}
	p.url.query.text += percentEncode(p.takeBuffer(), set)
	p.endPath(c)
}

func (p *parser) fragment(c rune) {
	if c != eof {
		p.buffer.WriteRune(c)
		return
	}
	p.url.fragment.text += percentEncode(p.takeBuffer(), fragmentSet)
}
