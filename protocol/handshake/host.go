package handshake

import (
	"net/netip"
	"strconv"
	"strings"
)

// CheckTarget checks the host and the target of a request, which need not be an opening handshake. It returns nil if
// together they form an unambiguous absolute URL with the scheme http or https, and a refusal otherwise. It ignores the
// method of the request.
func CheckTarget(r Request) *Refusal { return checkTarget(r).withClose(r) }

func checkTarget(r Request) *Refusal {
	switch {
	case !isValidTarget(r.Target):
		return badRequest(ReasonTarget, "The request target is neither a path nor an absolute URL; send a path that begins with /")
	case !hasOneHost(r): // RFC 6455, section 4.2.1, rule 2
		return badRequest(ReasonHost, "Host is missing, repeated or invalid; send it once, as host or host:port")
	}
	return nil
}

// isValidTarget reports whether a request target is a path or an absolute URL with a scheme of HTTP or WebSocket (RFC
// 9112, section 3.2; RFC 6455, section 4.2.1, rule 1). Targets with other schemes are ambiguous, because not all
// schemes have a host and a path. An empty target means that the driver does not provide it, and is valid.
func isValidTarget(target string) bool {
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

// hasOneHost reports whether the request has one valid host. A driver may provide the field as Host, in the header, or
// both.
func hasOneHost(r Request) bool {
	fields := r.Header[hostKey]
	return len(fields) <= 1 && isAuthority(r.Host) && (len(fields) == 0 || fields[0] == r.Host)
}

// isAuthority reports whether s is a valid value of Host: a host and an optional port (RFC 9110, section 7.2, and RFC
// 3986, section 3.2.2). It does not accept a comma, which RFC 3986 allows, because that may result from joining
// repeated fields.
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

// isName reports whether s is a registered name or an IPv4 address (RFC 3986, section 3.2.2). Percent-encoding is
// accepted only for bytes that are not ASCII.
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
