package weburl

import (
	"strings"

	"github.com/lingerws/linger/worker/internal/web/textcodec"
)

// Attribute is the name of an attribute of a JavaScript URL object that Set can change.
type Attribute string

// The attributes that have a setter.
const (
	Href     Attribute = "href"
	Protocol Attribute = "protocol"
	Username Attribute = "username"
	Password Attribute = "password"
	Host     Attribute = "host"
	Hostname Attribute = "hostname"
	Port     Attribute = "port"
	Pathname Attribute = "pathname"
	Search   Attribute = "search"
	Hash     Attribute = "hash"
)

// Set returns the URL with one attribute changed, like the setters of a JavaScript URL object (URL Standard, section
// 6.1). It does not change the receiver. An invalid value is ignored, or only its valid part is used, such as the host of
// "example.com:99999" for Host. Only Href can fail, with an *Error.
func (u *URL) Set(attribute Attribute, value string) (*URL, error) {
	if attribute == Href {
		return Parse(value, nil)
	}
	changed := u.clone()
	changed.set(attribute, value)
	return changed, nil
}

func (u *URL) set(attribute Attribute, value string) {
	switch attribute {
	case Href: // handled by Set
	case Protocol:
		u.reparse(value+":", schemeStart)
	case Username:
		u.setCredential(&u.username, value)
	case Password:
		u.setCredential(&u.password, value)
	case Host:
		u.setHost(value, hostState)
	case Hostname:
		u.setHost(value, hostnameState)
	case Port:
		u.setPort(value)
	case Pathname:
		u.setPathname(value)
	case Search:
		u.setOptional(&u.query, value, "?", queryState)
	case Hash:
		u.setOptional(&u.fragment, value, "#", fragmentState)
	}
}

func (u *URL) setCredential(field *string, value string) {
	if !u.cannotHaveCredentials() {
		*field = percentEncode(textcodec.Lossy(value), userinfoSet)
	}
}

func (u *URL) setHost(value string, from state) {
	if !u.isOpaque {
		u.reparse(value, from)
	}
}

func (u *URL) setPort(value string) {
	switch {
	case u.cannotHaveCredentials():
	case value == "":
		u.port = noPort
	default:
		u.reparse(value, portState)
	}
}

func (u *URL) setPathname(value string) {
	if !u.isOpaque {
		u.path = nil
		u.reparse(value, pathStart)
	}
}

func (u *URL) setOptional(field *part, value, prefix string, from state) {
	if value == "" {
		*field = part{}
		return
	}
	*field = part{set: true}
	u.reparse(strings.TrimPrefix(value, prefix), from)
}

// reparse runs the parser on the receiver, starting in a state. Changes before an error are kept, because the standard
// ignores errors of its setters.
func (u *URL) reparse(value string, from state) {
	p := &parser{url: u, input: cleanInput(value), state: from, override: from}
	_ = p.run()
}
