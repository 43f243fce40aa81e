package worker

import (
	"errors"
	"time"
)

// restart returns an instance to replace one that has failed: at once, or after the restart backoff. It returns nil when
// the worker is stopped.
func (w *worker) restart(why string) *instance {
	if w.isStopping() {
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

// start makes an instance of the current generation. It tries again, with a growing backoff, until it succeeds. The
// instance begins with first. start returns nil when the worker is stopped.
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

// pause is the restart backoff: requests are refused and messages wait. It lasts at least as long as too many instances are
// stuck, since each of those occupies a processor. If it ends early, again is false, and fresh is the instance of a
// newer generation, or nil when the worker is stopped.
func (w *worker) pause(delay time.Duration, why string) (fresh *instance, again bool) {
	if delay > 0 || w.stuck.Load() >= maxStuck {
		w.app.opts.Logger.Error("worker backs off", "worker", w.index, "reason", why, "again", max(delay, retryMin).String())
	}
	for delay > 0 || w.stuck.Load() >= maxStuck {
		delay = max(delay, retryMin)
		w.status.backOff(time.Now().Add(delay), why)
		if fresh, ended := w.waitForBackoff(delay); ended {
			return fresh, false
		}
		delay = 0
	}
	return nil, true
}

// While maxStuck instances of a worker are stuck, no other is started, except for a reload, which may help. With maxGivenUp
// instances that are stuck, or whose memory cannot be freed, a reload is refused too.
const (
	maxStuck   = 2
	maxGivenUp = 4
)

// waitForBackoff blocks for a time. It reports whether it has ended early, and with which instance.
func (w *worker) waitForBackoff(delay time.Duration) (fresh *instance, ended bool) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, false
	case fresh = <-w.fresh:
		return fresh, true
	case <-w.stopping:
		return nil, true
	}
}

// crashes has the times of a worker's last failures, and computes the restart backoff.
type crashes struct {
	times [maxCrashes]time.Time // in order; zero where there was none
	delay time.Duration         // the last backoff
}

// From the third failure within a minute on each failure causes a backoff, twice as long as the last.
const (
	maxCrashes  = 3
	crashWindow = time.Minute
	retryMin    = time.Second
	retryMax    = time.Minute
)

// add adds a failure and returns the backoff before the next attempt: least, if there are fewer than maxCrashes within the
// time.
func (c *crashes) add(now time.Time, least time.Duration) time.Duration {
	copy(c.times[:], c.times[1:])
	c.times[maxCrashes-1] = now
	if c.times[0].IsZero() || now.Sub(c.times[0]) > crashWindow+c.delay { // during the backoff there are no failures
		c.delay = 0
		return least
	}
	c.delay = min(max(2*c.delay, retryMin), retryMax)
	return c.delay
}
