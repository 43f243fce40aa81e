package driver

import (
	"sync/atomic"
	"time"
)

// pace tells whether handlers are quick enough to be called by the loops themselves,
// which spares a goroutine for each batch of input. When many are not, the next ones
// are called beside the loop, and then it is tried again: ever more rarely, as long as
// they stay slow.
var pace pacer

type pacer struct {
	score   atomic.Int32 // up with each slow one, down with each quick one
	aside   atomic.Int32 // how many are called beside the loop before the next try
	penalty atomic.Int32 // how many that were last time
}

const (
	// quickEnough is a hundred times what a goroutine costs.
	quickEnough = 100 * time.Microsecond

	// One slow call weighs as much as four quick ones, and four of them are many: a
	// garbage collection, or the scheduler of the machine, makes one slow now and then.
	slowWeight  = 4
	tooManySlow = 4 * slowWeight

	leastPenalty = 32
	mostPenalty  = 1 << 14
)

// quick tells whether the next one may be called by the loop.
func (p *pacer) quick() bool {
	return p.aside.Load() <= 0 || p.aside.Add(-1) < 0
}

// note takes how long one was at work.
func (p *pacer) note(took time.Duration) {
	switch {
	case took > quickEnough:
		p.slow()
	case p.score.Load() > 0:
		p.score.Add(-1)
	case p.penalty.Load() > 0:
		p.penalty.Store(p.penalty.Load() / 2)
	}
}

// slow notes that one was too long at work.
func (p *pacer) slow() {
	if p.score.Add(slowWeight) < tooManySlow {
		return
	}
	p.score.Store(tooManySlow - slowWeight) // one more, at the next try, is enough
	penalty := min(mostPenalty, max(leastPenalty, 2*p.penalty.Load()))
	p.penalty.Store(penalty)
	p.aside.Store(penalty)
}
