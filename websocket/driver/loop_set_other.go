//go:build !linux

package driver

import (
	"sync"

	"github.com/lingerws/linger/internal/latch"
)

// loopSet has no event loops on this system.
type loopSet struct {
	mu      sync.Mutex // guards what follows
	stopped bool
	done    latch.Latch // released when stopped is set
}

func (s *loopSet) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.done.Release()
}

func (s *loopSet) doneChannel() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return latch.Released
	}
	return s.done.Next()
}
