package embedded

import (
	"sync"
	"time"
)

// watchdog interrupts a turn that takes too long and, after end, every turn. It closes stuck
// if an interrupted turn does not end.
type watchdog struct {
	slowAfter time.Duration // a turn that takes longer is slow; 0 for never

	mu      sync.Mutex
	engine  interruptible
	began   time.Time     // the time at which the turn began
	running bool          // a turn runs
	left    time.Duration // until the turn is interrupted or, if it was, until it is stuck
	checked time.Time     // when left was last reduced
	armed   bool          // the timer runs
	slow    bool          // the turn is slow
	late    bool          // the turn was interrupted
	spared  bool          // the turn has got more time to free its memory
	timer   *time.Timer
	ended   bool // end was called

	stuck     chan struct{} // closed when a turn does not end although it was interrupted
	stuckOnce sync.Once
}

// interruptible has the methods of an engine that the watchdog needs. Any goroutine may call
// them at any time.
type interruptible interface {
	Interrupt()
	ClearInterrupt()
	Noticed() bool
	Poke()
	Locate()
}

const (
	// tick is the time after which a running turn is poked: it then checks for an interrupt at its
	// next step.
	tick = 10 * time.Millisecond

	// maxCount is the most time that is counted between two checks of a turn. On a machine that is
	// too busy to run the watchdog, the script does not run either.
	maxCount = 2 * tick

	// stuckAfter is the time in which an interrupted turn has to notice the interrupt.
	stuckAfter = 2 * time.Second

	// freeTime is the time in which a turn that has noticed the interrupt has to free its memory.
	freeTime = 10 * time.Second
)

// newWatchdog returns a watchdog for which turns are slow after a time, or never if the time is not
// positive.
func newWatchdog(slowAfter time.Duration) watchdog {
	return watchdog{slowAfter: slowAfter, stuck: make(chan struct{})}
}

// slowTurn reports whether a turn is running that is slow and was not interrupted, and its age.
func (w *watchdog) slowTurn() (age time.Duration, slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.began), w.slow && !w.late && w.running
}

// guard sets the engine.
func (w *watchdog) guard(engine interruptible) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.engine = engine
	if w.ended {
		engine.Interrupt()
	}
}

// start begins a turn. Since turns are many and short, the timer is not reset for each: as long as there are
// turns it fires at every tick, and checks the one that runs.
func (w *watchdog) start(began time.Time, limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late, w.slow, w.spared = w.ended, false, false
	if w.ended {
		limit = stuckAfter
	}
	w.began = began
	w.running, w.left, w.checked = true, limit, began
	if !w.armed || w.ended {
		w.arm(min(limit, tick))
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

// stop ends a turn, and reports whether it was slow.
func (w *watchdog) stop() (slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.late = false, false
	if !w.ended {
		w.engine.ClearInterrupt()
	}
	return w.slow
}

// fire checks the turn that runs, if there is one.
func (w *watchdog) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	if !w.running {
		return
	}
	now := time.Now()
	w.left -= min(now.Sub(w.checked), maxCount)
	w.checked = now
	if w.left <= 0 {
		w.overdue()
	}
	w.poke()
	w.arm(min(w.left, tick))
}

// poke makes the engine check for an interrupt if the turn has run for a tick, and, when the turn becomes slow,
// report where it is.
func (w *watchdog) poke() {
	switch took := time.Since(w.began); {
	case took < tick:
	case w.slowAfter > 0 && took >= w.slowAfter && !w.slow && !w.late:
		w.slow = true
		w.engine.Locate()
	default:
		w.engine.Poke()
	}
}

// overdue interrupts the turn. If that has happened before, the turn is stuck in a built-in
// function, which cannot be interrupted.
func (w *watchdog) overdue() {
	switch {
	case !w.late:
		w.interrupt()
	case !w.spared && w.engine.Noticed():
		w.spared, w.left = true, freeTime
	default:
		w.stuckOnce.Do(func() { close(w.stuck) })
		w.left = time.Hour // it may still come back
	}
}

// interrupt interrupts the turn, which then has stuckAfter to notice it.
func (w *watchdog) interrupt() {
	w.engine.Interrupt()
	w.late, w.left = true, stuckAfter
}

// release stops the timer, when no turn will begin any more.
func (w *watchdog) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// end interrupts the turn that runs, and every later one. Any goroutine may call it.
func (w *watchdog) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	switch {
	case w.engine == nil:
	case !w.running:
		w.engine.Interrupt()
	default:
		w.interrupt()
		w.arm(tick)
	}
}
