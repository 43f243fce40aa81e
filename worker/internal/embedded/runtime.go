// Package embedded runs applications in the JavaScript engine that is part of this process: it is the
// [script.Runtime] over worker/internal/engine and the globals of worker/internal/web. Below it are values
// of the engine, above it plain Go data.
package embedded

import (
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Version is the JavaScript engine and its version.
const Version = "QuickJS " + engine.Version

// New returns a Launch for Runtimes with the globals of the web platform and those of the modules in files: index.js and what it
// imports. They are compiled once, for the first Runtime.
func New(files fs.FS) script.Launch {
	prelude := sync.OnceValues(func() (*web.Prelude, error) { return web.NewPrelude(files) })
	return func(host script.Host, app script.Application) script.Runtime {
		return &runtime{host: host, app: app, prelude: prelude, watch: newWatchdog(app.SlowEvent)}
	}
}

// runtime is one engine with an application. The engine is not safe for concurrent use: only the goroutine that uses the
// script.Runtime calls it, with the exception of the watchdog, whose timer and stop interrupt a turn from other goroutines.
type runtime struct {
	host    script.Host
	app     script.Application
	prelude func() (*web.Prelude, error) // returns the compiled modules

	engine *engine.Runtime // nil before Load
	realm  *web.Realm
	module *engine.Promise // pending until the module is complete, then nil
	watch  watchdog

	table *modules.Table // the functions that the modules call

	inTurn       bool // a turn runs
	reportedSlow bool // the turn was reported as slow while it ran
}

var _ script.Runtime = (*runtime)(nil)

// turn runs script code under the watchdog.
func (r *runtime) turn(began time.Time, code func() error) error {
	r.inTurn, r.reportedSlow = true, false
	r.watch.beginTurn(began, r.app.EventTimeout)
	err := code()
	slow := r.watch.endTurn()
	r.inTurn = false
	err = fromEngine(err)
	if slow && !r.reportedSlow && !script.IsFatal(err) {
		r.host.Slow(time.Since(began), nil)
	}
	return err
}

// Load makes the engine, defines the globals and starts to run the module.
func (r *runtime) Load() (err error) {
	r.engine, err = engine.New(engine.Options{
		MemoryLimit: r.app.Memory,
		OnUnhandled: func(e *engine.Exception) { r.host.Unhandled(scriptException(e)) },
		OnLocated:   r.located,
		OnHostError: r.host.CallFailed,
	})
	if err != nil {
		return fromEngine(err)
	}
	r.watch.setEngine(r.engine)
	r.table = modules.NewTable(r.host, r.app.Name, r.engine.Interrupted)
	prelude, err := r.prelude()
	if err != nil {
		return err
	}
	if err := r.define(); err != nil {
		return fromEngine(err)
	}
	if r.realm, err = prelude.Install(r.engine, r.platform()); err != nil {
		return fromEngine(err)
	}
	if err := r.turn(time.Now(), r.configure); err != nil {
		return err
	}
	var meta []engine.Meta
	for _, name := range []string{"nodeModule", "processEnv"} { // which the code of a bundle reads and deletes first
		fn, err := r.realm.Function(name)
		if err != nil {
			return err
		}
		meta = append(meta, engine.Meta{Name: name, Value: fn.Value()})
	}
	return r.turn(time.Now(), func() (err error) {
		r.module, err = r.engine.EvalModule(r.app.Name, r.app.Code, meta...)
		return err
	})
}

// configure passes the settings to the modules, before the application's code runs.
func (r *runtime) configure() error { return r.call("configure", modules.Settings(&r.app)...) }

// Loaded checks the promise of the module. When it is fulfilled, the listeners of the default export are registered.
func (r *runtime) Loaded() (bool, error) {
	switch {
	case r.module == nil:
		return true, nil
	case r.module.State() == engine.Pending:
		return false, nil
	}
	module := r.module
	r.module = nil
	defer module.Release()
	if e := module.Err(); e != nil {
		return true, fromEngine(e)
	}
	exports, err := r.realm.Function("exports")
	if err != nil {
		return true, err
	}
	return true, r.turn(time.Now(), func() error { return module.Exports(exports) })
}

// Dispatch runs the listeners of an event.
func (r *runtime) Dispatch(began time.Time, id int, e script.Event) error {
	return r.turn(began, func() error {
		call := r.table.Event(id, e)
		result, err := r.callResult(call.Function, call.Args...)
		clear(call.Args)                              // the payload of a message is not kept
		if err == nil && call.Done && result.Bool() { // a result costs less than a call of the function done
			r.host.Done(id)
		}
		return err
	})
}

// Listening returns the names of the events with listeners, those of the default export included.
func (r *runtime) Listening() (names []string, err error) {
	err = r.turn(time.Now(), func() error {
		list, err := r.callResult("listening")
		for _, name := range list.List() {
			names = append(names, name.String())
		}
		return err
	})
	return names, err
}

// call calls a function that the modules have exposed.
func (r *runtime) call(function string, args ...engine.Value) error {
	_, err := r.callResult(function, args...)
	return err
}

// callResult calls a function that the modules have exposed and returns its result.
func (r *runtime) callResult(function string, args ...engine.Value) (engine.Value, error) {
	fn, err := r.realm.Function(function)
	if err != nil {
		return engine.Undefined(), err
	}
	return r.engine.Call(fn, args...)
}

// Series reports false: a call for each message costs little, and no message is lost that has not begun.
func (r *runtime) Series() bool { return false }

// Places calls the engine within the turn that runs, if there is one, or else in a new turn. inTurn is not locked, so
// only the goroutine that uses the Runtime may call Places.
func (r *runtime) Places(kind string) (frames []script.Frame, err error) {
	find := func() error {
		list, err := r.callResult("places", engine.String(kind))
		frames = modules.Frames(list)
		return err
	}
	if r.inTurn {
		return frames, fromEngine(find())
	}
	return frames, r.turn(time.Now(), find)
}

// Flush has no effect: Dispatch runs the listeners at once.
func (r *runtime) Flush() {}

// Room returns true for the same reason.
func (r *runtime) Room() bool { return true }

// Busy returns "": the Host knows what the application waits for.
func (r *runtime) Busy() (reason string, known bool) { return "", true }

// Process returns 0.
func (r *runtime) Process() int { return 0 }

// Collect runs the garbage collector of the engine, which otherwise runs only when the heap has grown by half.
func (r *runtime) Collect() { r.engine.CollectGarbage() }

// Stop may be called from any goroutine while another one runs a turn: it calls only those methods of the engine that are
// safe for that (see interruptible), and watchdog.mu orders the call with the begin and the end of turns.
func (r *runtime) Stop() { r.watch.stop() }

// Stuck returns the channel of the watchdog.
func (r *runtime) Stuck() <-chan struct{} { return r.watch.stuck }

// Close closes the engine. A worker may call it on another goroutine than that of the last turn, once the turn has returned:
// this order is the only guard. Stop may be called during Close and after it: [engine.Runtime.Interrupt] has no effect on an
// engine that is closed, which its counterMu guards.
func (r *runtime) Close() error {
	defer r.watch.stopTimer()
	if r.engine == nil {
		return nil
	}
	if r.module != nil {
		r.module.Release()
	}
	err := r.engine.Close()
	if r.engine.Lost() {
		return errors.Join(script.ErrLost, err)
	}
	return err
}

// located reports the position of a turn that is slow. The engine calls it during the turn, on the goroutine of the turn.
func (r *runtime) located(where engine.Place) {
	age, slow := r.watch.slowTurn()
	if !slow { // an earlier turn was slow, and has ended
		return
	}
	r.reportedSlow = true
	r.host.Slow(age, scriptFrames(where.Frames))
}
