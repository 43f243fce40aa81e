package linger

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/rate"
)

// admission counts upgrade requests, each from its beginning until it has failed or the close event of its connection has been
// handled. Every request is counted for its address group, also while MaxPerAddress sets no bound, because that may change.
type admission struct {
	mu       sync.Mutex
	admitted int
	byGroup  map[netip.Addr]int // by address group; without entries of 0, so that admitted bounds its size
	rate     rate.Bucket
}

// limitError is the refusal of a correct request because a limit was reached.
type limitError struct {
	limit      string // identifies the limit in the log
	status     int
	text       string
	retryAfter int // seconds
}

var (
	rateExceeded       = &limitError{"upgrade-rate", http.StatusServiceUnavailable, "too many requests at once: try again", 1}
	tooManyConnections = &limitError{"max-connections", http.StatusServiceUnavailable, "the server is full: try again later", 10}
	tooManyOfAddress   = &limitError{"max-per-address", http.StatusTooManyRequests, "too many connections from your address", 10}
)

func (e *limitError) serve(w http.ResponseWriter) {
	w.Header().Set("Retry-After", strconv.Itoa(e.retryAfter))
	answerError(w, e.status, e.text)
}

// admit counts a request, or returns which limit it exceeds. Each admitted request must be released once.
func (a *admission) admit(group netip.Addr, o *Options) *limitError {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case o.MaxPerAddress > 0 && group.IsValid() && a.byGroup[group] >= o.MaxPerAddress:
		return tooManyOfAddress
	case o.MaxConnections >= 0 && a.admitted >= o.MaxConnections:
		return tooManyConnections
	case !a.rate.Take(o.UpgradeRate): // last, so that refused requests do not use up the rate of others
		return rateExceeded
	}
	a.count(group)
	return nil
}

// add counts a connection that has come from another process, whatever the limits are.
func (a *admission) add(group netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count(group)
}

// count counts a request. mu is held.
func (a *admission) count(group netip.Addr) {
	a.admitted++
	if !group.IsValid() {
		return
	}
	if a.byGroup == nil {
		a.byGroup = map[netip.Addr]int{}
	}
	a.byGroup[group]++
}

func (a *admission) release(group netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.admitted--
	if n, counted := a.byGroup[group]; counted {
		if n == 1 {
			delete(a.byGroup, group)
		} else {
			a.byGroup[group] = n - 1
		}
	}
}

// releaseAdmission ends the counting of a request whose handler has returned. If it was accepted its socket is still counted.
func (u *Upgrade) releaseAdmission() {
	if u.socket == nil {
		u.Server.admission.release(addressGroup(u.client.Addr))
	} else {
		u.socket.releaseAdmission()
	}
}

// releaseAdmission is called twice: when the upgrade handler has returned, and when the close event has been handled. The second
// call ends the counting, because a handler that does not return needs room too.
func (s *Socket) releaseAdmission() {
	if s.flags.Or(flagAdmissionReleased)&flagAdmissionReleased != 0 {
		s.server.admission.release(addressGroup(s.request.addr()))
	}
}

// addressGroup returns what MaxPerAddress counts as one address: of IPv6 the network of 64 bits, the least that a provider gives
// to a customer.
func addressGroup(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	network, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return network.Addr()
}

// clientOf returns where a request comes from. Forwarding fields count only from Options.TrustedProxies.
func (s *Server) clientOf(r *http.Request) forwarding.Client {
	return forwarding.Proxies(s.options().TrustedProxies).Client(r)
}

// RemoteIP returns the address that a request comes from: that of its TCP peer or, after Options.TrustedProxies, of the client. It
// is invalid if the peer has none, as on a Unix socket.
func (s *Server) RemoteIP(r *http.Request) netip.Addr { return s.clientOf(r).Addr }

// Secure reports whether a request has come by TLS, to this server or to a trusted proxy.
func (s *Server) Secure(r *http.Request) bool { return s.clientOf(r).Secure }

// withoutForged returns the request without forwarding fields, unless a trusted proxy has sent it: any client can forge them.
func (s *Server) withoutForged(r *http.Request) *http.Request {
	forged := ""
	for name := range r.Header {
		if forwarding.IsField(name) {
			forged = name
			break
		}
	}
	if forged == "" || forwarding.Proxies(s.options().TrustedProxies).Trust(r) {
		return r
	}
	s.forged.Do(func() {
		s.options().Logger.Info("forwarding fields removed: their sender is not a trusted proxy; this is logged once", "remote", r.RemoteAddr, "field", forged)
	})
	clean := *r // a handler must not change its request
	clean.Header = r.Header.Clone()
	forwarding.Strip(clean.Header)
	return &clean
}
