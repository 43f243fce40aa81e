// Package weburl implements the WHATWG URL Standard (https://url.spec.whatwg.org/): the parser, the serialiser, the
// setters and the application/x-www-form-urlencoded format. Like browsers it differs from net/url in special schemes,
// backslashes, notations of IPv4 addresses, dot segments and percent-encoding.
package weburl

import (
	"slices"
	"strconv"
	"strings"
)

// URL is a URL record, which Parse returns. The zero value is not a valid URL. The methods return the attributes of the
// same names of a JavaScript URL object.
type URL struct {
	scheme   string
	username string
	password string
	host     part
	port     int // noPort if it is null
	path     []string
	opaque   string // the path, if isOpaque is true
	isOpaque bool
	query    part
	fragment part
}

// part is a component that may be null or empty: the query of "a:?" is empty, that of "a:" is null.
type part struct {
	text string
	set  bool
}

const noPort = -1

// defaultPorts contains the special schemes and their default ports (URL Standard, section 4.2).
var defaultPorts = map[string]int{"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21, "file": noPort}

func isSpecialScheme(scheme string) bool {
	_, ok := defaultPorts[scheme]
	return ok
}

func (u *URL) special() bool { return isSpecialScheme(u.scheme) }

func (u *URL) hasCredentials() bool { return u.username != "" || u.password != "" }

// cannotHaveCredentials reports whether the setters of username, password and port must do nothing.
func (u *URL) cannotHaveCredentials() bool { return u.host.text == "" || u.scheme == "file" }

func (u *URL) clone() *URL {
	c := *u
	c.path = slices.Clone(u.path)
	return &c
}

// shortenPath removes the last segment of the path, except for the drive letter of a file URL.
func (u *URL) shortenPath() {
	n := len(u.path)
	if u.scheme == "file" && n == 1 && isNormalizedDriveLetter(u.path[0]) {
		return
	}
	if n > 0 {
		u.path = u.path[:n-1]
	}
}

// Href returns the whole URL, serialised (URL Standard, section 4.5).
func (u *URL) Href() string {
	var b strings.Builder
	b.WriteString(u.scheme)
	b.WriteByte(':')
	u.writeAuthority(&b)
	b.WriteString(u.Pathname())
	if u.query.set {
		b.WriteByte('?')
		b.WriteString(u.query.text)
	}
	if u.fragment.set {
		b.WriteByte('#')
		b.WriteString(u.fragment.text)
	}
	return b.String()
}

func (u *URL) writeAuthority(b *strings.Builder) {
	if !u.host.set {
		// Without "/." a path that begins with "//" would be parsed as a host.
		if !u.isOpaque && len(u.path) > 1 && u.path[0] == "" {
			b.WriteString("/.")
		}
		return
	}
	b.WriteString("//")
	if u.hasCredentials() {
		b.WriteString(u.username)
		if u.password != "" {
			b.WriteByte(':')
			b.WriteString(u.password)
		}
		b.WriteByte('@')
	}
	b.WriteString(u.Host())
}

// Protocol returns the scheme and a colon.
func (u *URL) Protocol() string { return u.scheme + ":" }

// Username returns the percent-encoded user name, or "" if there is none.
func (u *URL) Username() string { return u.username }

// Password returns the percent-encoded password, or "" if there is none.
func (u *URL) Password() string { return u.password }

// Host returns the host name, with the port unless that is the default of the scheme.
func (u *URL) Host() string {
	if u.port == noPort {
		return u.host.text
	}
	return u.host.text + ":" + u.Port()
}

// Hostname returns the host: a domain in ASCII, an IPv4 address in dotted form, an IPv6 address in brackets.
func (u *URL) Hostname() string { return u.host.text }

// Port returns the port in decimal, or "" for the default of the scheme.
func (u *URL) Port() string {
	if u.port == noPort {
		return ""
	}
	return strconv.Itoa(u.port)
}

// Pathname returns the path.
func (u *URL) Pathname() string {
	if u.isOpaque {
		return u.opaque
	}
	if len(u.path) == 0 {
		return ""
	}
	return "/" + strings.Join(u.path, "/")
}

// Search returns the query with a leading question mark, or "" for a null or empty query.
func (u *URL) Search() string { return withPrefix("?", u.query) }

// Hash returns the fragment with a leading number sign, or "" for a null or empty fragment.
func (u *URL) Hash() string { return withPrefix("#", u.fragment) }

func withPrefix(prefix string, p part) string {
	if p.text == "" {
		return ""
	}
	return prefix + p.text
}

// Origin returns the serialised origin, or "null" if it is opaque (URL Standard, section 4.7).
func (u *URL) Origin() string {
	switch {
	case u.scheme == "blob":
		inner, err := Parse(u.Pathname(), nil)
		if err != nil || (inner.scheme != "http" && inner.scheme != "https") {
			return "null"
		}
		return inner.Origin()
	case u.scheme == "file" || !u.special():
		return "null"
	}
	return u.scheme + "://" + u.Host()
}
