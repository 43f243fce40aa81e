package worker

import "sync"

// arrivals are what other goroutines bring an event loop. How many there can be is
// bounded by what they are answers to, not here: whoever brings one holds a place among
// the outgoing fetches and sockets until it is over.
type arrivals struct {
	wake chan struct{} // has one when there may be some

	mu      sync.Mutex
	waiting []arrival
	over    bool // nobody takes any more
}

// arrival is a turn of its own. Either it is run, or, when the engine has ended before,
// dropped.
type arrival struct {
	run  func() error
	drop func()
}

func newArrivals() arrivals { return arrivals{wake: make(chan struct{}, 1)} }

// add brings something, and does not wait for its turn.
func (a *arrivals) add(one arrival) {
	if !a.put(one) {
		one.drop()
	}
}

func (a *arrivals) put(one arrival) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return false
	}
	a.waiting = append(a.waiting, one)
	select {
	case a.wake <- struct{}{}:
	default: // it knows already
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

// end drops what waits, and what comes from now on.
func (a *arrivals) end() {
	a.mu.Lock()
	rest := a.waiting
	a.over, a.waiting = true, nil
	a.mu.Unlock()
	for _, one := range rest {
		one.drop()
	}
}

// receive runs what has arrived.
func (in *instance) receive() {
	for !in.dead {
		next := in.arrivals.take()
		if next == nil {
			break
		}
		if err := in.turn(next); err != nil {
			in.reportFailure(nil, err)
		}
	}
	in.stir()
}
