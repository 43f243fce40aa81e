package worker

import (
	"sync"
	"time"

	"github.com/lingerws/linger/internal/latch"
)

// Status is the status of a worker.
type Status struct {
	// State is "running", "asleep", or "backing off": the worker refuses requests for a
	// time because its engines have failed repeatedly.
	State string

	// Reason is what keeps a worker from sleeping, or why it backs off; otherwise "".
	Reason string

	// Generation is the number of the version that the worker runs, counted from 1.
	Generation int

	// Process is the id of the child process in which the worker runs. It is 0 for the engine in this process, and while
	// the worker is asleep or backs off.
	Process int

	// Connections is the number of the worker's connections.
	Connections int

	// Objects is the number of Durable Objects that the worker has in memory.
	Objects int

	// Queued is the number of events that wait for the worker, and Waited how long the first of them has waited; that is 0
	// without Trace.Handled.
	Queued int
	Waited time.Duration

	// Events, Failures, Sleeps and DroppedPosts count, since the application was loaded, the
	// events handled, the failures of engines, how often the worker fell asleep, and the
	// BroadcastChannel messages of other workers that were dropped because the queue was full.
	Events, Failures, Sleeps, DroppedPosts uint64

	// Wakes counts how often the worker has constructed a Durable Object.
	Wakes uint64
}

// status is the current status of a worker.
type status struct {
	mu         sync.Mutex
	current    Status
	backoffEnd time.Time   // the end of the restart backoff
	refusing   latch.Latch // released when the worker begins to back off
}

// The values of Status.State.
const (
	stateRunning    = "running"
	stateAsleep     = "asleep"
	stateBackingOff = "backing off"
)

// change calls f to change the status.
func (s *status) change(f func(now *Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.current)
}

// setRunning sets the state to running, with the number of the generation and the id of the child process.
func (s *status) setRunning(generation, process int) {
	s.change(func(now *Status) {
		now.State, now.Reason, now.Generation, now.Process = stateRunning, "", generation, process
	})
}

// setAsleep sets the state to asleep and counts the sleep.
func (s *status) setAsleep() {
	s.change(func(now *Status) {
		now.State, now.Reason, now.Process = stateAsleep, "", 0
		now.Sleeps++
	})
}

// setBackingOff sets the state to backing off, until a time and for a reason.
func (s *status) setBackingOff(until time.Time, why string) {
	s.change(func(now *Status) {
		now.State, now.Reason, now.Process = stateBackingOff, why, 0
		s.backoffEnd = until
		s.refusing.Release()
	})
}

// setAwakeReason sets what keeps the worker from sleeping.
func (s *status) setAwakeReason(why string) {
	s.change(func(now *Status) { now.Reason = why })
}

// countFailure counts a failure of an engine.
func (s *status) countFailure() { s.change(func(now *Status) { now.Failures++ }) }

// refusal returns a channel that is closed when the worker backs off.
func (s *status) refusal() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.State == stateBackingOff {
		return latch.Released
	}
	return s.refusing.Next()
}

// retryAfter returns the time for which the worker will go on refusing requests, 0 if it accepts them.
func (s *status) retryAfter() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.State != stateBackingOff {
		return 0
	}
	return max(time.Until(s.backoffEnd), time.Millisecond)
}

// currentStatus returns the status of the worker with its counters.
func (w *worker) currentStatus() (now Status) {
	w.status.change(func(current *Status) { now = *current })
	now.Queued, now.Waited = w.tasks.state()
	now.Connections = int(w.connections.Load())
	now.Events = w.handledCount.Load()
	now.DroppedPosts = w.droppedCount.Load()
	now.Objects, now.Wakes = int(w.objects.Load()), w.wakeCount.Load()
	return now
}

// StorageStatus is the status of what an application stores: Durable Objects and KV namespaces.
type StorageStatus struct {
	Databases int   // the number of databases that are open
	Queued    int64 // the bytes of transactions that wait for the disk

	// Commits and Syncs count, since the application was loaded, the transactions that were made durable, and the syncs of
	// the log that it took.
	Commits, Syncs uint64
}

// Storage returns the status of the storage, zero if the application stores nothing, or while another process has the data directory.
func (a *App) Storage() StorageStatus {
	if !a.stores {
		return StorageStatus{}
	}
	data, err := a.data.acquire(false)
	if err != nil {
		return StorageStatus{}
	}
	defer a.data.release()
	now := data.store.Status()
	return StorageStatus{Databases: now.Open, Queued: now.Queued, Commits: now.Commits, Syncs: now.Syncs}
}
