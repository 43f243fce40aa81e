package worker

import (
	"time"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/script"
)

// runLoadStep runs a step of loading on another goroutine and blocks until it has returned. If it gets stuck, the instance is
// abandoned.
func (in *instance) runLoadStep(part func() error) error {
	done := make(chan error, 1)
	go func() { done <- part() }()
	stopping := in.worker.stopping
	for {
		select {
		case err := <-done:
			return err
		case <-in.runtime.Stuck():
			in.worker.abandon(in)
			go func() {
				<-done //nolint:errcheck // a *LoadError was returned instead
				in.end()
			}()
			return in.loadError(problem("the script is stuck in a built-in function while it is loading"))
		case <-stopping:
			stopping = nil
			in.stop()
		}
	}
}

// discard ends an instance whose loop has not been started, unless it was abandoned.
func (in *instance) discard() {
	if !in.events.isAbandoned() {
		in.end()
	}
}

// startTimeout bounds the start of a child process, which takes longer on a machine that is busy. The time of the application begins after it.
const startTimeout = 30 * time.Second

// load runs the application's module until its top-level awaits are complete.
func (in *instance) load() error {
	if err := in.runTurn(in.runtime.Load); err != nil {
		return in.loadError(err)
	}
	in.postponeSleep()
	if err := in.awaitLoading("the start of the process", startTimeout, in.runtime.Started); err != nil {
		return err
	}
	var failure error
	err := in.awaitLoading("a top-level await", in.generation.opts.EventTimeout, func() bool {
		loaded := false
		_ = in.runTurn(func() (err error) {
			loaded, err = in.runtime.Loaded()
			failure = err
			return err
		})
		return loaded
	})
	switch {
	case err != nil:
		return err
	case failure != nil:
		return in.loadError(failure)
	}
	return nil
}

// activate dispatches the install and the activate event. Each is complete when its promises of waitUntil are settled.
func (in *instance) activate() error {
	return in.runLoadStep(func() error {
		in.activating = true
		defer func() { in.activating = false }()
		for _, kind := range []string{"install", "activate"} {
			e := newEvent(kind, nil)
			e.input = &script.Lifecycle{Kind: kind}
			in.beginEvent(e)
			if err := in.awaitLoading("the "+kind+" event", in.generation.opts.EventTimeout, func() bool { return in.inProgress(false) == "" }); err != nil {
				in.problems = append(in.problems, err)
			}
			if len(in.problems) > 0 {
				return in.loadError(in.problems...)
			}
		}
		return in.findListeners()
	})
}

// findListeners stores in the generation the events that the script listens to.
func (in *instance) findListeners() error {
	err := in.runTurn(func() (err error) {
		in.generation.listenedEvents, err = in.runtime.Listening()
		return err
	})
	if err != nil {
		return in.loadError(err)
	}
	return nil
}

// awaitLoading handles timers, arrivals and events of WebSocket objects until happened returns true. It returns an error if that
// takes longer than limit, or if nothing is pending that could cause it. A script in another process may wait for what is
// not known here, such as a thread or a socket.
func (in *instance) awaitLoading(what string, limit time.Duration, happened func() bool) error {
	late, extended := time.NewTimer(limit), false
	defer late.Stop()
	for !happened() {
		if extended && in.runtime.Handled(0) {
			return problem(what + " did not end within " + limit.String())
		}
		in.runtime.Flush()
		due := in.nextTimer()
		if due == nil && in.waitsForNothing() {
			return problem(what + " never ends: no timer, fetch or WebSocket is pending that it could wait for")
		}
		select {
		case <-due:
			in.fireTimers(time.Now())
		case <-in.arrivals.Wake:
			in.runArrivals()
		case <-in.sockets.events.wake:
			in.handleEvents(in.sockets.events.next)
		case <-late.C:
			if extended || in.runtime.Process() == 0 {
				return problem(what + " did not end within " + limit.String())
			}
			extended = true // the application may compute: then the runtime reports soon where it does
			in.checkProgress()
			late.Reset(in.generation.opts.EventTimeout + ownEnding + time.Second)
		case <-in.stopping:
			return ErrStopped
		}
		if in.unusable {
			return in.unusableWhileLoading()
		}
	}
	return nil
}

// checkProgress sends an event to which the application answers unless it computes.
func (in *instance) checkProgress() {
	_ = in.dispatch(0, script.Check{}) // fails if the runtime is not usable any more, which a turn reports
	in.runtime.Flush()
}

// nextTimer returns a channel that receives when the next timer expires, nil if there is none.
func (in *instance) nextTimer() <-chan time.Time {
	wait, armed := in.untilNextTimer()
	if !armed {
		return nil
	}
	return time.After(wait)
}

// unusableWhileLoading returns the error for a runtime that has failed while an application was loading.
func (in *instance) unusableWhileLoading() error {
	if in.runtime.Process() != 0 {
		return in.loadError(in.fatal)
	}
	return problem("the script failed in a timer while it was loading: " + in.failure)
}

// waitsForNothing reports whether nothing is in progress for which an application in Linger's own engine could wait. Of other runtimes that is
// not known.
func (in *instance) waitsForNothing() bool {
	if in.host.inProgress() != "" || in.sockets.inProgress() != "" {
		return false
	}
	busy, known := in.runtime.Busy()
	return known && busy == "" && in.app.opts.Runtime.target() == bundle.Embedded
}

// deferred has the actions of the install and activate events on connections, in order. They are performed when the version is
// in use: before that, answers would reach the last version, and the new one may still be refused.
type deferred struct {
	actions []func()
	bytes   int
}

const (
	maxDeferred = 16 << 20 // the limit of the actions in bytes
	actionSize  = 128      // the approximate size of an action in bytes, without its payload
)

// whenInUse calls do, which acts on connections. While the version is being activated, the call is deferred until it is in use.
// size is the length of the payload in bytes. The error is a *[script.Throw] if too much is deferred.
func (in *instance) whenInUse(size int, do func()) error {
	if !in.activating {
		do()
		return nil
	}
	d := &in.deferred
	if d.bytes += size + actionSize; d.bytes > maxDeferred {
		return &script.Throw{Name: "RangeError", Message: "install and activate can send at most 16 MiB, which waits until the version is in use: send the rest with the first event of each connection"}
	}
	d.actions = append(d.actions, do)
	return nil
}

// isActivating reports whether the install and activate events are in progress.
func (in *instance) isActivating() bool { return in.activating }

// performDeferred performs the deferred actions. The loop calls it before the first event.
func (in *instance) performDeferred() {
	for _, do := range in.deferred.actions {
		do()
	}
	in.deferred = deferred{}
}
