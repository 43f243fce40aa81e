package driver

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/uring"
)

// deliverBatched is Deliver with a ring. It reports whether there is one.
func deliverBatched(p *protocol.Prepared, all []Delivery) bool {
	if len(all) < minHeld {
		return false
	}
	set := batchedSet(all)
	if set == nil {
		return false
	}
	ring := set.takeRing()
	if ring == nil {
		return false
	}
	defer set.returnRing(ring)
	for len(all) > 0 {
		n := min(len(all), maxHeld)
		deliverPart(ring, p, all[:n])
		all = all[n:]
	}
	return true
}

// batchedSet returns the set of loops of the first connection that is written to with a ring, or nil.
func batchedSet(all []Delivery) *loopSet {
	for i := range all {
		d := all[i].To
		if !d.notified {
			continue
		}
		d.mu.Lock()
		t, ok := d.transport.(*epollTransport)
		d.mu.Unlock()
		if ok && t.batched {
			return t.loop.set
		}
	}
	return nil
}

// deliverPart is deliverBatched for as many connections as the ring has room for. The connections whose locks are free stay locked during
// the write. It must not block on a lock while it holds others, so the other connections are written to afterwards.
func deliverPart(ring *uring.Ring, p *protocol.Prepared, part []Delivery) {
	var transports [maxHeld]*epollTransport // nil for the rest
	frame := p.Frame()
	for i := range part {
		if t := part[i].To.lockParked(part[i].Limit); t != nil {
			ring.Send(t.fd, frame, 0)
			transports[i] = t
		}
	}
	submitted := ring.Submit() == nil
	next := 0
	for i := range part {
		if t := transports[i]; t != nil {
			n, err := t.sent(ring, next, submitted, frame)
			part[i].Queued, part[i].Err = part[i].To.unlockParked(p, n, err), nil
			next++
		}
	}
	for i := range part {
		if transports[i] == nil {
			part[i].deliver(p)
		}
	}
}

// lockParked locks a connection on which a prepared message can be written at once, by a ring, and returns its transport: it is idle,
// nothing is queued, and a server's frame is the same for all connections. Otherwise it returns nil, and the connection is not
// locked.
func (d *Driver) lockParked(limit int) *epollTransport {
	if limit <= 0 || d.settings().machine.Role != protocol.Server || !d.mu.TryLock() {
		return nil
	}
	t, ok := d.transport.(*epollTransport)
	if !ok || !t.batched || !d.state.live() || !d.parked() || !d.state.parkable() {
		d.mu.Unlock()
		return nil
	}
	return t
}

// unlockParked follows the write of p, of which the transport has taken n bytes, and unlocks the connection. Results as for sendParked.
func (d *Driver) unlockParked(p *protocol.Prepared, n int, err error) (queued int) {
	defer d.rest()
	return d.sentParked(p, n, err)
}

// takeRing returns a ring of the set that no other goroutine uses, or nil. The caller returns it with returnRing.
func (s *loopSet) takeRing() *uring.Ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return nil
	}
	ring := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	s.lent++
	return ring
}

func (s *loopSet) returnRing(ring *uring.Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, ring)
	s.lent--
	s.endUnlent()
}
