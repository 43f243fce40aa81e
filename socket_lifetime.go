package linger

import (
	"math/rand/v2"
	"time"

	"github.com/lingerws/linger/protocol"
)

// recordActivity records that a message has come or gone, for Options.IdleTimeout. Times are counted from the start of the server,
// because the time of day may jump, which would close every connection.
func (s *Socket) recordActivity() {
	if s.server.opts.IdleTimeout > 0 {
		s.lastActivity.Store(int64(s.server.age()))
	}
}

// age returns how long the server has existed.
func (s *Server) age() time.Duration { return time.Since(s.began) }

// startLifetime starts the one timer for Options.IdleTimeout and MaxLifetime, if either is set. Messages do not move it: when it
// fires checkLifetime finds out how much time is left. mu is held.
func (s *Socket) startLifetime() {
	o := &s.server.opts
	if o.IdleTimeout <= 0 && o.MaxLifetime <= 0 {
		return
	}
	s.recordActivity()
	if o.MaxLifetime > 0 {
		tenth := o.MaxLifetime / 10 // jitter, so that clients that came together do not all reconnect together
		s.expires = int64(s.server.age() + o.MaxLifetime - tenth + rand.N(2*tenth+1))
	}
	s.lifetime = time.AfterFunc(s.timeLeft(), s.checkLifetime)
}

// timeLeft returns how long the connection may still live if no message comes or goes.
func (s *Socket) timeLeft() time.Duration {
	left := time.Duration(1<<63 - 1)
	if s.expires != 0 {
		left = time.Duration(s.expires) - s.server.age()
	}
	if idle := s.server.opts.IdleTimeout; idle > 0 {
		left = min(left, idle-(s.server.age()-time.Duration(s.lastActivity.Load())))
	}
	return left
}

// checkLifetime closes the connection if its time is over. A connection that is closing, or half-open, has other bounds.
func (s *Socket) checkLifetime() {
	if s.State() != protocol.StateOpen {
		return
	}
	if !s.isIdle() { // an event is in progress, which counts as activity
		s.recordActivity()
	}
	reason := idleTooLong
	if s.expires != 0 && time.Duration(s.expires) <= s.server.age() {
		reason = oldEnough
	} else if left := s.timeLeft(); left > 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.ended {
			s.lifetime.Reset(left)
		}
		return
	}
	s.closeFor(reason)
}

// stopLifetime stops the timer. mu is held.
func (s *Socket) stopLifetime() {
	if s.lifetime != nil {
		s.lifetime.Stop()
	}
}
