package weburl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func (p *parser) authority(c rune) error {
	switch {
	case c == '@':
		p.credentials()
	case p.endsAuthority(c):
		if p.atSeen && p.buffer.Len() == 0 {
			return invalid("it has user information, but no host")
		}
		p.pos -= utf8.RuneCountInString(p.takeBuffer()) + 1
		p.state = hostState
	default:
		p.buffer.WriteRune(c)
	}
	return nil
}

// credentials adds the buffer to user name and password. They end at the last of several at signs.
func (p *parser) credentials() {
	text := p.takeBuffer()
	if p.atSeen {
		text = "%40" + text
	}
	p.atSeen = true
	if !p.passwordSeen {
		var name string
		name, text, p.passwordSeen = strings.Cut(text, ":")
		p.url.username += percentEncode(name, userinfoSet)
	}
	p.url.password += percentEncode(text, userinfoSet)
}

func (p *parser) host(c rune) error {
	switch {
	case p.override != noState && p.url.scheme == "file":
		p.reconsume(fileHost)
	case c == ':' && !p.inBrackets:
		if p.buffer.Len() == 0 {
			return invalid("it has a port, but no host")
		}
		if p.override == hostnameState {
			return invalid("a host name must not contain a colon")
		}
		p.state = portState
		return p.setHost()
	case p.endsAuthority(c):
		return p.endHost()
	default:
		p.inBrackets = c == '[' || p.inBrackets && c != ']'
		p.buffer.WriteRune(c)
	}
	return nil
}

func (p *parser) endHost() error {
	p.reconsume(pathStart)
	empty := p.buffer.Len() == 0
	if empty && p.url.special() {
		return invalid("a URL of the scheme %q needs a host", p.url.scheme)
	}
	if empty && p.override != noState && (p.url.hasCredentials() || p.url.port != noPort) {
		return invalid("a URL with user information or port needs a host")
	}
	p.done = p.override != noState
	return p.setHost()
}

func (p *parser) setHost() error {
	text, err := parseHost(p.takeBuffer(), p.url.special())
	if err != nil {
		return err
	}
	p.url.host = part{text, true}
	return nil
}

func (p *parser) port(c rune) error {
	switch {
	case c >= '0' && c <= '9':
		p.buffer.WriteRune(c)
		return nil
	case !p.endsAuthority(c) && p.override == noState:
		return invalid("the port contains %q, which is not a digit", c)
	}
	if p.buffer.Len() > 0 {
		if err := p.setPort(p.takeBuffer()); err != nil {
			return err
		}
		p.done = p.override != noState
	} else if p.override != noState {
		return invalid("the port is empty")
	}
	p.reconsume(pathStart)
	return nil
}

func (p *parser) setPort(text string) error {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return invalid("the port %s is above 65535", text)
	}
	p.url.port = int(number)
	if p.url.special() && p.url.port == defaultPorts[p.url.scheme] {
		p.url.port = noPort
	}
	return nil
}

func (p *parser) file(c rune) {
	p.url.scheme = "file"
	p.url.host = part{set: true}
	switch {
	case p.isSlash(c):
		p.state = fileSlash
	case p.base != nil && p.base.scheme == "file":
		p.url.host = p.base.host
		p.copyPath(c)
	default:
		p.reconsume(pathState)
	}
}

func (p *parser) fileSlash(c rune) {
	if p.isSlash(c) {
		p.state = fileHost
		return
	}
	if p.base != nil && p.base.scheme == "file" {
		p.url.host = p.base.host
		if !startsWithDriveLetter(p.input[min(p.pos, len(p.input)):]) && len(p.base.path) > 0 && isNormalizedDriveLetter(p.base.path[0]) {
			p.url.path = append(p.url.path, p.base.path[0])
		}
	}
	p.reconsume(pathState)
}

func (p *parser) fileHost(c rune) error {
	if !p.endsAuthority(c) {
		p.buffer.WriteRune(c)
		return nil
	}
	if p.override == noState && isDriveLetter(p.buffer.String()) {
		p.reconsume(pathState) // the buffer is not emptied: it is the first segment of the path
		return nil
	}
	p.reconsume(pathStart)
	p.done = p.override != noState
	if p.buffer.Len() == 0 {
		p.url.host = part{set: true}
		return nil
	}
	if err := p.setHost(); err != nil {
		return err
	}
	if p.url.host.text == "localhost" {
		p.url.host.text = ""
	}
	return nil
}
