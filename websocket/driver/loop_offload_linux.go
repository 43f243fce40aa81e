package driver

import (
	"sync/atomic"
	"time"
)

// offloadPolicy decides where handlers are called: inline, which means by the event loop
// and spares a goroutine for each batch of input, or on goroutines of their own. They are
// offloaded for a number of batches when many calls are slow. Then inline calls are tried
// again; if these are slow too, the number doubles.
type offloadPolicy struct {
	score     atomic.Int32 // rises with each slow call, falls with each quick one
	remaining atomic.Int32 // batches to be offloaded before the next inline call
	backoff   atomic.Int32 // batches that were offloaded last
}

const (
	// slowCall is a hundred times what a goroutine costs.
	slowCall = 100 * time.Microsecond

	// A slow call weighs as much as four quick ones, and the score of four slow calls is
	// the limit: a garbage collection or the scheduler of the system makes single calls slow.
	slowWeight = 4
	slowLimit  = 4 * slowWeight

	minOffload = 32
	maxOffload = 1 << 14
)

// callInline reports whether the event loop may call the next handler itself.
func (p *offloadPolicy) callInline() bool {
	return p.remaining.Load() <= 0 || p.remaining.Add(-1) < 0
}

// record takes the duration of an inline call into account.
func (p *offloadPolicy) record(took time.Duration) {
	switch {
	case took > slowCall:
		p.recordSlow()
	case p.score.Load() > 0:
		p.score.Add(-1)
	case p.backoff.Load() > 0:
		p.backoff.Store(p.backoff.Load() / 2)
	}
}

// recordSlow takes a slow inline call into account.
func (p *offloadPolicy) recordSlow() {
	if p.score.Add(slowWeight) < slowLimit {
		return
	}
	p.score.Store(slowLimit - slowWeight) // at the next attempt one slow call reaches the limit
	batches := min(maxOffload, max(minOffload, 2*p.backoff.Load()))
	p.backoff.Store(batches)
	p.remaining.Store(batches)
}
