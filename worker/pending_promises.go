package worker

import (
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/internal/latch"
)

// pendingPromises counts the promises of waitUntil of all instances that are not settled, and their events in progress.
type pendingPromises struct {
	events atomic.Int64 // the events that have begun and not ended

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

// any reports whether there is an event or a promise.
func (p *pendingPromises) any() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count > 0 || p.events.Load() > 0
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
