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

// withoutForged returns a request without forwarding fields, unless a trusted proxy has sent
// it: any client can make them up.
func (s *Server) withoutForged(r *http.Request) *http.Request {
	forged := ""
	for name := range r.Header {
		if forwarding.IsField(name) {
			forged = name
			break
		}
	}
	if forged == "" || forwarding.Proxies(s.opts.TrustedProxies).Trust(r) {
		return r
	}
	s.forged.Do(func() {
		s.opts.Logger.Info("forwarding fields removed: their sender is not a trusted proxy; this is logged once", "remote", r.RemoteAddr, "field", forged)
	})
	clean := *r // a handler must not change its request
	clean.Header = r.Header.Clone()
	forwarding.Strip(clean.Header)
	return &clean
}

// RemoteIP returns the address that a request comes from: that of its TCP peer or, behind
// Options.TrustedProxies, of the client. It is invalid if the peer has none, as on a Unix
// socket.
func (s *Server) RemoteIP(r *http.Request) netip.Addr { return s.clientOf(r).addr }

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
