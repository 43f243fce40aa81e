package weburl

import "slices"

func (p *parser) noScheme(c rune) error {
	switch {
	case p.base == nil:
		return invalid("it has no scheme, and there is no base URL")
	case p.base.isOpaque && c != '#':
		return invalid("it is relative, and the base URL %q has an opaque path", p.base.Href())
	case p.base.isOpaque:
		*p.url = *p.base
		p.url.fragment = part{set: true}
		p.state = fragmentState
	case p.base.scheme != "file":
		p.reconsume(relativeState)
	default:
		p.reconsume(fileState)
	}
	return nil
}

func (p *parser) specialRelativeOrAuthority(c rune) {
	if c == '/' && p.nextIs('/') {
		p.state = specialAuthorityIgnoreSlashes
		p.pos++
		return
	}
	p.reconsume(relativeState)
}

func (p *parser) pathOrAuthority(c rune) {
	if c == '/' {
		p.state = authorityState
		return
	}
	p.reconsume(pathState)
}

func (p *parser) relative(c rune) {
	p.url.scheme = p.base.scheme
	if p.isSlash(c) {
		p.state = relativeSlash
		return
	}
	p.copyAuthority()
	p.copyPath(c)
}

// copyPath copies path and query from the base, unless the rest of the input, which begins with c, replaces them.
func (p *parser) copyPath(c rune) {
	p.url.path = slices.Clone(p.base.path)
	p.url.query = p.base.query
	switch c {
	case '?':
		p.url.query = part{set: true}
		p.state = queryState
	case '#':
		p.url.fragment = part{set: true}
		p.state = fragmentState
	case eof:
	default:
		p.url.query = part{}
		p.shortenForRelative()
		p.reconsume(pathState)
	}
}

// shortenForRelative removes the last segment of the base's path, or the whole path if a relative file URL begins with a
// drive letter.
func (p *parser) shortenForRelative() {
	if p.url.scheme == "file" && startsWithDriveLetter(p.input[p.pos:]) {
		p.url.path = nil
		return
	}
	p.url.shortenPath()
}

func (p *parser) copyAuthority() {
	p.url.username, p.url.password = p.base.username, p.base.password
	p.url.host, p.url.port = p.base.host, p.base.port
}

func (p *parser) relativeSlash(c rune) {
	switch {
	case p.url.special() && p.isSlash(c):
		p.state = specialAuthorityIgnoreSlashes
	case c == '/':
		p.state = authorityState
	default:
		p.copyAuthority()
		p.reconsume(pathState)
	}
}

func (p *parser) authoritySlashes(c rune) {
	if c == '/' && p.nextIs('/') {
		p.state = specialAuthorityIgnoreSlashes
		p.pos++
		return
	}
	p.reconsume(specialAuthorityIgnoreSlashes)
}

// ignoreSlashes skips all slashes and backslashes between a special scheme and its host.
func (p *parser) ignoreSlashes(c rune) {
	if c != '/' && c != '\\' {
		p.reconsume(authorityState)
	}
}
