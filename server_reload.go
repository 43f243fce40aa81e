package linger

import (
	"context"
	"sync/atomic"
)

// Reload replaces the handler; every connection stays open. Events that are in progress complete with the old handler, and
// later ones go to the new one, in order and each of them once. Reload blocks until the old handler has no event in progress,
// and returns nil, or until ctx ends, and returns ctx's error; the new handler is in place in either case. A handler that calls
// Reload must pass a ctx that ends, because Reload waits for that handler's event too.
func (s *Server) Reload(ctx context.Context, h Handler) error {
	old := s.version.Swap(newHandlerVersion(h))
	old.endCall() // of newHandlerVersion
	select {
	case <-old.done:
		return nil
	default: // ctx may have ended already
	}
	select {
	case <-old.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handlerVersion is a handler, and the number of its calls that are in progress.
type handlerVersion struct {
	handler Handler
	calls   atomic.Int64  // one more until another handler has replaced this one
	done    chan struct{} // closed when calls is 0
}

func newHandlerVersion(h Handler) *handlerVersion {
	v := &handlerVersion{handler: h, done: make(chan struct{})}
	v.calls.Store(1)
	return v
}

// beginCall counts a call of the current handler.
func (s *Server) beginCall() *handlerVersion {
	for {
		v := s.version.Load()
		if n := v.calls.Load(); n > 0 && v.calls.CompareAndSwap(n, n+1) {
			return v
		}
	}
}

// endCall ends a call that beginCall has counted.
func (v *handlerVersion) endCall() {
	if v.calls.Add(-1) == 0 {
		close(v.done)
	}
}
