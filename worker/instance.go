package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

// instance is one engine that runs the application, with its event loop: one
// goroutine owns all that follows tasks.
type instance struct {
	app   *App
	tasks chan *event   // bounded; who submits waits
	gone  chan struct{} // closed when the loop has ended
	halt  chan struct{} // closed by stop

	rt     *engine.Runtime
	realm  *web.Realm
	timers timers
	watch  watchdog

	events    map[int]*event // begun and not done
	lastEvent int
	dead      bool // the engine cannot go on

	extensions extensions
	stopOnce   sync.Once
}

// maxTasks is how many events may wait for the engine before who submits them
// waits too.
const maxTasks = 256

// newInstance makes an engine and loads the application into it.
func newInstance(a *App) (*instance, error) {
	in := &instance{
		app:    a,
		tasks:  make(chan *event, maxTasks),
		gone:   make(chan struct{}),
		halt:   make(chan struct{}),
		events: map[int]*event{},
	}
	var err error
	in.rt, err = engine.New(engine.Options{
		MemoryLimit: a.opts.Memory,
		OnUnhandled: in.unhandled,
		OnHostError: in.hostError,
	})
	if err != nil {
		return nil, err
	}
	in.watch = watchdog{interrupt: in.rt.Interrupt, clear: in.rt.ClearInterrupt}
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
		return err
	}
	if in.realm, err = globals.Install(in.rt, in.webOptions()); err != nil {
		return err
	}
	var module *engine.Promise
	err = in.turn(func() (err error) {
		module, err = in.rt.EvalModule(bundleName, in.app.bundle.code)
		return err
	})
	if err != nil {
		return problemOf(err, in.app.bundle.sources)
	}
	defer module.Release()
	return in.awaitModule(module)
}

// awaitModule lets timers run until the module's top-level awaits are done.
func (in *instance) awaitModule(module *engine.Promise) error {
	deadline := time.Now().Add(in.app.opts.EventTimeout)
	for module.State() == engine.Pending {
		wait, any := in.timers.next()
		if !any || time.Now().Add(wait).After(deadline) {
			return &LoadError{Problems: []Problem{{Text: "a top-level await never ends: nothing is left to wait for, or the time for loading is over"}}}
		}
		<-time.After(wait)
		in.fireTimers()
	}
	if e := module.Err(); e != nil {
		return problemOf(e, in.app.bundle.sources)
	}
	return nil
}

// run is the event loop. It ends when the instance is stopped or its engine is
// of no more use.
func (in *instance) run() {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	for !in.dead {
		in.fireTimers()
		if wait, any := in.timers.next(); any {
			clock.Reset(wait)
		}
		select {
		case e := <-in.tasks:
			in.begin(e)
		case <-clock.C:
		case <-in.halt:
			in.end()
			return
		}
	}
	in.replace()
}

// begin starts an event: a turn that runs its listeners.
func (in *instance) begin(e *event) {
	in.lastEvent++
	e.id = in.lastEvent
	in.events[e.id] = e
	err := in.turn(func() error { return e.start(in, e.id) })
	switch {
	case err != nil:
		in.reportFailure(e, err)
		in.finish(e.id)
	case in.events[e.id] != nil: // its listeners go on after an await
		in.timers.set(-e.id, in.app.opts.EventTimeout, false)
	}
}

// finish ends an event, whoever waits for it goes on. A second call, or one for an
// event that ran out of time, does nothing.
func (in *instance) finish(id int) {
	if e := in.events[id]; e != nil {
		delete(in.events, id)
		in.timers.clear(-id)
		e.finish()
	}
}

// turn runs script code under the watchdog.
func (in *instance) turn(code func() error) error {
	in.watch.start(in.app.opts.EventTimeout)
	defer in.watch.stop()
	err := code()
	in.dead = in.dead || poisoned(err)
	return err
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
		in.app.opts.Logger.Error("event timed out", "event", e.kind, "connection", e.connection(),
			"limit", in.app.opts.EventTimeout.String())
		in.finish(id)
	}
}

// stop ends the loop; the engine is closed by it.
func (in *instance) stop() {
	in.stopOnce.Do(func() { close(in.halt) })
	<-in.gone
}

// end closes the engine and lets go of everybody who waits.
func (in *instance) end() {
	for id := range in.events {
		in.finish(id)
	}
	_ = in.rt.Close()
	in.extensions.clear()
	close(in.gone)
	for {
		select {
		case e := <-in.tasks:
			e.finish()
		default:
			return
		}
	}
}

// replace puts a new engine in the place of one that cannot go on. The events it
// had begun count as failed; those that wait go to the new one.
func (in *instance) replace() {
	a := in.app
	for _, e := range in.events {
		a.opts.Logger.Error("event failed: its worker was replaced", "event", e.kind, "connection", e.connection())
	}
	next := in.reload()
	if next == nil { // stopped meanwhile
		in.end()
		return
	}
	a.engine.Store(next)
	for moved := false; !moved; {
		select {
		case e := <-in.tasks:
			next.tasks <- e // the next loop has not begun, and there is room for as many
		default:
			moved = true
		}
	}
	in.end()
	go next.run()
}

// reload loads the application again until it succeeds, ever more slowly.
func (in *instance) reload() *instance {
	for delay := 100 * time.Millisecond; ; delay = min(2*delay, time.Minute) {
		next, err := newInstance(in.app)
		if err == nil {
			in.app.opts.Logger.Warn("worker replaced")
			return next
		}
		in.app.opts.Logger.Error("worker cannot be replaced", "error", err, "again", delay.String())
		select {
		case <-time.After(delay):
		case <-in.halt:
			return nil
		}
	}
}

// awaitExtensions waits until no work of waitUntil is left, or ctx ends.
func (in *instance) awaitExtensions(ctx context.Context) {
	select {
	case <-in.extensions.idle():
	case <-in.gone:
	case <-ctx.Done():
	}
}

// poisoned tells whether an error is the end of an engine.
func poisoned(err error) bool {
	return errors.Is(err, engine.ErrOutOfMemory) || errors.Is(err, engine.ErrPoisoned)
}
