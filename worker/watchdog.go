package worker

import (
	"sync"
	"time"
)

// watchdog interrupts a turn that runs for too long.
type watchdog struct {
	interrupt, clear func()

	mu       sync.Mutex
	deadline time.Time // of the turn that runs; zero between turns
	timer    *time.Timer
}

func (w *watchdog) start(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = time.Now().Add(limit)
	if w.timer == nil {
		w.timer = time.AfterFunc(limit, w.fire)
	} else {
		w.timer.Reset(limit)
	}
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = time.Time{}
	w.timer.Stop()
	w.clear()
}

// fire may come late, when its turn is over and another one runs.
func (w *watchdog) fire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.deadline.IsZero() && !time.Now().Before(w.deadline) {
		w.interrupt()
	}
}
