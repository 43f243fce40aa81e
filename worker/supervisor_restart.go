package worker

import (
	"errors"
	"time"
)

// restart returns an instance that replaces one that has failed, after the restart backoff if one is due. reason is the identifier
// of why. It returns nil if the worker is stopped.
func (w *worker) restart(reason, why string) *instance {
	if w.isStopping() {
		return nil
	}
	w.status.countFailure()
	w.app.opts.Logger.Warn("worker replaced", "worker", w.index, "reason", why)
	w.traceReplaced(reason, why)
	fresh, again := w.backOff(w.failures.add(time.Now(), 0), why)
	if !again {
		return fresh
	}
	return w.start(task{})
}

// start makes an instance of the current generation, which begins with the task first. It tries again, with a growing backoff,
// until it succeeds. It returns nil if the worker is stopped.
func (w *worker) start(first task) *instance {
	for {
		in, err := newInstance(w, w.app.generation.Load())
		if errors.Is(err, ErrStopped) {
			return nil
		}
		again := false
		if err != nil {
			w.status.countFailure()
			w.app.opts.Logger.Error("worker cannot be started", "worker", w.index, "error", err)
			w.traceReplaced(reasonLoad, err.Error())
			in, again = w.backOff(w.failures.add(time.Now(), retryMin), err.Error())
		}
		if again {
			continue
		}
		if in != nil {
			in.firstTask = first
		}
		return in
	}
}

// backOff blocks for the restart backoff, in which requests are refused and messages wait. It lasts at least as long as maxStuck
// instances are stuck, because each of those occupies a processor. again is false if it ends early: then fresh is the instance of
// a newer generation, or nil if the worker is stopped.
func (w *worker) backOff(delay time.Duration, why string) (fresh *instance, again bool) {
	if delay > 0 || w.stuck.Load() >= maxStuck {
		w.app.opts.Logger.Error("worker backs off", "worker", w.index, "reason", why, "again", max(delay, retryMin).String())
	}
	for delay > 0 || w.stuck.Load() >= maxStuck {
		delay = max(delay, retryMin)
		w.status.setBackingOff(time.Now().Add(delay), why)
		if fresh, ended := w.waitForBackoff(delay); ended {
			return fresh, false
		}
		delay = 0
	}
	return nil, true
}

// While maxStuck instances of a worker are stuck, another one is started only by a reload, which may help. While maxAbandoned
// instances are stuck or their memory cannot be freed, a reload is refused too.
const (
	maxStuck     = 2
	maxAbandoned = 4
)

// waitForBackoff blocks for delay. It reports whether it has ended early, because of an instance of a newer generation or, if
// fresh is nil, because the worker is stopped.
func (w *worker) waitForBackoff(delay time.Duration) (fresh *instance, ended bool) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, false
	case fresh = <-w.replacements:
		return fresh, true
	case <-w.stopping:
		return nil, true
	}
}

// failureTimes has the times of a worker's last failures, and computes the restart backoff.
type failureTimes struct {
	times   [failuresBeforeBackoff]time.Time // the times of the last failures, in order; zero for none
	backoff time.Duration                    // the last backoff
}

// The third failure within a minute, and each further one, causes a backoff, which is twice as long as the last one.
const (
	failuresBeforeBackoff = 3
	failureWindow         = time.Minute
	retryMin              = time.Second
	retryMax              = time.Minute
)

// add adds a failure and returns the backoff before the next attempt: minimum if there were fewer than failuresBeforeBackoff
// failures within failureWindow.
func (c *failureTimes) add(now time.Time, minimum time.Duration) time.Duration {
	copy(c.times[:], c.times[1:])
	c.times[failuresBeforeBackoff-1] = now
	if c.times[0].IsZero() || now.Sub(c.times[0]) > failureWindow+c.backoff { // no failure can happen during a backoff
		c.backoff = 0
		return minimum
	}
	c.backoff = min(max(2*c.backoff, retryMin), retryMax)
	return c.backoff
}
