// Package lazycontext makes contexts that cost little unless something waits for their end.
package lazycontext

import (
	"context"
	"sync"
	"time"
)

// Context ends when its parent ends, when Cancel is called, or at its deadline. It behaves like a context of
// [context.WithDeadlineCause], but has a timer and a place in its parent only when it is needed: when a method has to return
// a channel, a context is derived from it, or it has ended.
type Context struct {
	parent   context.Context
	deadline time.Time // zero if there is none
	cause    error     // at the deadline

	mu       sync.Mutex
	canceled bool
	needed   context.Context // nil until it is needed
	cancel   context.CancelFunc
}

// Set gives a new context its parent. It is called once, before all other methods.
func (c *Context) Set(parent context.Context) { c.parent = parent }

// SetDeadline is Set for a context that ends after a time, with a cause.
func (c *Context) SetDeadline(parent context.Context, deadline time.Time, cause error) {
	c.parent, c.deadline, c.cause = parent, deadline, cause
}

// Cancel ends the context. It has no effect if a method has already returned that the context has ended.
func (c *Context) Cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.canceled = true
	if c.cancel != nil {
		c.cancel()
	}
}

// Deadline implements [context.Context].
func (c *Context) Deadline() (deadline time.Time, ok bool) {
	deadline, ok = c.parent.Deadline()
	if !c.deadline.IsZero() && (!ok || c.deadline.Before(deadline)) {
		return c.deadline, true
	}
	return deadline, ok
}

// Done implements [context.Context].
func (c *Context) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.need().Done()
}

// Err implements [context.Context].
func (c *Context) Err() error { return c.current().Err() }

// Value implements [context.Context]. Package context asks it for the cause too.
func (c *Context) Value(key any) any { return c.current().Value(key) }

// current returns the parent as long as it has the same values, error and cause.
func (c *Context) current() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.needed == nil && !c.canceled && (c.deadline.IsZero() || time.Now().Before(c.deadline)) {
		return c.parent
	}
	return c.need()
}

// need returns the context that c behaves like. mu is held.
func (c *Context) need() context.Context {
	switch {
	case c.needed != nil:
	case c.canceled, c.deadline.IsZero():
		c.needed, c.cancel = context.WithCancel(c.parent)
	default:
		c.needed, c.cancel = context.WithDeadlineCause(c.parent, c.deadline, c.cause)
	}
	if c.canceled {
		c.cancel()
	}
	return c.needed
}
