package worker

import (
	"time"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/engine"
)

// newInstance makes an engine and loads a generation into it. The error is a
// *[LoadError] or [ErrStopped]; then nothing is left of the engine, unless it is stuck.
func newInstance(w *worker, g *generation) (*instance, error) {
	if w.stuck.Load()+w.lost.Load() >= maxGivenUp {
		return nil, problem("too many engines are stuck in built-in functions, or have failed inside, to load another: restart the process")
	}
	in := &instance{
		worker: w, app: w.app, generation: g,
		watch:    newWatchdog(w.app.opts.SlowEvent),
		events:   map[int]*event{},
		channels: map[string]bool{},
		arrivals: newArrivals(),
		outgoing: newOutgoing(),
		begun:    make(chan struct{}),
		retired:  make(chan struct{}),
		halt:     make(chan struct{}),
		over:     make(chan struct{}),
		own:      newQueue(),
		gone:     make(chan struct{}),
		lines:    map[int]*line{},
	}
	if err := in.apart(in.load); err != nil {
		in.discard()
		return nil, err
	}
	return in, nil
}

// apart runs a part of loading on a goroutine of its own, so that one that gets stuck
// can be given up.
func (in *instance) apart(part func() error) error {
	done := make(chan error, 1)
	go func() { done <- part() }()
	halt := in.worker.halt
	for {
		select {
		case err := <-done:
			return err
		case <-in.watch.stuck:
			in.worker.abandon(in)
			go func() {
				<-done //nolint:errcheck // nobody wants to know any more
				in.end()
			}()
			return in.loadError(problem("the script is stuck in a built-in function while it is loading"))
		case <-halt:
			halt = nil
			in.stop()
		}
	}
}

// discard ends an engine whose loop does not run, unless it is stuck.
func (in *instance) discard() {
	if !in.isAbandoned() {
		in.end()
	}
}

// load runs the prelude and then the application's module, top-level await
// included.
func (in *instance) load() error {
	var err error
	in.rt, err = engine.New(engine.Options{
		MemoryLimit: in.app.opts.Memory,
		OnUnhandled: in.unhandled,
		OnLocated:   in.located,
		OnHostError: in.hostError,
	})
	if err != nil {
		return in.loadError(err)
	}
	in.watch.guard(in.rt)
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
	if err := in.configure(); err != nil {
		return in.loadError(err)
	}
	var module *engine.Promise
	err = in.turn(func() (err error) {
		module, err = in.rt.EvalModule(bundle.Name, in.generation.bundle.Code)
		return err
	})
	if err != nil {
		return in.loadError(err)
	}
	defer module.Release()
	in.stir()
	if err := in.awaitModule(module); err != nil {
		return err
	}
	return in.useExports(module)
}

// awaitModule lets timers run until the module's top-level awaits are done.
func (in *instance) awaitModule(module *engine.Promise) error {
	err := in.await("a top-level await", func() bool { return module.State() != engine.Pending })
	if err != nil {
		return err
	}
	if e := module.Err(); e != nil {
		return in.loadError(e)
	}
	return nil
}

// activate has the install and activate events happen, one after the other, with what
// their listeners hand to waitUntil.
func (in *instance) activate() error {
	return in.apart(func() error {
		in.activating = true
		defer func() { in.activating = false }()
		for _, kind := range []string{"install", "activate"} {
			e := newEvent(kind, nil)
			e.start = func(in *instance, id int) error { return in.dispatch("lifecycle", engine.Int(id), engine.String(kind)) }
			in.begin(e)
			if err := in.await("the "+kind+" event", func() bool { return in.reason(false) == "" }); err != nil {
				in.problems = append(in.problems, err)
			}
			if len(in.problems) > 0 {
				return in.loadError(in.problems...)
			}
		}
		return in.lookForListeners()
	})
}

// lookForListeners notes which events something in the generation listens to.
func (in *instance) lookForListeners() error {
	listening, err := in.realm.Function("listening")
	if err != nil {
		return err
	}
	return in.turn(func() error {
		names, err := in.rt.Call(listening)
		for _, name := range names.List() {
			in.generation.listens = append(in.generation.listens, name.String())
		}
		in.generation.drains = in.generation.listensTo("websocketdrain")
		return err
	})
}

// await lets timers run, and what has been asked of other servers arrive, until something has happened.
func (in *instance) await(what string, happened func() bool) error {
	late := time.NewTimer(in.app.opts.EventTimeout)
	defer late.Stop()
	for !happened() {
		wait, armed := in.timers.next()
		if !armed && in.outgoing.reason() == "" && len(in.openLines()) == 0 {
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
		case <-in.own.wake:
			in.drain(in.own.take)
		case <-late.C:
			return problem(what + " did not end within " + in.app.opts.EventTimeout.String())
		case <-in.halt:
			return ErrStopped
		}
		if in.dead {
			return problem("the script failed in a timer while it was loading: " + in.failure)
		}
	}
	return nil
}
