package worker

import (
	"errors"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

// instance is one engine that runs the application. It belongs to the goroutine of
// its worker's loop.
type instance struct {
	worker *worker
	app    *App

	rt     *engine.Runtime
	realm  *web.Realm
	timers timers

	events    map[int]*event // begun and not done
	lastEvent int
	inTurn    bool     // script code runs
	finished  []*event // in the turn that runs
	dead      bool     // the engine cannot go on
}

// newInstance makes an engine and loads the application into it.
func newInstance(w *worker) (*instance, error) {
	in := &instance{worker: w, app: w.app, events: map[int]*event{}}
	var err error
	in.rt, err = engine.New(engine.Options{
		MemoryLimit: in.app.opts.Memory,
		OnUnhandled: in.unhandled,
		OnHostError: in.hostError,
	})
	if err != nil {
		return nil, &LoadError{Problems: []Problem{{Text: err.Error()}}}
	}
	w.watch.guard(in.rt)
	if err := in.load(); err != nil {
		_ = in.rt.Close()
		return nil, err
	}
	return in, nil
}

// load runs the prelude and then the application's module, top-level await
// included.
func (in *instance) load() error {
	globals, err := prelude()
	if err != nil {
		return err
	}
	if err := in.define(); err != nil {
		return in.loadError(err)
	}
	if in.realm, err = globals.Install(in.rt, in.webOptions()); err != nil {
		return in.loadError(err)
	}
	var module *engine.Promise
	err = in.turn(func() (err error) {
		module, err = in.rt.EvalModule(bundleName, in.app.bundle.code)
		return err
	})
	if err != nil {
		return in.loadError(err)
	}
	defer module.Release()
	return in.awaitModule(module)
}

// awaitModule lets timers run until the module's top-level awaits are done.
func (in *instance) awaitModule(module *engine.Promise) error {
	late := time.NewTimer(in.app.opts.EventTimeout)
	defer late.Stop()
	for module.State() == engine.Pending {
		wait, armed := in.timers.next()
		if !armed {
			return problem("a top-level await never ends: nothing is left that it could wait for")
		}
		select {
		case <-time.After(wait):
			in.fireTimers()
		case <-late.C:
			return problem("a top-level await did not end within " + in.app.opts.EventTimeout.String())
		case <-in.worker.halt:
			return problem("the application was stopped while it was loading")
		}
		if in.dead {
			return problem("the script failed in a timer while it was loading")
		}
	}
	if e := module.Err(); e != nil {
		return in.loadError(e)
	}
	return nil
}

// run handles events until the worker is stopped or the engine is of no more use.
func (in *instance) run() {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	for in.fireTimers(); !in.dead; in.fireTimers() {
		if wait, armed := in.timers.next(); armed {
			clock.Reset(wait)
		}
		select {
		case e := <-in.worker.tasks:
			in.begin(e)
		case <-clock.C:
		case <-in.worker.halt:
			return
		}
	}
}

// begin starts an event: a turn that runs its listeners.
func (in *instance) begin(e *event) {
	in.lastEvent++
	id := in.lastEvent
	in.events[id] = e
	err := in.turn(func() error { return e.start(in, id) })
	switch {
	case err != nil:
		in.reportFailure(e, err)
		in.finish(id)
	case in.events[id] != nil: // its listeners go on after an await
		in.timers.set(-id, in.app.opts.EventTimeout, false)
	}
}

// finish ends an event, whoever waits for it goes on: at the end of the turn that
// runs, so that nothing of it is cut off when what goes on is a shutdown. A second
// call, or one for an event that ran out of time, does nothing.
func (in *instance) finish(id int) {
	e := in.events[id]
	if e == nil {
		return
	}
	delete(in.events, id)
	in.timers.clear(-id)
	if in.inTurn {
		in.finished = append(in.finished, e)
	} else {
		close(e.done)
	}
}

// turn runs script code under the watchdog.
func (in *instance) turn(code func() error) error {
	in.inTurn = true
	in.worker.watch.start(in.app.opts.EventTimeout)
	err := code()
	in.worker.watch.stop()
	in.inTurn = false
	for i, e := range in.finished {
		close(e.done)
		in.finished[i] = nil
	}
	in.finished = in.finished[:0]
	in.dead = in.dead || poisoned(err)
	return err
}

// poisoned tells whether an error is the end of an engine.
func poisoned(err error) bool {
	return errors.Is(err, engine.ErrOutOfMemory) || errors.Is(err, engine.ErrPoisoned)
}

// fireTimers runs what is due now: the script's timers, which have positive ids,
// and the deadlines of events, which have negative ones.
func (in *instance) fireTimers() {
	for _, id := range in.timers.due() {
		if id < 0 {
			in.overdue(-id)
			continue
		}
		if err := in.turn(func() error { return in.realm.FireTimer(id) }); err != nil {
			in.reportFailure(nil, err)
		}
		if in.dead {
			return
		}
	}
}

// overdue ends an event whose listeners did not finish in time. The connection's
// next event need not wait for it any longer.
func (in *instance) overdue(id int) {
	if e := in.events[id]; e != nil {
		in.app.opts.Logger.Error("event timed out", append(e.attrs(), "limit", in.app.opts.EventTimeout.String())...)
		in.finish(id)
	}
}

// close ends the engine. Events that it had begun count as failed, and whoever
// waits for them goes on.
func (in *instance) close() {
	for id, e := range in.events {
		if in.dead && !in.worker.halted() {
			in.app.opts.Logger.Error("event failed: its worker was replaced", e.attrs()...)
		}
		in.finish(id)
	}
	_ = in.rt.Close() // the loop is not in a turn
	in.worker.extensions.clear()
}
