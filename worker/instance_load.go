package worker

import (
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// apart runs a part of loading on a goroutine of its own, so that it can be abandoned if it gets stuck.
func (in *instance) apart(part func() error) error {
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
				<-done //nolint:errcheck // the error was replaced by that for a stuck script
				in.end()
			}()
			return in.loadError(problem("the script is stuck in a built-in function while it is loading"))
		case <-stopping:
			stopping = nil
			in.stop()
		}
	}
}

// discard ends an instance whose loop does not run, unless it was abandoned.
func (in *instance) discard() {
	if !in.events.isAbandoned() {
		in.end()
	}
}

// load runs the application's module, including its top-level awaits.
func (in *instance) load() error {
	if err := in.turn(in.runtime.Load); err != nil {
		return in.loadError(err)
	}
	in.postponeSleep()
	var failure error
	err := in.await("a top-level await", func() bool {
		loaded := false
		_ = in.turn(func() (err error) {
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

// activate dispatches the install and activate events, each when the work of waitUntil of the one before is complete.
func (in *instance) activate() error {
	return in.apart(func() error {
		in.activating = true
		defer func() { in.activating = false }()
		for _, kind := range []string{"install", "activate"} {
			e := newEvent(kind, nil)
			e.input = &script.Lifecycle{Kind: kind}
			in.begin(e)
			if err := in.await("the "+kind+" event", func() bool { return in.reason(false) == "" }); err != nil {
				in.problems = append(in.problems, err)
			}
			if len(in.problems) > 0 {
				return in.loadError(in.problems...)
			}
		}
		return in.findListeners()
	})
}

// findListeners stores in the generation which events its code listens to.
func (in *instance) findListeners() error {
	return in.turn(func() (err error) {
		in.generation.listens, err = in.runtime.Listening()
		in.generation.drains = in.generation.listensTo("websocketdrain")
		return err
	})
}

// await handles timers, arrivals and events of WebSocket objects until happened reports true. It returns an error if that
// takes longer than EventTimeout or nothing is left that could cause it.
func (in *instance) await(what string, happened func() bool) error {
	late := time.NewTimer(in.app.opts.EventTimeout)
	defer late.Stop()
	for !happened() {
		wait, armed := in.timers.next()
		if !armed && in.host.reason() == "" && in.sockets.reason() == "" {
			return problem(what + " never ends: nothing is left that it could wait for")
		}
		var due <-chan time.Time
		if armed {
			due = time.After(wait)
		}
		select {
		case <-due:
			in.fireTimers()
		case <-in.arrivals.wake:
			in.receive()
		case <-in.sockets.events.wake:
			in.drain(in.sockets.events.take)
		case <-late.C:
			return problem(what + " did not end within " + in.app.opts.EventTimeout.String())
		case <-in.stopping:
			return ErrStopped
		}
		if in.dead {
			return problem("the script failed in a timer while it was loading: " + in.failure)
		}
	}
	return nil
}

// deferred holds the actions of the install and activate events on connections, in order. They take effect when the
// version is in use: before that an answer would go to the last version, and the new one may still be refused.
type deferred struct {
	actions []func()
	bytes   int
}

const (
	maxDeferred = 16 << 20 // bytes
	actionSize  = 128      // bytes of an action without its payload
)

// act calls do, which acts on connections: now, or, while the version is being activated, when it is in use. size is the
// length of the payload in bytes.
func (in *instance) act(size int, do func()) error {
	if !in.activating {
		do()
		return nil
	}
	d := &in.deferred
	if d.bytes += size + actionSize; d.bytes > maxDeferred {
		return &script.Throw{Name: "RangeError", Message: "install and activate send at most 16 MiB, which waits until the version is in use: send the rest with the first event of each connection"}
	}
	d.actions = append(d.actions, do)
	return nil
}

// activates reports whether the install and activate events are in progress.
func (in *instance) activates() bool { return in.activating }

// enact performs the deferred actions, before the first event.
func (in *instance) enact() {
	for _, do := range in.deferred.actions {
		do()
	}
	in.deferred = deferred{}
}
