package worker

import "sync"

// queue holds events until an instance takes them. Each connection has at most one event in it, and each request one while
// its goroutine waits, so the number of events is bounded by the number of connections and requests.
type queue struct {
	wake chan struct{} // has an element when there may be events

	mu      sync.Mutex
	waiting []*event
	first   int // index of the first event in waiting
	closed  bool
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

// put adds an event. If the queue is closed the event ends at once, and put returns false.
func (q *queue) put(e *event) bool {
	q.mu.Lock()
	closed := q.closed
	if !closed {
		q.waiting = append(q.waiting, e)
		q.rouse()
	}
	q.mu.Unlock()
	if closed {
		e.end()
	}
	return !closed
}

// take removes the first event and returns it, nil if there is none. If there are more it sends to wake again.
func (q *queue) take() *event {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first == len(q.waiting) {
		return nil
	}
	e := q.waiting[q.first]
	q.waiting[q.first] = nil
	if q.first++; q.first < len(q.waiting) {
		q.rouse()
		return e
	}
	q.first = 0
	if q.waiting = q.waiting[:0]; cap(q.waiting) > maxSpare {
		q.waiting = nil
	}
	return e
}

// maxSpare bounds the capacity of an empty queue.
const maxSpare = 1 << 10

func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default: // there is an element already
	}
}

// close ends the events that are left, and those that are added later.
func (q *queue) close() {
	q.mu.Lock()
	rest := q.waiting[q.first:]
	q.waiting, q.first, q.closed = nil, 0, true
	q.mu.Unlock()
	for _, e := range rest {
		e.end()
	}
}
