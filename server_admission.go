package linger

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/rate"
)

// door counts who is in: every upgrade request from its beginning, and what becomes
// of it until its close event has been handled.
type door struct {
	mu        sync.Mutex
	inside    int
	byAddress map[netip.Addr]int // no entry for none, so it is bounded like inside
	rate      rate.Bucket
}

// full is a refusal of a request that is in order: too many are inside, or come.
type full struct {
	limit      string // identifies it in the log
	status     int
	text       string
	retryAfter int // seconds
}

var (
	tooFast     = &full{"upgrade-rate", http.StatusServiceUnavailable, "too many requests at once: try again", 1}
	tooMany     = &full{"max-connections", http.StatusServiceUnavailable, "the server is full: try again later", 10}
	tooManyHere = &full{"max-per-address", http.StatusTooManyRequests, "too many connections from your address", 10}
)

func (f *full) serve(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(f.retryAfter))
	answerError(w, f.status, f.text)
}

// enter lets a request in, or tells why not. Who is in leaves once.
func (d *door) enter(from netip.Addr, o *Options) *full {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case o.MaxPerAddress > 0 && from.IsValid() && d.byAddress[from] >= o.MaxPerAddress:
		return tooManyHere
	case o.MaxConnections >= 0 && d.inside >= o.MaxConnections:
		return tooMany
	case !d.rate.Take(o.UpgradeRate): // the last, so that nobody who is refused uses up the rate of others
		return tooFast
	}
	d.inside++
	if o.MaxPerAddress > 0 && from.IsValid() {
		if d.byAddress == nil {
			d.byAddress = map[netip.Addr]int{}
		}
		d.byAddress[from]++
	}
	return nil
}

// leave ends what an upgrade holds of the door. Its socket, if there is one, goes on
// holding it.
func (u *Upgrade) leave() {
	if u.socket == nil {
		u.Server.door.leave(household(u.client.addr))
	} else {
		u.socket.leaveDoor()
	}
}

// leaveDoor is called twice, when the upgrade handler has returned and when the close
// event has been handled. The later call counts: a handler that hangs takes up room too.
func (s *Socket) leaveDoor() {
	if s.leaving.Swap(true) {
		s.server.door.leave(household(s.request.addr()))
	}
}

func (d *door) leave(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	if n, counted := d.byAddress[from]; counted {
		if n == 1 {
			delete(d.byAddress, from)
		} else {
			d.byAddress[from] = n - 1
		}
	}
}

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
