package forwarding

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/lingerws/linger/internal/netaddr"
)

// Proxies are the networks of the trusted proxies.
type Proxies []netip.Prefix

// Client describes the client of a request.
type Client struct {
	Addr    netip.Addr // the address; invalid if unknown, as on a Unix socket
	Text    string     // the address and port of the peer, or only the address if it comes from a forwarding field
	Secure  bool       // whether the client used TLS, to this process or to a trusted proxy
	Trusted bool       // whether the peer is a trusted proxy
}

// Client returns the client of a request. It uses X-Forwarded-For and X-Forwarded-Proto only if the peer is a trusted
// proxy.
func (p Proxies) Client(r *http.Request) Client {
	c := Client{Text: r.RemoteAddr, Secure: r.TLS != nil}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.Addr = netaddr.Canonical(peer.Addr())
	}
	if c.Trusted = p.contain(c.Addr) || p.trustLocal(r); !c.Trusted {
		return c
	}
	if proto := last(r.Header.Values("X-Forwarded-Proto")); proto != "" {
		c.Secure = strings.EqualFold(proto, "https") || strings.EqualFold(proto, "wss")
	}
	if origin := p.origin(c.Addr, r.Header.Values("X-Forwarded-For")); origin != c.Addr {
		c.Addr, c.Text = origin, origin.String()
	}
	return c
}

// Trust reports whether the peer of a request is a trusted proxy.
func (p Proxies) Trust(r *http.Request) bool { return p.Client(r).Trusted }

// trustLocal reports whether a request came over a Unix socket and there are trusted proxies. Only processes on this
// machine can connect to such a socket. Its peers have no address, but a peer without an address is not necessarily on
// a Unix socket.
func (p Proxies) trustLocal(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && local.Network() == "unix" && len(p) > 0
}

func (p Proxies) contain(peer netip.Addr) bool {
	for _, network := range p {
		if network.Contains(peer) {
			return true
		}
	}
	return false
}

// origin returns the address of the peer of the outermost trusted proxy. Each proxy appends the address of its peer to
// X-Forwarded-For, so origin scans from the right and stops at the first address that is not trusted. Everything to its
// left can be forged.
func (p Proxies) origin(peer netip.Addr, forwardedFor []string) netip.Addr {
	list := strings.Split(strings.Join(forwardedFor, ","), ",")
	for i := len(list) - 1; i >= 0; i-- {
		next, ok := ParseAddr(strings.TrimSpace(list[i]))
		if !ok {
			break
		}
		if peer = next; !p.contain(peer) {
			break
		}
	}
	return peer
}

// ParseAddr parses an address in the forms that proxies use: with or without a port, IPv6 with or without brackets. It
// reports false if the text is not an address.
func ParseAddr(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return netaddr.Canonical(withPort.Addr()), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return netaddr.Canonical(addr), err == nil
}

// Host returns the host that the client of a trusted proxy used, from X-Forwarded-Host. It returns an empty string if the
// field is missing or contains a character that cannot occur in a host.
func Host(h http.Header) string {
	host := last(h.Values("X-Forwarded-Host"))
	if strings.ContainsFunc(host, func(c rune) bool { return !isHostCharacter(c) }) {
		return ""
	}
	return host
}

// isHostCharacter reports whether names, addresses or ports contain c.
func isHostCharacter(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.ContainsRune(".-_:[]", c)
}

// last returns the last element of a list field.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	text := values[len(values)-1]
	return strings.TrimSpace(text[strings.LastIndexByte(text, ',')+1:])
}
