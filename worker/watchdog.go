package worker

import (
	"sync"
	"time"
)

// watchdog interrupts a turn that runs for too long, and, after end, every turn. It
// tells of one that goes on all the same.
type watchdog struct {
	mu       sync.Mutex
	engine   interruptible // the one that runs now
	deadline time.Time     // of the turn that runs; zero between turns
	armed    bool          // fire will be called
	late     bool          // the turn that runs has been interrupted
	timer    *time.Timer
	ended    bool

	stuck     chan struct{} // closed when a turn does not end although it was interrupted
	stuckOnce sync.Once
}

// interruptible is what the watchdog needs of an engine. Both may be called from
// any goroutine, at any time.
type interruptible interface {
	Interrupt()
	ClearInterrupt()
}

func newWatchdog() watchdog { return watchdog{stuck: make(chan struct{})} }

// guard has the watchdog look after an engine.
func (w *watchdog) guard(engine interruptible) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.engine = engine
	if w.ended {
		engine.Interrupt()
	}
}

// start begins a turn. Turns are many and short, so the timer is not moved for each:
// it finds out how late it is when it fires.
func (w *watchdog) start(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = w.ended
	if w.ended {
		limit = stuckAfter
	}
	w.deadline = time.Now().Add(limit)
	if !w.armed || w.ended {
		w.arm(limit)
	}
}

func (w *watchdog) arm(wait time.Duration) {
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, w.fire)
	} else {
		w.timer.Reset(wait)
	}
}

// stop ends a turn.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline, w.late = time.Time{}, false
	if !w.ended {
		w.engine.ClearInterrupt()
	}
}

// fire interrupts the turn that runs if its time is over. One that does not end then
// is stuck in a built-in function, which nobody can interrupt.
func (w *watchdog) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	if w.deadline.IsZero() {
		return
	}
	if left := time.Until(w.deadline); left > 0 {
		w.arm(left)
		return
	}
	if w.late {
		w.stuckOnce.Do(func() { close(w.stuck) })
		return
	}
	w.interrupt()
}

// interrupt interrupts the turn that runs, and gives it a little time to end.
func (w *watchdog) interrupt() {
	w.engine.Interrupt()
	w.late = true
	w.deadline = time.Now().Add(stuckAfter)
	w.arm(stuckAfter)
}

// release ends the watch, when no turn will begin.
func (w *watchdog) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// stuckAfter is how long an interrupted turn may take to end.
const stuckAfter = time.Second

// end interrupts the turn that runs, and keeps all others from running.
func (w *watchdog) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	switch {
	case w.engine == nil:
	case w.deadline.IsZero():
		w.engine.Interrupt()
	default:
		w.interrupt()
	}
}
