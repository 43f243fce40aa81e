package worker

import (
	"sync"

	"github.com/lingerws/linger/internal/latch"
)

// pendingPromises counts the promises of waitUntil of all instances that are not settled.
type pendingPromises struct {
	mu    sync.Mutex
	count int
	none  latch.Latch // released when count becomes 0
}

// add adds n to the count; n may be negative.
func (p *pendingPromises) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count += n; p.count <= 0 {
		p.none.Release()
	}
}

// settled returns a channel that is closed when the count is 0.
func (p *pendingPromises) settled() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count <= 0 {
		return latch.Released
	}
	return p.none.Next()
}
