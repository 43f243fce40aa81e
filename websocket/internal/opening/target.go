package opening

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/lingerws/linger/protocol"
)

// badURL returns the misuse for a URL that cannot be dialled.
func badURL(got string) error {
	return &protocol.Misuse{ID: "dial.url",
		Rule: "a URL has the form ws://host:port/path?query, or wss (RFC 6455, section 3)", Got: got}
}

// ParseURL parses a URL, and applies the rules of [Open] to it. It does not change the schemes http and https. The error is
// a *[protocol.Misuse].
func ParseURL(text string) (*url.URL, error) {
	if _, err := parseTarget(text); err != nil {
		return nil, err
	}
	return url.Parse(text) // cannot fail: parseTarget has parsed the same text
}

// parseTarget parses a URL to be dialled, and turns its scheme into ws or wss. It keeps the userinfo.
func parseTarget(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil && strings.Contains(raw, "@"): // the error could quote a password
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
		return badURL("its scheme is not ws, wss, http or https")
	}
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return badURL("it has no host")
	case !isVisible(u.Host):
		return badURL("its host is not ASCII: write an international name in its ASCII form, beginning with xn--")
	case !isPort(portOf(u)):
		return badURL("its port is not a number from 1 to 65535")
	case !isVisible(u.RequestURI()):
		return badURL("its path or query contains a space or a character that is not ASCII: write it percent-encoded")
	}
	return nil
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// isVisible reports whether s has only visible ASCII characters, as a request line requires (RFC 9112, section 3).
func isVisible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F })
}

// defaultPorts are the default ports by scheme (RFC 6455, section 3), including those of proxies.
var defaultPorts = map[string]string{"ws": "80", "wss": "443", "http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return defaultPorts[u.Scheme]
}

// address returns the address to dial.
func address(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

// hostname returns the host without the zone of an IPv6 address, which has a meaning on
// this machine only (RFC 6874, section 4).
func hostname(u *url.URL) string {
	name, _, _ := strings.Cut(u.Hostname(), "%")
	return name
}

// hostField returns the value of Host, which contains the port unless that is the default
// one (RFC 6455, section 4.1).
func hostField(u *url.URL) string {
	field := net.JoinHostPort(hostname(u), portOf(u))
	return strings.TrimSuffix(field, ":"+defaultPorts[u.Scheme])
}

// sameOrigin reports whether two URLs have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}
