package linger

import (
	"hash/fnv"
	"io"
	"math"
	"time"

	"github.com/lingerws/linger/protocol"
)

// never is the time that is left without a bound.
const never = time.Duration(math.MaxInt64)

// recordActivity records that a message has come or gone, for Options.IdleTimeout. Times are counted from the start of the server,
// because the time of day may jump, which would close every connection.
func (s *Socket) recordActivity() {
	if s.server.options().IdleTimeout > 0 {
		s.lastActivity.Store(int64(s.server.age()))
	}
}

// age returns how long the server has existed.
func (s *Server) age() time.Duration { return time.Since(s.began) }

// startLifetime starts the timer of a connection that has been opened. mu is held.
func (s *Socket) startLifetime() {
	s.opened = s.server.age()
	s.lastActivity.Store(int64(s.opened))
	s.armLifetime()
}

// armLifetime sets the one timer for Options.IdleTimeout and MaxLifetime, if either is set. Messages do not move it: when it fires
// checkLifetime finds out how much time is left. mu is held.
func (s *Socket) armLifetime() {
	o := s.server.current.Load()
	bounded := o.IdleTimeout > 0 || o.MaxLifetime > 0
	switch {
	case !bounded:
		s.stopLifetime()
	case s.lifetime == nil:
		s.lifetime = time.AfterFunc(s.timeLeft(o), s.checkLifetime)
	default:
		s.lifetime.Reset(s.timeLeft(o))
	}
}

// timeLeft returns how long the connection may still live if no message comes or goes.
func (s *Socket) timeLeft(o *settings) time.Duration {
	return min(s.lifetimeLeft(o), s.idleTimeLeft(o))
}

// lifetimeLeft returns the time until the end of Options.MaxLifetime. Jitter keeps clients that came together from reconnecting
// together. Connections that are too old when the bound is changed are closed over a fifth of it.
func (s *Socket) lifetimeLeft(o *settings) time.Duration {
	if o.MaxLifetime <= 0 {
		return never
	}
	jitter := time.Duration(max(0, o.LifetimeJitter) * float64(o.MaxLifetime))
	end := s.opened + o.MaxLifetime - jitter + s.part(2*jitter)
	if s.opened < o.lifetimeChanged {
		end = max(end, o.lifetimeChanged+s.part(o.MaxLifetime/5))
	}
	return end - s.server.age()
}

// idleTimeLeft returns the time until the end of Options.IdleTimeout. Connections that are idle when the bound is changed have up to
// twice the time, each a different one, so that their clients do not all reconnect together.
func (s *Socket) idleTimeLeft(o *settings) time.Duration {
	if o.IdleTimeout <= 0 {
		return never
	}
	idleSince := time.Duration(s.lastActivity.Load())
	if s.opened < o.idleChanged {
		idleSince = max(idleSince, o.idleChanged+s.part(o.IdleTimeout))
	}
	return idleSince + o.IdleTimeout - s.server.age()
}

// part returns a part of d, from 0 to d. It is random, but always the same for one connection, in another process too.
func (s *Socket) part(d time.Duration) time.Duration {
	const bits = 53 // of a float64
	h := fnv.New64a()
	_, _ = io.WriteString(h, s.id) // never fails; the id is random
	fraction := float64(h.Sum64()>>(64-bits)) / (1 << bits)
	return time.Duration(float64(d) * fraction)
}

// checkLifetime closes the connection if its time is over. A connection that is closing, or half-open, has other bounds.
func (s *Socket) checkLifetime() {
	if s.State() != protocol.StateOpen || !s.isHere() {
		return
	}
	if !s.isIdle() { // an event is in progress, which counts as activity
		s.recordActivity()
	}
	o := s.server.current.Load()
	switch {
	case s.lifetimeLeft(o) <= 0:
		s.closeFor(oldEnough)
	case s.idleTimeLeft(o) <= 0:
		s.closeFor(idleTooLong)
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.ended {
			s.armLifetime()
		}
	}
}

// stopLifetime stops the timer. mu is held.
func (s *Socket) stopLifetime() {
	if s.lifetime != nil {
		s.lifetime.Stop()
	}
}
