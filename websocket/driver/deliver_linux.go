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

// deliverPart is deliverBatched for as many connections as the ring has room for. Those that it writes to are locked meanwhile, so it
// waits for no other lock: the rest follows.
func deliverPart(ring *uring.Ring, p *protocol.Prepared, part []Delivery) {
	var transports [maxHeld]*epollTransport // nil for the rest
	frame := p.Frame()
	for i := range part {
		if t, ok := part[i].To.lockParked(part[i].Limit).(*epollTransport); ok {
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

// takeRing returns a ring of the set that no other goroutine uses, or nil. The caller returns it with returnRing.
func (s *loopSet) takeRing() *uring.Ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return nil
	}
	ring := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return ring
}

func (s *loopSet) returnRing(ring *uring.Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		_ = ring.Close()
		return
	}
	s.free = append(s.free, ring)
}
