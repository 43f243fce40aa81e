package websocket

import (
	"os"
	"sync"
	"time"
)

// deadline is a moment that can be moved, as those of a net.Conn. Calls that wait
// when it passes fail, and so do later ones until it is moved again.
type deadline struct {
	mu    sync.Mutex
	limit *limit      // of the calls that begin now
	timer *time.Timer // ends limit, or nil
	at    time.Time   // when; zero if never
	moves int         // how often it was moved
	over  bool        // for good
}

// limit is a context that ends with a deadline. One that is moved before it has
// passed stays the same, so that calls that wait already wait for the new moment.
type limit struct {
	done chan struct{}
	err  error // set before done is closed
}

func newDeadline() *deadline { return &deadline{limit: newLimit()} }

func newLimit() *limit { return &limit{done: make(chan struct{})} }

// current returns the context for a call that begins now.
func (d *deadline) current() *limit {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.limit
}

// set moves the deadline; the zero time means none. It tells whether that was
// possible.
func (d *deadline) set(t time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return false
	}
	d.move(t)
	return true
}

// inherit sets the deadline unless it has been set.
func (d *deadline) inherit(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moves == 0 {
		d.move(t)
	}
}

// move sets the deadline. mu is held.
func (d *deadline) move(t time.Time) {
	d.renew()
	if d.at = t; t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.limit.end(os.ErrDeadlineExceeded)
		return
	}
	move := d.moves
	d.timer = time.AfterFunc(wait, func() { d.pass(move) })
}

// pass ends the limit, unless the deadline has been moved since its timer fired.
func (d *deadline) pass(move int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moves == move {
		d.limit.end(os.ErrDeadlineExceeded)
	}
}

// end makes all calls fail with err from now on. It returns the moment that was set.
func (d *deadline) end(err error) (at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.over {
		return d.at
	}
	d.renew()
	d.over = true
	d.limit.end(err)
	return d.at
}

// renew forgets the moment that was set. mu is held.
func (d *deadline) renew() {
	d.moves++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.limit.Err() != nil {
		d.limit = newLimit()
	}
}

func (l *limit) end(err error) {
	l.err = err
	close(l.done)
}

// Deadline, Done, Err and Value make a context of it.
func (l *limit) Deadline() (time.Time, bool) { return time.Time{}, false }

func (l *limit) Done() <-chan struct{} { return l.done }

func (l *limit) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return nil
	}
}

func (l *limit) Value(any) any { return nil }
