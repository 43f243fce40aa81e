package worker

import "sync"

// overlap counts the events of a connection that are in progress beside each other.
type overlap struct {
	mu    sync.Mutex
	count int
	less  chan struct{} // closed when it gets less; made by who waits
}

// maxOverlap bounds them; the next event waits.
const maxOverlap = 256

// enter begins one more, and waits for its turn. It returns false if that never comes.
func (o *overlap) enter(gone <-chan struct{}) bool { return o.wait(maxOverlap, 1, gone) }

// empty waits until none is left.
func (o *overlap) empty(gone <-chan struct{}) { o.wait(1, 0, gone) }

// wait waits until there are less than limit, and adds to them.
func (o *overlap) wait(limit, add int, gone <-chan struct{}) bool {
	for {
		o.mu.Lock()
		if o.count < limit {
			o.count += add
			o.mu.Unlock()
			return true
		}
		if o.less == nil {
			o.less = make(chan struct{})
		}
		less := o.less
		o.mu.Unlock()
		select {
		case <-less:
		case <-gone:
			return false
		}
	}
}

func (o *overlap) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.count--
	if o.less != nil {
		close(o.less)
		o.less = nil
	}
}
