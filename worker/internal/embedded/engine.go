package embedded

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Host has what an [Engine] needs of the rest of Linger. In the process of the worker it is a [script.Host] with the functions of a
// [modules.Table]. Its methods are called during turns, on the goroutine of the turn.
type Host interface {
	// Functions returns the functions that the modules call, and BindingFunctions those that only the modules of bindings call.
	Functions() map[string]modules.Function
	BindingFunctions() map[string]modules.Function

	SetTimer(id int, delay time.Duration, repeat bool)
	ClearTimer(id int)
	Compute(size int64, work func(ctx context.Context), turn func() error) error
	Console(level slog.Level, text string)
	Post(p *script.Post)
	Listen(channel string, on bool)
	script.Observer

	// Exposed is called when a function has become available to Call.
	Exposed(name string)
}

// Limits are the bounds of the application in an Engine. See [script.Application].
type Limits struct {
	EventTimeout, SlowEvent time.Duration
	Memory, MaxBody         int64
}

// Engine is one engine with an application. The engine is not safe for concurrent use: only one goroutine at a time calls it, with
// the exception of the watchdog, whose timer and Stop interrupt a turn from other goroutines.
type Engine struct {
	host   Host
	limits Limits

	engine *engine.Runtime // nil before Start
	realm  *web.Realm
	module *engine.Promise // pending until the module is complete, then nil
	watch  watchdog

	event        int  // the number of the event whose listeners the turn runs; 0 for none
	inTurn       bool // a turn runs
	reportedSlow bool // the turn was reported as slow while it ran
}

// NewEngine returns an Engine that is not started.
func NewEngine(host Host, limits Limits) *Engine {
	return &Engine{host: host, limits: limits, watch: newWatchdog(limits.SlowEvent)}
}

// turn runs script code under the watchdog.
func (r *Engine) turn(began time.Time, code func() error) error {
	r.inTurn, r.reportedSlow = true, false
	r.watch.beginTurn(began, r.limits.EventTimeout)
	err := code()
	slow := r.watch.endTurn()
	r.inTurn = false
	err = fromEngine(err)
	if slow && !r.reportedSlow && !script.IsFatal(err) {
		r.host.Slow(r.event, time.Since(began), nil)
	}
	return err
}

// Start makes the engine and defines the globals.
func (r *Engine) Start(prelude *web.Prelude) (err error) {
	r.engine, err = engine.New(engine.Options{
		MemoryLimit: r.limits.Memory,
		OnUnhandled: func(e *engine.Exception) { r.host.Unhandled(scriptException(e)) },
		OnLocated:   r.located,
		OnHostError: r.host.CallFailed,
	})
	if err != nil {
		return fromEngine(err)
	}
	r.watch.setEngine(r.engine)
	if err := r.define(); err != nil {
		return fromEngine(err)
	}
	r.realm, err = prelude.Install(r.engine, r.platform())
	return fromEngine(err)
}

// Run starts to run the application's module, after a Call of configure with [modules.Settings].
func (r *Engine) Run(name, code string) error {
	var meta []engine.Meta
	for _, name := range []string{"nodeModule", "processEnv"} { // which the code of a bundle reads and deletes first
		fn, err := r.realm.Function(name)
		if err != nil {
			return err
		}
		meta = append(meta, engine.Meta{Name: name, Value: fn.Value()})
	}
	return r.turn(time.Now(), func() (err error) {
		r.module, err = r.engine.EvalModule(name, code, meta...)
		return err
	})
}

// Loaded checks the promise of the module. When it is fulfilled, the listeners of the default export are registered.
func (r *Engine) Loaded() (bool, error) {
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

// Call calls a function of the modules, as a turn. event is the number of the event whose listeners it runs, 0 for none. It reports whether the
// listeners are done: a result costs less than a call of the function done.
func (r *Engine) Call(began time.Time, event int, call modules.Call) (done bool, err error) {
	r.event = event
	err = r.turn(began, func() error {
		result, err := r.callResult(call.Function, call.Args...)
		clear(call.Args) // the payload of a message is not kept
		done = err == nil && call.Done && result.Bool()
		return err
	})
	r.event = 0
	return done, err
}

// Listening returns the names of the events with listeners, those of the default export included.
func (r *Engine) Listening() (names []string, err error) {
	err = r.turn(time.Now(), func() error {
		list, err := r.callResult("listening")
		for _, name := range list.List() {
			names = append(names, name.String())
		}
		return err
	})
	return names, err
}

// callResult calls a function that the modules have exposed and returns its result.
func (r *Engine) callResult(function string, args ...engine.Value) (engine.Value, error) {
	fn, err := r.realm.Function(function)
	if err != nil {
		return engine.Undefined(), err
	}
	return r.engine.Call(fn, args...)
}

// Places calls the engine within the turn that runs, if there is one, or else in a new turn. inTurn is not locked, so
// only the goroutine that uses the Engine may call Places.
func (r *Engine) Places(kind string) (frames []script.Frame, err error) {
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

// Collect runs the garbage collector of the engine, which otherwise runs only when the heap has grown by half.
func (r *Engine) Collect() { r.engine.CollectGarbage() }

// Stop may be called from any goroutine while another one runs a turn: it calls only those methods of the engine that are
// safe for that (see interruptible), and watchdog.mu orders the call with the begin and the end of turns.
func (r *Engine) Stop() { r.watch.stop() }

// Stuck returns the channel of the watchdog.
func (r *Engine) Stuck() <-chan struct{} { return r.watch.stuck }

// Close closes the engine. A worker may call it on another goroutine than that of the last turn, once the turn has returned:
// this order is the only guard. Stop may be called during Close and after it: [engine.Runtime.Interrupt] has no effect on an
// engine that is closed, which its counterMu guards.
func (r *Engine) Close() error {
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
func (r *Engine) located(where engine.Place) {
	age, slow := r.watch.slowTurn()
	if !slow { // an earlier turn was slow, and has ended
		return
	}
	r.reportedSlow = true
	r.host.Slow(r.event, age, scriptFrames(where.Frames))
}
