package worker

import (
	"slices"
	"sync"
	"time"
)

// queue holds events until an instance begins them. It needs no bound: each connection has at most one event in it, and each
// request one while its goroutine waits.
type queue struct {
	wake chan struct{}        // has an element if the queue may not be empty
	now  func() time.Duration // App.traceTime, for the times of events; nil if they do not have any

	mu      sync.Mutex
	waiting []*event
	first   int // the index in waiting of the first event
	closed  bool
}

func newQueue(now func() time.Duration) queue { return queue{wake: make(chan struct{}, 1), now: now} }

// add adds an event. If the queue is closed, the event ends at once and add returns false.
func (q *queue) add(e *event) bool {
	q.mu.Lock()
	closed := q.closed
	if q.now != nil && e.times.arrived == 0 {
		e.times.arrived = q.now()
	}
	if !closed {
		q.waiting = append(q.waiting, e)
		q.signal()
	}
	q.mu.Unlock()
	if closed {
		e.end()
	}
	return !closed
}

// putBack adds events that an instance has taken and not begun, before all others. If the queue is closed, they end at once.
func (q *queue) putBack(events []*event) {
	if len(events) == 0 {
		return
	}
	q.mu.Lock()
	closed := q.closed
	if !closed {
		q.waiting, q.first = append(slices.Clone(events), q.waiting[q.first:]...), 0
		q.signal()
	}
	q.mu.Unlock()
	if closed {
		for _, e := range events {
			e.end()
		}
	}
}

// next removes the first event and returns it, nil if there is none. If there are more it signals again.
func (q *queue) next() *event {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first == len(q.waiting) {
		return nil
	}
	e := q.waiting[q.first]
	q.waiting[q.first] = nil
	if q.first++; q.first < len(q.waiting) {
		q.signal()
		return e
	}
	q.first = 0
	if q.waiting = q.waiting[:0]; cap(q.waiting) > maxSpare {
		q.waiting = nil
	}
	return e
}

// state returns the number of events in the queue, and how long the first one has waited; 0 if that is not known.
func (q *queue) state() (n int, waited time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = len(q.waiting) - q.first
	if n == 0 || q.now == nil {
		return n, 0
	}
	if arrived := q.waiting[q.first].times.arrived; arrived > 0 {
		waited = q.now() - arrived
	}
	return n, waited
}

// wakeAgain signals again if the queue is not empty: the caller has received the signal, but takes no event.
func (q *queue) wakeAgain() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first < len(q.waiting) {
		q.signal()
	}
}

// maxSpare bounds the capacity that an empty queue keeps.
const maxSpare = 1 << 10

// signal puts an element into wake. It does not block.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // there is an element already
	}
}

// close ends the events in the queue, and those that are added later.
func (q *queue) close() {
	q.mu.Lock()
	rest := q.waiting[q.first:]
	q.waiting, q.first, q.closed = nil, 0, true
	q.mu.Unlock()
	for _, e := range rest {
		e.end()
	}
}
