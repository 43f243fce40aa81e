package linger

import (
	"math"
	"net/http"
	"time"
)

// settings are options in force, with defaults. They are replaced as a whole.
type settings struct {
	Options

	// These are the times, after Server.began, at which Reconfigure has changed a bound; beforeAll if it has not. See Socket.timeLeft.
	idleChanged, lifetimeChanged time.Duration
}

// beforeAll is a time before every other. A connection that has come from another process may have been opened before this server
// began.
const beforeAll = time.Duration(math.MinInt64)

// options returns the options in force.
func (s *Server) options() *Options { return &s.current.Load().Options }

// Options returns the options in force, with defaults for those that were not set.
func (s *Server) Options() Options { return *s.options() }

// Reconfigure replaces the options while connections stay open. It returns the names of the options that cannot change and of which
// opts has another value; they keep their values. Only Cluster, Node and Trace cannot change; an empty Node means the present name, and a nil
// Cluster or Trace the present one.
//
// Most options hold at once, for connections that exist too. These hold for later requests and connections only: Origins,
// MaxPerAddress, MaxConnections, UpgradeRate, TrustedProxies, Subprotocols, UpgradeTimeout, HandshakeTimeout, Stats, AccessLog, and the modes
// of the embedded driver.Options (Compression, OfferHalfClose, IO, LoopGroup), which the opening handshake decides. No
// connection is closed because a lower number of connections may be open now.
//
// A timer that runs ends at the time for which it was set. Connections that are idle for longer than a new IdleTimeout, or older
// than a new MaxLifetime, are not all closed at once: the former within the next two IdleTimeouts, the latter within a fifth of
// MaxLifetime.
//
// A program that changes single options takes those of [Server.Options] and changes them.
func (s *Server) Reconfigure(opts Options) (fixed []string) {
	s.reconfiguring.Lock()
	defer s.reconfiguring.Unlock()
	last := s.current.Load()
	if opts.Cluster != nil && opts.Cluster != last.Cluster {
		fixed = append(fixed, "Cluster")
	}
	if opts.Node != "" && opts.Node != last.Node {
		fixed = append(fixed, "Node")
	}
	if opts.Trace != nil && opts.Trace != last.Trace {
		fixed = append(fixed, "Trace")
	}
	opts.Cluster, opts.Node, opts.Trace = last.Cluster, last.Node, last.Trace
	next := &settings{Options: s.withDefaults(opts), idleChanged: last.idleChanged, lifetimeChanged: last.lifetimeChanged}
	if next.IdleTimeout != last.IdleTimeout {
		next.idleChanged = s.age()
	}
	if next.MaxLifetime != last.MaxLifetime {
		next.lifetimeChanged = s.age()
	}
	s.current.Store(next)
	s.memory.budget.SetLimit(next.memoryLimit())
	for socket := range s.Sockets("") {
		socket.reconfigure()
	}
	if s.memory.budget.Used() > s.memory.budget.Limit() {
		s.memoryExceeded()
	}
	return fixed
}

// withDefaults returns the options with all defaults, those that need the server included.
func (s *Server) withDefaults(opts Options) Options {
	opts = opts.WithDefaults()
	if opts.Fallback == nil {
		opts.Fallback = http.HandlerFunc(s.upgradeRequired)
	}
	return opts
}

// memoryLimit returns Options.MaxMemory as the limit of a budget.
func (o *Options) memoryLimit() int64 {
	if o.MaxMemory <= 0 {
		return math.MaxInt64
	}
	return o.MaxMemory
}

// reconfigure gives a connection that exists the options in force. The options are read under mu, so that those of a later call stay.
func (s *Socket) reconfigure() {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn := s.conn.Load()
	if conn == nil || s.ended {
		return
	}
	conn.SetLimits(s.server.connOptions(s.server.options(), s.halfOpen))
	s.armLifetime()
	s.drained.Release() // senders that wait under PolicyBlock check the new limit
}
