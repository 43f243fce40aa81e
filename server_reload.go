package linger

import (
	"context"
	"sync/atomic"
)

// Reload gives the server another handler, while every connection stays. Events
// that have begun finish with the handler they began with; all that come later go to
// the new one, in order, none twice. It returns when the old handler is done, or
// with ctx's error when ctx ends before; the new one is in place in either case. A
// handler that calls it waits for itself: until ctx ends, for ever if it never does.
func (s *Server) Reload(ctx context.Context, h Handler) error {
	old := s.generation.Swap(newGeneration(h))
	old.leave() // the one that newGeneration has counted
	select {
	case <-old.over:
		return nil
	default: // ctx may have ended already
	}
	select {
	case <-old.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// generation is a version of the application: a handler, and how many calls of it
// have not returned.
type generation struct {
	handler Handler
	calls   atomic.Int64  // and one more until another takes its place
	over    chan struct{} // closed when another has taken its place and no call is left
}

func newGeneration(h Handler) *generation {
	g := &generation{handler: h, over: make(chan struct{})}
	g.calls.Store(1)
	return g
}

// enter begins a call of the handler of this moment.
func (s *Server) enter() *generation {
	for {
		g := s.generation.Load()
		if n := g.calls.Load(); n > 0 && g.calls.CompareAndSwap(n, n+1) {
			return g
		}
	}
}

// leave ends a call.
func (g *generation) leave() {
	if g.calls.Add(-1) == 0 {
		close(g.over)
	}
}
