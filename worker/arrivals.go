package worker

import "sync"

// arrivals is the queue of turns that other goroutines add to an event loop. It has no bound of its own: each turn is the
// answer to a request of the script, and the number of those is bounded.
type arrivals struct {
	wake chan struct{} // has an element when there may be turns

	mu      sync.Mutex
	waiting []arrival
	ended   bool // turns are dropped
}

// arrival is a turn. Either run is called, or, if the instance ends before, drop.
type arrival struct {
	run  func() error
	drop func()
}

func newArrivals() arrivals { return arrivals{wake: make(chan struct{}, 1)} }

// add adds a turn and returns at once.
func (a *arrivals) add(one arrival) {
	if !a.put(one) {
		one.drop()
	}
}

func (a *arrivals) put(one arrival) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return false
	}
	a.waiting = append(a.waiting, one)
	select {
	case a.wake <- struct{}{}:
	default: // the loop is awake
	}
	return true
}

// take returns the next turn, nil if there is none.
func (a *arrivals) take() func() error {
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

// end drops the turns that wait, and those that are added later.
func (a *arrivals) end() {
	a.mu.Lock()
	rest := a.waiting
	a.ended, a.waiting = true, nil
	a.mu.Unlock()
	for _, one := range rest {
		one.drop()
	}
}
