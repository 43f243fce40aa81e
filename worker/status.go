package worker

import (
	"sync"
	"time"

	"github.com/lingerws/linger/internal/latch"
)

// Status tells how a worker is.
type Status struct {
	// State is "running", "asleep", or "backing off": refusing requests for a while,
	// after its engines have failed again and again.
	State string

	// Reason tells why a worker is not asleep that could be, or why it backs off.
	Reason string

	// Generation is the version of the application that it runs, from 1.
	Generation int

	// Connections is how many belong to it.
	Connections int

	// Since the application was loaded: the events handled, failures of engines, how
	// often it fell asleep, and messages of BroadcastChannel that other workers
	// posted and it could not take.
	Events, Failures, Sleeps, DroppedPosts uint64
}

// status is what a worker tells of itself.
type status struct {
	mu       sync.Mutex
	now      Status
	until    time.Time   // the end of the pause
	refusing latch.Latch // released when the worker backs off
}

// The states.
const (
	running    = "running"
	asleep     = "asleep"
	backingOff = "backing off"
)

// change lets f write the status down.
func (s *status) change(f func(now *Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.now)
}

func (s *status) running(generation int) {
	s.change(func(now *Status) { now.State, now.Reason, now.Generation = running, "", generation })
}

func (s *status) asleep() {
	s.change(func(now *Status) {
		now.State, now.Reason = asleep, ""
		now.Sleeps++
	})
}

func (s *status) backOff(until time.Time, why string) {
	s.change(func(now *Status) {
		now.State, now.Reason = backingOff, why
		s.until = until
		s.refusing.Release()
	})
}

// awake notes why the worker does not sleep.
func (s *status) awake(why string) {
	s.change(func(now *Status) { now.Reason = why })
}

// failed counts a failure.
func (s *status) failed() { s.change(func(now *Status) { now.Failures++ }) }

// refusal returns a channel that is closed as soon as the worker takes no requests.
func (s *status) refusal() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State == backingOff {
		return latch.Released
	}
	return s.refusing.Next()
}

// pause returns how long the worker will refuse requests, 0 if it takes them.
func (s *status) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State != backingOff {
		return 0
	}
	return max(time.Until(s.until), time.Millisecond)
}

// report returns how the worker is at this moment.
func (w *worker) report() (now Status) {
	w.status.change(func(current *Status) { now = *current })
	now.Connections = int(w.connections.Load())
	now.Events = w.handled.Load()
	now.DroppedPosts = w.dropped.Load()
	return now
}
