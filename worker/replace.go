package worker

import (
	"errors"
	"time"
)

// replace has another engine take the place of one that failed: at once, or after a
// pause if that happens again and again. It returns nil when the worker is stopped.
func (w *worker) replace(why string) *instance {
	if w.halted() {
		return nil
	}
	w.status.failed()
	w.app.opts.Logger.Warn("worker replaced", "worker", w.index, "reason", why)
	fresh, again := w.pause(w.crashes.add(time.Now(), 0), why)
	if !again {
		return fresh
	}
	return w.start(task{})
}

// start makes an engine of the generation of this moment, and tries until it
// succeeds, ever more slowly. first is what it begins with. It returns nil when the
// worker is stopped.
func (w *worker) start(first task) *instance {
	for {
		in, err := newInstance(w, w.app.generation.Load())
		if errors.Is(err, ErrStopped) {
			return nil
		}
		again := false
		if err != nil {
			w.status.failed()
			w.app.opts.Logger.Error("worker cannot be started", "worker", w.index, "error", err)
			in, again = w.pause(w.crashes.add(time.Now(), retryMin), err.Error())
		}
		if again {
			continue
		}
		if in != nil {
			in.first = first
		}
		return in
	}
}

// pause lets time pass in which requests are refused and messages wait, and no engine
// is made as long as too many are stuck, each of which takes a processor. It ends early
// with the engine of another generation, or with nil when the worker is stopped; again
// tells that it did neither.
func (w *worker) pause(delay time.Duration, why string) (fresh *instance, again bool) {
	if delay > 0 || w.stuck.Load() >= maxStuck {
		w.app.opts.Logger.Error("worker backs off", "worker", w.index, "reason", why, "again", max(delay, retryMin).String())
	}
	for delay > 0 || w.stuck.Load() >= maxStuck {
		delay = max(delay, retryMin)
		w.status.backOff(time.Now().Add(delay), why)
		if fresh, ended := w.rest(delay); ended {
			return fresh, false
		}
		delay = 0
	}
	return nil, true
}

// maxStuck is how many engines of a worker may be stuck before it makes another. A
// reload may help, so for that there may be some more: maxGivenUp is how many may be
// stuck, or have failed inside and left their memory behind, before none is made at all.
const (
	maxStuck   = 2
	maxGivenUp = 4
)

// rest waits. It tells whether it was ended early, with what.
func (w *worker) rest(delay time.Duration) (fresh *instance, ended bool) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, false
	case fresh = <-w.fresh:
		return fresh, true
	case <-w.halt:
		return nil, true
	}
}
