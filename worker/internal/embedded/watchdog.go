package embedded

import (
	"sync"
	"time"
)

// watchdog interrupts a turn that takes too long and, after stop, every turn. It closes stuck
// if an interrupted turn does not end.
//
// The timer and stop call the engine from other goroutines than that of the turn. They hold mu, which beginTurn and endTurn
// lock too, so an interrupt never reaches the next turn by mistake; and they call only the methods of interruptible.
type watchdog struct {
	slowAfter time.Duration // a turn that takes longer is slow; 0 for never

	mu          sync.Mutex
	engine      interruptible // nil until setEngine
	began       time.Time     // the beginning of the turn
	running     bool          // a turn runs
	remaining   time.Duration // the time until the turn is interrupted or, once it was, until it counts as stuck
	checked     time.Time     // the time of the last update of remaining
	armed       bool          // the timer is set
	slow        bool          // the turn is slow
	interrupted bool          // the turn was interrupted
	extended    bool          // the turn was given freeTime
	timer       *time.Timer
	stopped     bool // stop was called

	stuck     chan struct{} // closed when a turn does not end although it was interrupted
	stuckOnce sync.Once
}

// interruptible has the methods of an engine that the watchdog calls. They are safe for concurrent use with a turn and with
// the end of the engine.
type interruptible interface {
	Interrupt()
	ClearInterrupt()
	Noticed() bool
	Poke()
	Locate()
}

const (
	// tick is the interval at which a running turn is poked, so that it checks for an interrupt at
	// its next step.
	tick = 10 * time.Millisecond

	// maxCount bounds the time that is counted between two checks of a turn: on a machine that is too
	// busy to run the watchdog, the script does not run either.
	maxCount = 2 * tick

	// stuckAfter is the time after which an interrupted turn that has not noticed the interrupt is stuck.
	stuckAfter = 2 * time.Second

	// freeTime is the time that a turn has to free its memory when it has noticed the interrupt.
	freeTime = 10 * time.Second
)

// newWatchdog returns a watchdog that reports turns as slow after slowAfter; never if it is not positive.
func newWatchdog(slowAfter time.Duration) watchdog {
	return watchdog{slowAfter: slowAfter, stuck: make(chan struct{})}
}

// slowTurn reports whether the turn that runs is slow and was not interrupted, and returns its age.
func (w *watchdog) slowTurn() (age time.Duration, slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.began), w.slow && !w.interrupted && w.running
}

// setEngine sets the engine, and interrupts it if stop was called before.
func (w *watchdog) setEngine(engine interruptible) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.engine = engine
	if w.stopped {
		engine.Interrupt()
	}
}

// beginTurn starts to watch a turn, which may take limit. Since turns are many and short, the timer is not reset for each: as
// long as there are turns it fires at every tick, and checks the one that runs.
func (w *watchdog) beginTurn(began time.Time, limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupted, w.slow, w.extended = w.stopped, false, false
	if w.stopped {
		limit = stuckAfter
	}
	w.began = began
	w.running, w.remaining, w.checked = true, limit, began
	if !w.armed || w.stopped {
		w.arm(min(limit, tick))
	}
}

// arm sets the timer.
func (w *watchdog) arm(wait time.Duration) {
	w.armed = true
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, w.check)
	} else {
		w.timer.Reset(wait)
	}
}

// endTurn stops watching the turn, and reports whether it was slow.
func (w *watchdog) endTurn() (slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.interrupted = false, false
	if !w.stopped {
		w.engine.ClearInterrupt()
	}
	return w.slow
}

// check checks the turn that runs, if there is one. The timer calls it.
func (w *watchdog) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	if !w.running {
		return
	}
	now := time.Now()
	w.remaining -= min(now.Sub(w.checked), maxCount)
	w.checked = now
	if w.remaining <= 0 {
		w.overdue()
	}
	w.pokeTurn()
	w.arm(min(w.remaining, tick))
}

// pokeTurn makes the engine check for an interrupt if the turn has run for a tick, and report its position when it becomes
// slow.
func (w *watchdog) pokeTurn() {
	switch took := time.Since(w.began); {
	case took < tick:
	case w.slowAfter > 0 && took >= w.slowAfter && !w.slow && !w.interrupted:
		w.slow = true
		w.engine.Locate()
	default:
		w.engine.Poke()
	}
}

// overdue interrupts the turn. If it was interrupted before, it is stuck in a built-in function, which cannot be interrupted.
func (w *watchdog) overdue() {
	switch {
	case !w.interrupted:
		w.interrupt()
	case !w.extended && w.engine.Noticed():
		w.extended, w.remaining = true, freeTime
	default:
		w.stuckOnce.Do(func() { close(w.stuck) })
		w.remaining = time.Hour // the turn may still end
	}
}

// interrupt interrupts the turn, which then has stuckAfter to notice the interrupt.
func (w *watchdog) interrupt() {
	w.engine.Interrupt()
	w.interrupted, w.remaining = true, stuckAfter
}

// stopTimer stops the timer. No turn may begin after it.
func (w *watchdog) stopTimer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// stop interrupts the turn that runs, and every later one. Any goroutine may call it.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	switch {
	case w.engine == nil:
	case !w.running:
		w.engine.Interrupt()
	default:
		w.interrupt()
		w.arm(tick)
	}
}
