package linger

import (
	"math/rand/v2"
	"time"

	"github.com/lingerws/linger/protocol"
)

// stir notes that a message has come or gone. It counts from a fixed moment, because
// the time of day may jump, and would close every connection.
func (s *Socket) stir() {
	if s.server.opts.IdleTimeout > 0 {
		s.stirred.Store(int64(s.server.age()))
	}
}

// age returns how long there has been a server.
func (s *Server) age() time.Duration { return time.Since(s.began) }

// beginLife arms the one timer for both bounds, if there is any. Messages do not move
// it: when it fires it looks how long it has to go on. mu is held.
func (s *Socket) beginLife() {
	o := &s.server.opts
	if o.IdleTimeout <= 0 && o.MaxLifetime <= 0 {
		return
	}
	s.stir()
	if o.MaxLifetime > 0 {
		tenth := o.MaxLifetime / 10 // jitter: those that came together should not all come back together
		s.oldAt = int64(s.server.age() + o.MaxLifetime - tenth + rand.N(2*tenth+1))
	}
	s.life = time.AfterFunc(s.leftToLive(), s.checkLife)
}

// leftToLive returns how long until a bound may be reached.
func (s *Socket) leftToLive() time.Duration {
	left := time.Duration(1<<63 - 1)
	if s.oldAt != 0 {
		left = time.Duration(s.oldAt) - s.server.age()
	}
	if idle := s.server.opts.IdleTimeout; idle > 0 {
		left = min(left, idle-(s.server.age()-time.Duration(s.stirred.Load())))
	}
	return left
}

// checkLife closes the connection at its bound. One that closes already, or is
// half-open, has other bounds.
func (s *Socket) checkLife() {
	if s.State() != protocol.StateOpen {
		return
	}
	if !s.idle() { // a handler is at work on what has come
		s.stir()
	}
	reason := idleTooLong
	if s.oldAt != 0 && time.Duration(s.oldAt) <= s.server.age() {
		reason = oldEnough
	} else if left := s.leftToLive(); left > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.ended {
			s.life.Reset(left)
		}
		return
	}
	s.closeFor(reason)
}

// endLife stops the timer. mu is held.
func (s *Socket) endLife() {
	if s.life != nil {
		s.life.Stop()
	}
}
