package worker

import "sync"

// arrivals are what other goroutines bring an event loop, each as a turn of its own.
// How many there can be is bounded by what they are answers to, not here: whoever adds
// one holds a place among the outgoing fetches and sockets until its turn is over.
type arrivals struct {
	wake chan struct{} // has one when there may be some

	mu    sync.Mutex
	turns []func() error
	over  bool // nobody takes any more
}

func newArrivals() arrivals { return arrivals{wake: make(chan struct{}, 1)} }

// add brings a turn, and does not wait for it. It returns false if there will be none:
// the engine has ended.
func (a *arrivals) add(turn func() error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return false
	}
	a.turns = append(a.turns, turn)
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
	if len(a.turns) == 0 {
		return nil
	}
	turn := a.turns[0]
	a.turns[0] = nil
	a.turns = a.turns[1:]
	return turn
}

// end refuses what comes from now on, and drops what waits.
func (a *arrivals) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over, a.turns = true, nil
}

// receive runs what has arrived.
func (in *instance) receive() {
	for next := in.arrivals.take(); next != nil && !in.dead; next = in.arrivals.take() {
		if err := in.turn(next); err != nil {
			in.reportFailure(nil, err)
		}
	}
	in.stir()
}
