package handshake

import (
	"net/netip"
	"strconv"
	"strings"
)

// CheckTarget judges the host and the target of a request, of a plain one as well as of an opening handshake. It
// returns nil if together they are an absolute URL with the scheme http or https that every reader understands alike,
// and the refusal to answer with if not. Of the request only the method is not read.
func CheckTarget(r Request) *Refusal { return checkTarget(r).leaving(r) }

func checkTarget(r Request) *Refusal {
	switch {
	case !isTarget(r.Target):
		return badRequest(ReasonTarget, "The request target is neither a path nor an absolute URL; send a path that begins with /")
	case !hasOneHost(r): // RFC 6455, section 4.2.1, rule 2
		return badRequest(ReasonHost, "Host is missing, repeated or not a host; send it once, as host or host:port")
	}
	return nil
}

// isTarget reports whether a request target is a path or an absolute URL of the web (RFC 9112, section 3.2; RFC 6455,
// section 4.2.1, rule 1). Another scheme has no host and path of its own, so that its parts could be read in two ways.
// An empty target stands for a driver that does not report it.
func isTarget(target string) bool {
	if target == "" || target[0] == '/' {
		return true
	}
	scheme, rest, found := cutScheme(target)
	if !found || rest == "" || rest[0] == '/' || rest[0] == '?' {
		return false
	}
	switch lowerASCII(scheme) {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}

// hasOneHost reports whether the request names one host. A server may file the field under Host, in the header, or
// both.
func hasOneHost(r Request) bool {
	fields := r.Header[hostKey]
	return len(fields) <= 1 && isAuthority(r.Host) && (len(fields) == 0 || fields[0] == r.Host)
}

// isAuthority reports whether s is a host with or without a port, as the field Host has it: RFC 9110, section 7.2, and
// RFC 3986, section 3.2.2. A comma, which a name may have, is not accepted: it joins fields that are repeated.
func isAuthority(s string) bool {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
	}
	if port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		address, err := netip.ParseAddr(inner)
		return closed && err == nil && address.Is6() && address.Zone() == ""
	}
	return isName(host)
}

// isName reports whether s is a registered name or an IPv4 address: RFC 3986, section 3.2.2. Percent-encoding is for
// what is not ASCII.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			if i+2 >= len(s) || !isHex(s[i+2]) || strings.IndexByte("89abcdefABCDEF", s[i+1]) < 0 {
				return false
			}
			i += 2
			continue
		}
		letter := 'a' <= lower(s[i]) && lower(s[i]) <= 'z'
		digit := '0' <= s[i] && s[i] <= '9'
		if !letter && !digit && strings.IndexByte("-._~!$&'()*+;=", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }
