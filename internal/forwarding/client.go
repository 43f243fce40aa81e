package forwarding

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/lingerws/linger/internal/netaddr"
)

// Proxies are the networks of the proxies that are trusted.
type Proxies []netip.Prefix

// Client is where a request comes from.
type Client struct {
	Addr    netip.Addr // invalid if it is not known, as on a Unix socket
	Text    string     // the address and port of the peer, or the address alone if a proxy has named it
	Secure  bool       // the request has come by TLS, to this process or to a trusted proxy
	Trusted bool       // the peer is a trusted proxy
}

// Client returns where a request comes from. X-Forwarded-For and X-Forwarded-Proto count only if the peer is trusted.
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

// trustLocal reports whether a request has come by a Unix socket and proxies are trusted at all. Only this machine can
// reach such a socket. Its peer has no address, but not every peer without one is on such a socket.
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

// origin returns the address at which the last trusted proxy saw its peer. Each proxy adds the address of its peer on
// the right, so the walk begins there and goes on as long as the addresses are trusted; a client may have made up what
// stands further left.
func (p Proxies) origin(peer netip.Addr, forwardedFor []string) netip.Addr {
	list := strings.Split(strings.Join(forwardedFor, ","), ",")
	for i := len(list) - 1; i >= 0; i-- {
		next, ok := parseAddr(strings.TrimSpace(list[i]))
		if !ok {
			break
		}
		if peer = next; !p.contain(peer) {
			break
		}
	}
	return peer
}

// parseAddr reads an address as proxies write it: with a port or without, IPv6 in brackets or not.
func parseAddr(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return netaddr.Canonical(withPort.Addr()), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return netaddr.Canonical(addr), err == nil
}

// Host returns the host that the client of a trusted proxy used, from X-Forwarded-Host, or an empty string if the
// field is missing or holds something that cannot be a host.
func Host(h http.Header) string {
	host := last(h.Values("X-Forwarded-Host"))
	if strings.ContainsFunc(host, func(c rune) bool { return !isHostCharacter(c) }) {
		return ""
	}
	return host
}

// isHostCharacter reports whether c stands in names, addresses and ports.
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
