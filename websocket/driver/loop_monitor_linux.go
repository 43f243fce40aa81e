package driver

import (
	"sync/atomic"
	"time"
)

// monitor replaces the owners of event loops whose handlers block. It looks at the phase of
// each loop at every tick, as long as any of them has something to do.
type monitor struct {
	asleep atomic.Bool
	wake   chan struct{} // holds a token when a loop has work again
	quit   chan struct{} // closed when all loops have ended
}

const (
	// monitorTick is the time between two looks. A handler that blocks delays the other
	// connections of its loop by two ticks at most.
	monitorTick = time.Millisecond

	// idleTicks is the number of ticks without work after which the monitor sleeps.
	idleTicks = 3
)

// start monitors the loops on a goroutine, which calls ended at its end.
func (m *monitor) start(loops []*eventLoop, ended func()) {
	m.wake, m.quit = make(chan struct{}, 1), make(chan struct{})
	go m.run(loops, ended)
}

// wakeUp makes the monitor look at the loops if it sleeps.
func (m *monitor) wakeUp() {
	if m.asleep.Load() && m.asleep.CompareAndSwap(true, false) {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

func (m *monitor) run(loops []*eventLoop, ended func()) {
	defer ended()
	seen := make([]uint64, len(loops))
	for idle := 0; ; idle++ {
		if idle == idleTicks {
			m.asleep.Store(true) // before the last look, so that no work is missed
		}
		if idle > idleTicks {
			select {
			case <-m.wake:
			case <-m.quit:
				return
			}
			idle = 0
		}
		time.Sleep(monitorTick)
		if replaceLate(loops, seen) {
			m.wakeUp()
			idle = 0
		}
	}
}

// replaceLate replaces the owners that handle the same connection as at the last look. It
// reports whether any loop has changed its phase since; seen has the phases of the last look.
func replaceLate(loops []*eventLoop, seen []uint64) (changed bool) {
	for i, l := range loops {
		phase := l.phase.Load()
		if phase%2 == 1 && phase == seen[i] {
			l.replaceOwner(phase)
		}
		changed = changed || phase != seen[i]
		seen[i] = phase
	}
	return changed
}

// replaceOwner replaces the owner that is in this phase, unless the phase is over. The
// replacement gets the events that the owner has not handled. What its handler has sent so
// far leaves.
func (l *eventLoop) replaceOwner(phase uint64) {
	old := l.owner.Load()
	if !l.phase.CompareAndSwap(phase, phase+1) {
		return
	}
	next := newLoopOwner(l)
	next.events, next.reported, next.next = old.events, old.reported, old.next
	next.again = old.again
	go next.run()
	l.set.offload.recordSlow()
	old.handling.cutBatch()
}
