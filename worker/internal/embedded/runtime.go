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
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Version is the JavaScript engine and its version.
const Version = "QuickJS " + engine.Version

// New returns a Launch for Runtimes with the globals of the web platform and those of modules: index.js and what it
// imports. They are compiled once, for the first Runtime.
func New(modules fs.FS) script.Launch {
	prelude := sync.OnceValues(func() (*web.Prelude, error) { return web.NewPrelude(modules) })
	return func(host script.Host, app script.Application) script.Runtime {
		return &runtime{host: host, app: app, prelude: prelude, watch: newWatchdog(app.SlowEvent)}
	}
}

// runtime is one engine with an application.
type runtime struct {
	host    script.Host
	app     script.Application
	prelude func() (*web.Prelude, error)

	engine *engine.Runtime // nil before Load
	realm  *web.Realm
	module *engine.Promise // pending until the module is complete, then nil
	watch  watchdog

	inTurn bool
	named  bool // the turn was reported as slow while it ran
}

var _ script.Runtime = (*runtime)(nil)

// turn runs script code under the watchdog.
func (r *runtime) turn(began time.Time, code func() error) error {
	r.inTurn, r.named = true, false
	r.watch.start(began, r.app.EventTimeout)
	err := code()
	slow := r.watch.stop()
	r.inTurn = false
	err = fromEngine(err)
	if slow && !r.named && !script.IsFatal(err) {
		r.host.Slow(time.Since(began), nil)
	}
	return err
}

// Load makes the engine, defines the globals and starts to run the module.
func (r *runtime) Load() (err error) {
	r.engine, err = engine.New(engine.Options{
		MemoryLimit: r.app.Memory,
		OnUnhandled: func(e *engine.Exception) { r.host.Unhandled(exceptionOf(e)) },
		OnLocated:   r.located,
		OnHostError: r.host.CallFailed,
	})
	if err != nil {
		return fromEngine(err)
	}
	r.watch.guard(r.engine)
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
	return r.turn(time.Now(), func() (err error) {
		r.module, err = r.engine.EvalModule(r.app.Name, r.app.Code)
		return err
	})
}

// configure passes the settings to the modules, before the application's code runs.
func (r *runtime) configure() error {
	atReload := "stay"
	if r.app.CloseAtReload {
		atReload = "close"
	}
	return r.call("configure", engine.Bool(r.app.ManualReply), engine.String(r.app.BinaryType),
		engine.Bool(r.app.Overlap), engine.Int(int(r.app.EventTimeout.Milliseconds())),
		engine.String(r.app.Vars), engine.Bool(r.app.Undated), engine.String(atReload))
}

// Loaded looks at the promise of the module. When it is fulfilled, the default export becomes part of the application.
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
	use, err := r.realm.Function("exports")
	if err != nil {
		return true, err
	}
	return true, r.turn(time.Now(), func() error { return module.Exports(use) })
}

func (r *runtime) Listening() (names []string, err error) {
	err = r.turn(time.Now(), func() error {
		list, err := r.ask("listening")
		for _, name := range list.List() {
			names = append(names, name.String())
		}
		return err
	})
	return names, err
}

func (r *runtime) Places(kind string) (frames []script.Frame, err error) {
	look := func() error {
		list, err := r.ask("places", engine.String(kind))
		frames = framesOf(list)
		return err
	}
	if r.inTurn {
		return frames, fromEngine(look())
	}
	return frames, r.turn(time.Now(), look)
}

func (r *runtime) Stop()                  { r.watch.end() }
func (r *runtime) Stuck() <-chan struct{} { return r.watch.stuck }

func (r *runtime) Close() error {
	defer r.watch.release()
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

// located reports the position of a turn that is slow, while it computes.
func (r *runtime) located(where engine.Place) {
	age, slow := r.watch.slowTurn()
	if !slow { // an earlier turn was slow, and has ended
		return
	}
	r.named = true
	r.host.Slow(age, engineFrames(where.Frames))
}
