package worker

import (
	"sync"
	"time"
)

// watchdog interrupts a turn that runs for too long, and, after end, every turn. It
// reports a turn that goes on all the same.
type watchdog struct {
	slowAfter time.Duration // from then on a turn is slow; 0 for never

	mu      sync.Mutex
	engine  interruptible // the one that runs now
	began   time.Time     // when the turn that runs did
	running bool          // a turn runs
	left    time.Duration // of the turn's time
	looked  time.Time     // when left was counted
	armed   bool          // fire will be called
	slow    bool          // the turn that runs is
	late    bool          // the turn that runs has been interrupted
	spared  bool          // it has more time, as it frees what it had
	timer   *time.Timer
	ended   bool

	stuck     chan struct{} // closed when a turn does not end although it was interrupted
	stuckOnce sync.Once
}

// interruptible is what the watchdog needs of an engine. All methods may be called from
// any goroutine, at any time.
type interruptible interface {
	Interrupt()
	ClearInterrupt()
	Noticed() bool
	Poke()
	Locate()
}

const (
	// tick is how often an engine is poked in the middle of a turn. Nothing that has to
	// end a script waits for longer than that and the step that the script is at.
	tick = 10 * time.Millisecond

	// most is how much of a turn's time passes between two looks at it, however long that
	// was: while the machine has no time for the watchdog, it has none for the script.
	most = 2 * tick

	// stuckAfter is how long an interrupted turn may take to notice it.
	stuckAfter = 2 * time.Second

	// freeing is how long a turn that has noticed it may take to free what it had.
	freeing = 10 * time.Second
)

// newWatchdog makes a watchdog to which turns are slow after so long, never if it is not
// positive.
func newWatchdog(slowAfter time.Duration) watchdog {
	return watchdog{slowAfter: slowAfter, stuck: make(chan struct{})}
}

// age returns how long the turn has been running.
func (w *watchdog) age() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.began)
}

// runsSlowly reports whether the turn that runs is slow.
func (w *watchdog) runsSlowly() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slow && !w.late && w.running
}

// guard has the watchdog look after an engine.
func (w *watchdog) guard(engine interruptible) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.engine = engine
	if w.ended {
		engine.Interrupt()
	}
}

// start begins a turn. Turns are many and short, so the timer is not moved for each: it
// fires at every tick for as long as there are turns, and looks at the one that runs.
func (w *watchdog) start(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late, w.slow, w.spared = w.ended, false, false
	if w.ended {
		limit = stuckAfter
	}
	w.began = time.Now()
	w.running, w.left, w.looked = true, limit, w.began
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

// stop ends a turn, and returns when it began and whether it was slow.
func (w *watchdog) stop() (began time.Time, slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running, w.late = false, false
	if !w.ended {
		w.engine.ClearInterrupt()
	}
	return w.began, w.slow
}

// fire looks at the turn that runs, if there is one.
func (w *watchdog) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	if !w.running {
		return
	}
	now := time.Now()
	w.left -= min(now.Sub(w.looked), most)
	w.looked = now
	if w.left <= 0 {
		w.overdue()
	}
	w.look()
	w.arm(min(w.left, tick))
}

// look has the engine look up if the turn has run for a tick, and say where it is once
// the turn is slow.
func (w *watchdog) look() {
	switch took := time.Since(w.began); {
	case took < tick:
	case w.slowAfter > 0 && took >= w.slowAfter && !w.slow && !w.late:
		w.slow = true
		w.engine.Locate()
	default:
		w.engine.Poke()
	}
}

// overdue interrupts the turn that runs. One that does not end then is stuck in a built-in
// function, which cannot be interrupted.
func (w *watchdog) overdue() {
	switch {
	case !w.late:
		w.interrupt()
	case !w.spared && w.engine.Noticed():
		w.spared, w.left = true, freeing
	default:
		w.stuckOnce.Do(func() { close(w.stuck) })
		w.left = time.Hour // it may still come back
	}
}

// interrupt interrupts the turn that runs, and gives it a little time to end.
func (w *watchdog) interrupt() {
	w.engine.Interrupt()
	w.late, w.left = true, stuckAfter
}

// release ends the watch, when no turn will begin.
func (w *watchdog) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// end interrupts the turn that runs, and keeps all others from running.
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
