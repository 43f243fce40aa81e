// Package loop has the parts of an event loop that runs a script: timers, turns that other goroutines queue, and computations
// on other goroutines.
package loop

import "sync"

// Arrivals is the queue of turns that other goroutines add to an event loop. It needs no bound, because each turn is the
// answer to a request of the script, and the number of requests is bounded.
type Arrivals struct {
	Wake chan struct{} // has an element if the queue may not be empty

	mu      sync.Mutex
	waiting []Arrival
	closed  bool // new turns are dropped
}

// Arrival is a turn in the queue. Either Run is called or, if the loop ends first, Drop.
type Arrival struct {
	Run  func() error
	Drop func()
}

// NewArrivals returns an empty queue.
func NewArrivals() Arrivals { return Arrivals{Wake: make(chan struct{}, 1)} }

// Add adds a turn, or drops it if the queue is closed. It does not block.
func (a *Arrivals) Add(turn Arrival) {
	a.mu.Lock()
	closed := a.closed
	if !closed {
		a.waiting = append(a.waiting, turn)
		select {
		case a.Wake <- struct{}{}:
		default: // there is an element already
		}
	}
	a.mu.Unlock()
	if closed {
		turn.Drop()
	}
}

// Next removes the first turn and returns it, nil if there is none.
func (a *Arrivals) Next() func() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return nil
	}
	first := a.waiting[0]
	a.waiting[0] = Arrival{}
	a.waiting = a.waiting[1:]
	return first.Run
}

// Close drops the turns in the queue, and those that are added later.
func (a *Arrivals) Close() {
	a.mu.Lock()
	rest := a.waiting
	a.closed, a.waiting = true, nil
	a.mu.Unlock()
	for _, turn := range rest {
		turn.Drop()
	}
}
