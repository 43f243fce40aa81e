package worker

import (
	"sync"

	"github.com/lingerws/linger/internal/latch"
)

// extensions counts the promises that waitUntil waits for.
type extensions struct {
	mu    sync.Mutex
	count int
	none  latch.Latch // released at 0
}

func (x *extensions) add(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.count += n; x.count <= 0 {
		x.none.Release()
	}
}

// idle returns a channel that is closed when the count is 0.
func (x *extensions) idle() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.count <= 0 {
		return latch.Released
	}
	return x.none.Next()
}
