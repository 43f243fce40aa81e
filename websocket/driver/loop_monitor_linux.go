package driver

import (
	"sync/atomic"
	"time"
)

// overseeTick is how often the overseer looks at the loops while they are at work. A
// handler that blocks holds others up for no more than two of them.
const overseeTick = time.Millisecond

var overseer struct {
	asleep atomic.Bool
	wake   chan struct{}
}

func init() { overseer.wake = make(chan struct{}, 1) }

func wakeOverseer() {
	if overseer.asleep.Load() && overseer.asleep.CompareAndSwap(true, false) {
		select {
		case overseer.wake <- struct{}{}:
		default:
		}
	}
}

// oversee takes a loop away from a runner whose driver does not come back, and gives it
// to a new one. It sleeps while all loops do.
func oversee(all []*loop) {
	seen := make([]uint64, len(all))
	for quiet := 0; ; quiet++ {
		if quiet == quietTicks {
			overseer.asleep.Store(true)
		}
		if quiet > quietTicks {
			<-overseer.wake
			quiet = 0
		}
		time.Sleep(overseeTick)
		if look(all, seen) {
			wakeOverseer()
			quiet = 0
		}
	}
}

// quietTicks are how many ticks without any work the overseer stays awake.
const quietTicks = 3

// look hands over the loops that have not moved on since the last look, and tells
// whether any has.
func look(all []*loop, seen []uint64) (moved bool) {
	for i, l := range all {
		phase := l.phase.Load()
		if phase%2 == 1 && phase == seen[i] {
			l.handOver(phase)
		}
		moved = moved || phase != seen[i]
		seen[i] = phase
	}
	return moved
}

// handOver replaces the runner that is stuck at this phase, if it still is. What that
// one was given and has not begun goes to the next.
func (l *loop) handOver(phase uint64) {
	old := l.runner.Load()
	if !l.phase.CompareAndSwap(phase, phase+1) {
		return
	}
	next := newRunner(l)
	next.events, next.ready, next.next = old.events, old.ready, old.next
	next.again = old.again
	go next.run()
	pace.slow()
	old.driver.cutBatch()
}
