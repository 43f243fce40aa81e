//go:build !linux

package driver

import (
	"net"
	"sync"

	"github.com/lingerws/linger/internal/latch"
	"github.com/lingerws/linger/protocol"
)

// newEpollTransport returns false, because only Linux has epoll.
func newEpollTransport(net.Conn, *Options) (notifyingTransport, bool) { return nil, false }

func newDescriptorTransport(int, *Options) (notifyingTransport, bool) { return nil, false }

// deliverBatched returns false, because only Linux has io_uring.
func deliverBatched(*protocol.Prepared, []Delivery) bool { return false }

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

// ringError returns nil, because no loop is there to be without a ring.
func (s *loopSet) ringError() error { return nil }

func (s *loopSet) doneChannel() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return latch.Released
	}
	return s.done.Next()
}
