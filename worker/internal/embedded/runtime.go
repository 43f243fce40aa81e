// Package embedded runs applications in the JavaScript engine that is part of this program: it connects worker/internal/engine and the
// globals of worker/internal/web to the boundary to scripts. Below it are values of the engine, above it plain Go data.
package embedded

import (
	"io/fs"
	"math"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Version is the JavaScript engine and its version.
const Version = "QuickJS " + engine.Version

// NewPrelude returns a function that compiles the globals of the web platform and those of the modules in files: index.js and what it
// imports. They are compiled once, by the first call.
func NewPrelude(files fs.FS) func() (*web.Prelude, error) {
	return sync.OnceValues(func() (*web.Prelude, error) { return web.NewPrelude(files) })
}

// New returns a Launch for Runtimes in this process.
func New(prelude func() (*web.Prelude, error)) script.Launch {
	return func(host script.Host, app script.Application) script.Runtime {
		r := &runtime{host: host, app: app, prelude: prelude}
		r.table = modules.NewTable(host, app.Name, r.interrupted)
		r.Engine = NewEngine(local{host, r.table}, LimitsOf(&app))
		return r
	}
}

// LimitsOf returns the limits of an application.
func LimitsOf(app *script.Application) Limits {
	return Limits{EventTimeout: app.EventTimeout, SlowEvent: app.SlowEvent, Memory: app.Memory, MaxBody: app.MaxBody}
}

// local is the Host in the process of the worker.
type local struct {
	script.Host
	*modules.Table
}

// Exposed has no effect: the names are known.
func (local) Exposed(string) {}

// runtime is an Engine in the process of the worker.
type runtime struct {
	*Engine
	host    script.Host
	app     script.Application
	prelude func() (*web.Prelude, error) // returns the compiled modules
	table   *modules.Table
}

var _ script.Runtime = (*runtime)(nil)

// interrupted reports whether the turn was interrupted. Any goroutine may call it during a turn.
func (r *runtime) interrupted() bool { return r.engine.Interrupted() }

// Load makes the engine, defines the globals and starts to run the module.
func (r *runtime) Load() error {
	prelude, err := r.prelude()
	if err != nil {
		return err
	}
	if err := r.Start(prelude); err != nil {
		return err
	}
	if _, err := r.Call(time.Now(), 0, modules.Call{Function: "configure", Args: modules.Settings(&r.app)}); err != nil {
		return err
	}
	return r.Run(r.app.Name, r.app.Code)
}

// Dispatch runs the listeners of an event.
func (r *runtime) Dispatch(began time.Time, id int, e script.Event) error {
	done, err := r.Call(began, id, r.table.Event(id, e))
	if done {
		r.host.Done(id)
	}
	return err
}

// Series reports false: a call for each message costs little, and no message is lost that has not begun.
func (r *runtime) Series() bool { return false }

// Flush has no effect: Dispatch runs the listeners at once.
func (r *runtime) Flush() {}

// Room returns true for the same reason.
func (r *runtime) Room() bool { return true }

// Busy returns "": the Host knows what the application waits for.
func (r *runtime) Busy() (reason string, known bool) { return "", true }

// Handled returns true: Dispatch runs the listeners at once.
func (r *runtime) Handled(int) bool { return true }

// MidTurn returns false for the same reason.
func (r *runtime) MidTurn() bool { return false }

// Begun returns a large number for the same reason.
func (r *runtime) Begun(int) int { return math.MaxInt }

// Started returns true.
func (r *runtime) Started() bool { return true }

// Process returns 0.
func (r *runtime) Process() int { return 0 }
