package worker

import (
	"sync"
	"time"
)

// watchdog interrupts a turn that runs for too long, and, after end, every turn.
type watchdog struct {
	mu       sync.Mutex
	engine   interruptible // the one that runs now
	deadline time.Time     // of the turn that runs; zero between turns
	armed    bool          // fire will be called
	timer    *time.Timer
	ended    bool
}

// interruptible is what the watchdog needs of an engine. Both may be called from
// any goroutine, at any time.
type interruptible interface {
	Interrupt()
	ClearInterrupt()
}

// guard has the watchdog look after another engine.
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
	w.deadline = time.Now().Add(limit)
	if !w.armed {
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
	w.deadline = time.Time{}
	if !w.ended {
		w.engine.ClearInterrupt()
	}
}

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
	w.engine.Interrupt()
}

// end interrupts the turn that runs, and keeps all others from running.
func (w *watchdog) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.engine != nil {
		w.engine.Interrupt()
	}
}
