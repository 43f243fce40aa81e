package opening

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/lingerws/linger/protocol"
)

// badURL is the misuse of a URL that cannot be dialled.
func badURL(got string) error {
	return &protocol.Misuse{ID: "dial.url",
		Rule: "a URL has the form ws://host:port/path?query, or wss (RFC 6455, section 3)", Got: got}
}

// ParseURL reads a URL as [Open] does, without dialling it. Its scheme is http or https if text says so. The error is
// a *[protocol.Misuse].
func ParseURL(text string) (*url.URL, error) {
	if _, err := parseTarget(text); err != nil {
		return nil, err
	}
	return url.Parse(text) // cannot fail: parseTarget has done it
}

// parseTarget reads a URL to be dialled, and turns its scheme into ws or wss. The userinfo is still in it.
func parseTarget(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil && strings.Contains(raw, "@"): // the error may quote a password
		return nil, badURL("it cannot be parsed")
	case err != nil:
		return nil, badURL(err.Error())
	case u.Fragment != "":
		return nil, badURL("it has a fragment, which means nothing here: leave out what begins with #, or write %23")
	}
	return u, checkTarget(u)
}

// checkTarget applies the rules of RFC 6455, section 3, and turns http and https
// into ws and wss.
func checkTarget(u *url.URL) error {
	switch u.Scheme {
	case "ws", "wss":
	case "http":
		u.Scheme = "ws"
	case "https":
		u.Scheme = "wss"
	default:
		return badURL("its scheme is none of ws, wss, http, https")
	}
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return badURL("it names no host")
	case !isVisible(u.Host):
		return badURL("its host is not ASCII: write an international name as it travels, beginning with xn--")
	case !isPort(portOf(u)):
		return badURL("its port is not a number from 1 to 65535")
	case !isVisible(u.RequestURI()):
		return badURL("its path or query has a space or a letter beyond ASCII: write it percent-encoded")
	}
	return nil
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// isVisible tells whether s can stand in a request line: RFC 9112, section 3.
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F })
}

// defaultPorts are those of RFC 6455, section 3, and of proxies.
var defaultPorts = map[string]string{"ws": "80", "wss": "443", "http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return defaultPorts[u.Scheme]
}

// address is where to dial.
func address(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

// hostname is the host without the zone of an IPv6 address, which means nothing
// beyond this machine: RFC 6874, section 4.
func hostname(u *url.URL) string {
	name, _, _ := strings.Cut(u.Hostname(), "%")
	return name
}

// hostField is the value of Host: the port is named unless it is the default one
// (RFC 6455, section 4.1).
func hostField(u *url.URL) string {
	field := net.JoinHostPort(hostname(u), portOf(u))
	return strings.TrimSuffix(field, ":"+defaultPorts[u.Scheme])
}

// sameOrigin tells whether both URLs lead to the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}
