package worker

import "sync"

// arrivals is the queue of turns that other goroutines add to an event loop. It needs no bound, because each turn is the
// answer to a request of the script, and the number of requests is bounded.
type arrivals struct {
	wake chan struct{} // has an element if the queue may not be empty

	mu      sync.Mutex
	waiting []arrival
	closed  bool // new turns are dropped
}

// arrival is a turn in the queue. Either run is called or, if the instance ends first, drop.
type arrival struct {
	run  func() error
	drop func()
}

func newArrivals() arrivals { return arrivals{wake: make(chan struct{}, 1)} }

// add adds a turn, or drops it if the queue is closed. It does not block.
func (a *arrivals) add(turn arrival) {
	a.mu.Lock()
	closed := a.closed
	if !closed {
		a.waiting = append(a.waiting, turn)
		select {
		case a.wake <- struct{}{}:
		default: // there is an element already
		}
	}
	a.mu.Unlock()
	if closed {
		turn.drop()
	}
}

// next removes the first turn and returns it, nil if there is none.
func (a *arrivals) next() func() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) == 0 {
		return nil
	}
	first := a.waiting[0]
	a.waiting[0] = arrival{}
	a.waiting = a.waiting[1:]
	return first.run
}

// close drops the turns in the queue, and those that are added later.
func (a *arrivals) close() {
	a.mu.Lock()
	rest := a.waiting
	a.closed, a.waiting = true, nil
	a.mu.Unlock()
	for _, turn := range rest {
		turn.drop()
	}
}
