package websocket

import (
	"sync/atomic"
	"time"
)

// pace tells whether handlers are quick enough to be called by the loops themselves,
// which spares a goroutine for each batch of input. After one that was not the next ones
// are called beside the loop, and then it is tried again: ever more rarely, as long as
// they stay slow.
var pace pacer

type pacer struct {
	aside   atomic.Int32 // how many are called beside the loop before the next try
	penalty atomic.Int32 // how many that were last time
}

const (
	quickEnough  = 100 * time.Microsecond // a hundred times what a goroutine costs
	leastPenalty = 32
	mostPenalty  = 1 << 14
)

// quick tells whether the next one may be called by the loop.
func (p *pacer) quick() bool {
	return p.aside.Load() <= 0 || p.aside.Add(-1) < 0
}

// note takes how long one was at work.
func (p *pacer) note(took time.Duration) {
	if took > quickEnough {
		p.slow()
	} else if p.penalty.Load() > 0 {
		p.penalty.Store(p.penalty.Load() / 2)
	}
}

// slow notes that one was too long at work.
func (p *pacer) slow() {
	penalty := min(mostPenalty, max(leastPenalty, 2*p.penalty.Load()))
	p.penalty.Store(penalty)
	p.aside.Store(penalty)
}
