package weburl

import "slices"

func (p *parser) noScheme(c rune) error {
	switch {
	case p.base == nil:
		return invalid("it has no scheme, and there is no base URL to take one from")
	case p.base.isOpaque && c != '#':
		return invalid("it is relative, and the base URL %q cannot be extended", p.base.Href())
	case p.base.isOpaque:
		*p.url = *p.base
		p.url.fragment = part{set: true}
		p.state = fragmentState
	case p.base.scheme != "file":
		p.again(relativeState)
	default:
		p.again(fileState)
	}
	return nil
}

func (p *parser) specialRelativeOrAuthority(c rune) {
	if c == '/' && p.next('/') {
		p.state = specialAuthorityIgnoreSlashes
		p.pos++
		return
	}
	p.again(relativeState)
}

func (p *parser) pathOrAuthority(c rune) {
	if c == '/' {
		p.state = authorityState
		return
	}
	p.again(pathState)
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

// copyPath takes path and query from the base, as far as what begins with c does not replace them.
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
		p.again(pathState)
	}
}

// shortenForRelative drops the last segment of the base's path. A relative file URL that names a drive of its own
// replaces the whole path.
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
		p.again(pathState)
	}
}

func (p *parser) authoritySlashes(c rune) {
	if c == '/' && p.next('/') {
		p.state = specialAuthorityIgnoreSlashes
		p.pos++
		return
	}
	p.again(specialAuthorityIgnoreSlashes)
}

// ignoreSlashes skips any number of slashes of either kind between a special scheme and its host.
func (p *parser) ignoreSlashes(c rune) {
	if c != '/' && c != '\\' {
		p.again(authorityState)
	}
}
