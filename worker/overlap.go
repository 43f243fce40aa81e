package worker

import "sync"

// overlap counts the events of a connection that are in progress beside each other.
type overlap struct {
	mu    sync.Mutex
	count int

	// The one step of the connection that waits: it is called when fewer than limit events are in progress, and adds to them.
	next       func()
	limit, add int
}

// maxOverlap bounds them; the next event waits.
const maxOverlap = 256

// enter calls begin, which begins one more, when there is room for it.
func (o *overlap) enter(begin func()) { o.when(maxOverlap, 1, begin) }

// empty calls then when none is left.
func (o *overlap) empty(then func()) { o.when(1, 0, then) }

// when calls next when fewer than limit are in progress, and adds to them. It is not called again before next has been.
func (o *overlap) when(limit, add int, next func()) {
	o.mu.Lock()
	room := o.count < limit
	if room {
		o.count += add
	} else {
		o.next, o.limit, o.add = next, limit, add
	}
	o.mu.Unlock()
	if room {
		next()
	}
}

// leave ends one.
func (o *overlap) leave() {
	o.mu.Lock()
	o.count--
	var next func()
	if o.next != nil && o.count < o.limit {
		next, o.next = o.next, nil
		o.count += o.add
	}
	o.mu.Unlock()
	if next != nil {
		next()
	}
}
