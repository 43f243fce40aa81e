package linger

import (
	"net/http"
	"net/netip"

	"github.com/lingerws/linger/internal/forwarding"
)

// client is where a request comes from.
type client struct {
	addr   netip.Addr // invalid if it is not known, as on a Unix socket
	text   string     // for the application
	secure bool       // it has come by TLS, to us or to a proxy that we trust
}

// clientOf returns where a request comes from. Forwarding fields count only if they
// come from one of Options.TrustedProxies.
func (s *Server) clientOf(r *http.Request) client {
	c := forwarding.Proxies(s.opts.TrustedProxies).Client(r)
	return client{addr: c.Addr, text: c.Text, secure: c.Secure}
}

// Secure reports whether a request has come by TLS, to us or to a trusted proxy.
func (s *Server) Secure(r *http.Request) bool { return s.clientOf(r).secure }

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
