package linger

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
)

// door counts who is in: every upgrade request from its beginning, and what becomes
// of it until its close event has been handled.
type door struct {
	mu        sync.Mutex
	inside    int
	byAddress map[netip.Addr]int // no entry for none, so it is bounded like inside
	rate      bucket
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
	case !d.rate.take(o.UpgradeRate): // the last, so that nobody who is refused uses up the rate of others
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
