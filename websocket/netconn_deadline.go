package websocket

import (
	"os"
	"sync"
	"time"
)

// deadline is the read or write deadline of a net.Conn. When it passes, blocked calls
// fail, and later calls fail until it is moved.
type deadline struct {
	mu      sync.Mutex
	current *deadlineContext // of calls that begin now
	timer   *time.Timer      // expires current; nil if there is no deadline, or it has passed
	at      time.Time        // zero if there is no deadline
	moves   int              // how often the deadline has been moved
	closed  bool             // the deadline cannot be moved any more
}

// deadlineContext is a context that ends when a deadline passes. If the deadline is moved
// before it has passed the context stays the same, so that the new deadline applies to
// blocked calls too.
type deadlineContext struct {
	done chan struct{}
	err  error // set before done is closed
}

func newDeadline() *deadline { return &deadline{current: newDeadlineContext()} }

func newDeadlineContext() *deadlineContext { return &deadlineContext{done: make(chan struct{})} }

// context returns the context for a call that begins now.
func (d *deadline) context() *deadlineContext {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.current
}

// set moves the deadline; the zero time means none. It reports whether the deadline could
// be moved.
func (d *deadline) set(t time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.move(t)
	return true
}

// setInitial sets the deadline unless it has been set before.
func (d *deadline) setInitial(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moves == 0 {
		d.move(t)
	}
}

// move sets the deadline. The caller holds mu.
func (d *deadline) move(t time.Time) {
	d.reset()
	if d.at = t; t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.current.expire(os.ErrDeadlineExceeded)
		return
	}
	move := d.moves
	d.timer = time.AfterFunc(wait, func() { d.expire(move) })
}

// expire ends the current context, unless the deadline has been moved since.
func (d *deadline) expire(move int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.moves == move {
		d.current.expire(os.ErrDeadlineExceeded)
	}
}

// close makes all calls fail with err from now on. It returns the deadline that was set.
func (d *deadline) close(err error) (at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return d.at
	}
	d.reset()
	d.closed = true
	d.current.expire(err)
	return d.at
}

// reset removes the deadline. The caller holds mu.
func (d *deadline) reset() {
	d.moves++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.current.Err() != nil {
		d.current = newDeadlineContext()
	}
}

func (c *deadlineContext) expire(err error) {
	c.err = err
	close(c.done)
}

// Deadline implements [context.Context], as Done, Err and Value do.
func (c *deadlineContext) Deadline() (time.Time, bool) { return time.Time{}, false }

func (c *deadlineContext) Done() <-chan struct{} { return c.done }

func (c *deadlineContext) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

func (c *deadlineContext) Value(any) any { return nil }
