package worker

import (
	"sync"
	"time"

	"github.com/lingerws/linger/internal/latch"
)

// Status is the status of a worker.
type Status struct {
	// State is "running", "asleep", or "backing off": refusing requests for a while,
	// after its engines have failed again and again.
	State string

	// Reason is why a worker does not sleep although it could, or why it backs off.
	Reason string

	// Generation is the number of the application's version that it runs, counted from 1.
	Generation int

	// Connections is the number of its connections.
	Connections int

	// These count since the application was loaded: events handled, failures of engines,
	// times of falling asleep, and messages of BroadcastChannel from other workers that
	// were dropped because the queue was full.
	Events, Failures, Sleeps, DroppedPosts uint64
}

// status is the current status of a worker.
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

// change calls f to change the status.
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

// awake sets the reason why the worker does not sleep.
func (s *status) awake(why string) {
	s.change(func(now *Status) { now.Reason = why })
}

// failed counts a failure.
func (s *status) failed() { s.change(func(now *Status) { now.Failures++ }) }

// refusal returns a channel that is closed when the worker refuses requests.
func (s *status) refusal() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State == backingOff {
		return latch.Released
	}
	return s.refusing.Next()
}

// pause returns the time for which the worker will refuse requests, 0 if it accepts them.
func (s *status) pause() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now.State != backingOff {
		return 0
	}
	return max(time.Until(s.until), time.Millisecond)
}

// report returns the status of the worker.
func (w *worker) report() (now Status) {
	w.status.change(func(current *Status) { now = *current })
	now.Connections = int(w.connections.Load())
	now.Events = w.handled.Load()
	now.DroppedPosts = w.dropped.Load()
	return now
}
