//go:build !linux

package driver

import (
	"net"
	"sync"

	"github.com/lingerws/linger/internal/latch"
)

// newEpollTransport returns false, because only Linux has epoll.
func newEpollTransport(net.Conn, *Options) (notifyingTransport, bool) { return nil, false }

func newDescriptorTransport(int, *Options) (notifyingTransport, bool) { return nil, false }

// heldByKernel returns 0: this system does not report it, so only writes count as progress.
func heldByKernel(net.Conn) int { return 0 }

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
