package linger

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// client is where a request comes from.
type client struct {
	addr   netip.Addr // invalid if it is not known, as on a Unix socket
	text   string     // for the application
	secure bool       // it has come by TLS, to us or to a proxy that we trust
}

// clientOf finds out where a request comes from. What X-Forwarded-For and
// X-Forwarded-Proto say counts only from a proxy that is trusted.
func (s *Server) clientOf(r *http.Request) client {
	c := client{text: r.RemoteAddr, secure: r.TLS != nil}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.addr = plain(peer.Addr())
	}
	if !s.opts.trusts(c.addr) && !s.opts.trustsLocal(r) {
		return c
	}
	if proto := last(r.Header.Values("X-Forwarded-Proto")); proto != "" {
		c.secure = strings.EqualFold(proto, "https") || strings.EqualFold(proto, "wss")
	}
	if origin := s.opts.origin(c.addr, r.Header.Values("X-Forwarded-For")); origin != c.addr {
		c.addr, c.text = origin, origin.String()
	}
	return c
}

// Secure tells whether a request has come by TLS, to us or to a trusted proxy.
func (s *Server) Secure(r *http.Request) bool { return s.clientOf(r).secure }

// trustsLocal tells whether a request has come by a Unix socket, which only this
// machine can reach: its peer is trusted where anybody is. It has no address, but
// not every peer without one is on such a socket.
func (o *Options) trustsLocal(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && local.Network() == "unix" && len(o.TrustedProxies) > 0
}

// trusts tells whether what a peer says of others counts.
func (o *Options) trusts(peer netip.Addr) bool {
	for _, p := range o.TrustedProxies {
		if p.Contains(peer) {
			return true
		}
	}
	return false
}

// origin returns the address that the nearest proxy which is not trusted, or the
// client, is seen at, for a peer that is trusted. Each proxy has added whom it was asked by on the right, so we walk
// from there, as far as we trust; whatever stands further left anybody can make up.
func (o *Options) origin(peer netip.Addr, forwardedFor []string) netip.Addr {
	list := strings.Split(strings.Join(forwardedFor, ","), ",")
	for i := len(list) - 1; i >= 0; i-- {
		next, ok := parseForwarded(strings.TrimSpace(list[i]))
		if !ok {
			break
		}
		if peer = next; !o.trusts(peer) {
			break
		}
	}
	return peer
}

// parseForwarded reads an address as proxies write it: with a port or without, IPv6 in
// brackets or not.
func parseForwarded(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return plain(withPort.Addr()), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return plain(addr), err == nil
}

// plain gives an address one form only.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// last returns the last element of a list field.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	text := values[len(values)-1]
	return strings.TrimSpace(text[strings.LastIndexByte(text, ',')+1:])
}

// household returns what counts as one address: of IPv6 a network of 64 bits, which is
// the least that a customer is given.
func household(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	network, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return network.Addr()
}
