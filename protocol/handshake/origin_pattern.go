package handshake

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// pattern is a pattern of an OriginPolicy, in lower case.
type pattern struct {
	anyOrigin bool
	scheme    string // empty for http or https, and for null if host is empty too
	host      string // may contain *; empty if the scheme has no hosts
	port      string // empty for the default port of the scheme, * for any port
}

// parsePattern parses a pattern: see [NewOriginPolicy]. Its errors explain what to write instead.
func parsePattern(text string) (pattern, error) {
	switch text {
	case "*":
		return pattern{anyOrigin: true}, nil
	case "null":
		return pattern{}, nil
	}
	scheme, authority, named := cutScheme(lowerASCII(text))
	if named && !isScheme(scheme) {
		return pattern{}, patternError(text, "its scheme must be a name such as https, without wildcards")
	}
	if strings.Contains(authority, "/") {
		return pattern{}, patternError(text, "an origin has no path, so it must not have a slash after host and port")
	}
	if strings.Contains(authority, "?") {
		return pattern{}, patternError(text, "the only wildcard is *")
	}
	p := pattern{scheme: scheme}
	if authority != "" || !named || isWeb(scheme) {
		var ok bool
		if p.host, p.port, ok = splitPort(authority); !ok {
			return pattern{}, patternError(text, "after the scheme it must be host or host:port, with a port from 1 to 65535 or *; "+
				"origins of a scheme without hosts are written as file://")
		}
	}
	if why := p.unmatchableReason(); why != "" {
		return pattern{}, patternError(text, "no origin can match it: "+why)
	}
	if scheme == "" && isWord(p.host) && p.port == "" {
		return pattern{}, patternError(text, "a single word is probably a mistake; if it is a host write http://"+p.host+", https://"+p.host+" or "+p.host+":*")
	}
	return p, nil
}

// unmatchableReason returns the reason why no origin can match the pattern, or an empty string. Browsers send each origin
// in one form only (RFC 6454, section 6.2, and the URL Standard, section 3.5).
func (p pattern) unmatchableReason() string {
	switch p.scheme {
	case "file":
		if p.host != "" {
			return "pages from files have no host; write file://"
		}
	case "data", "blob", "about", "javascript":
		return "such pages have an opaque origin; write null"
	case "ws", "wss":
		return "the origin is that of the page, not of the WebSocket; write http or https"
	}
	if p.scheme == "" && p.port == "*" && (p.host == "file" || isWeb(p.host)) {
		return "the host has the name of a scheme; write file:// for pages from files, and a host or * after http://"
	}
	return hostFormError(p.host)
}

// isWord reports whether a host is a single label other than localhost.
func isWord(host string) bool { return !strings.ContainsAny(host, ".:*") && host != "localhost" }

// hostFormError returns the reason why browsers do not send the host in this form, or an empty string.
func hostFormError(host string) string {
	if strings.Contains(host, "*") || host == "" {
		return ""
	}
	for i := range len(host) {
		if host[i] >= 0x80 {
			return "an international name is sent in ASCII, beginning with xn--"
		}
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		switch {
		case err != nil || address.Zone() != "" || !address.Is6():
			return "the host in brackets is not an IPv6 address"
		case !address.Is4In6() && "["+address.String()+"]" != host:
			return "this address is sent as [" + address.String() + "]"
		}
		return ""
	}
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	if last == "" || last[0] < '0' || last[0] > '9' {
		return ""
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return "a host that ends in a number is an IPv4 address, which is sent with four decimal numbers"
	}
	return ""
}

func patternError(text, why string) error {
	return fmt.Errorf("origin pattern %q: %s; a pattern is [scheme://]host[:port], for example https://*.example.com", text, why)
}

// matches reports whether the pattern matches the origin.
func (p pattern) matches(o origin) bool {
	if p.host == "" || o.host == "" { // null matches null, and file:// matches file://
		return p.host == o.host && p.scheme == o.scheme
	}
	if p.scheme != o.scheme && (p.scheme != "" || !isWeb(o.scheme)) {
		return false
	}
	return matchHost(p.host, o.host) && p.matchesPort(o)
}

func (p pattern) matchesPort(o origin) bool {
	return p.port == "*" || portOr(p.port, o.scheme) == o.port
}

// matchHost reports whether the pattern matches name, where each * matches any characters, or none. It matches each
// piece between two * at its leftmost position, which is sufficient because the next * can match the rest. Its running
// time therefore does not depend on the number of ways to split the name.
func matchHost(pattern, name string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	for ok && found {
		var piece string
		piece, rest, found = strings.Cut(rest, "*")
		if !found {
			return strings.HasSuffix(name, piece)
		}
		_, name, ok = strings.Cut(name, piece)
	}
	return false
}

// cutScheme splits s at "://". Without that, all of s is the authority.
func cutScheme(s string) (scheme, authority string, found bool) {
	scheme, authority, found = strings.Cut(s, "://")
	if !found {
		return "", s, false
	}
	return scheme, authority, true
}

// isScheme reports whether s is a scheme in lower case (RFC 3986, section 3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return s != ""
}

// splitPort splits host[:port], where an IPv6 address is in brackets. It accepts the port *, for patterns.
func splitPort(s string) (host, port string, ok bool) {
	host = s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
		if !isPort(port) {
			return "", "", false
		}
	}
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if !isOriginHost(host) || strings.Contains(host, ":") != bracketed {
		return "", "", false
	}
	return host, port, true
}

// isOriginHost reports whether s has no character that cannot occur in a host. It need not be a valid host, because it is
// only compared; patterns contain wildcards.
func isOriginHost(s string) bool {
	return s != "" && !strings.ContainsAny(s, ", \t\r\n/\\?#@")
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return s == "*" || err == nil && n > 0 && s[0] != '0'
}
