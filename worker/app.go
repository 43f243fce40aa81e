package worker

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/embedded"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

//go:embed js/*.js
var modules embed.FS

//go:embed linger.d.ts
var types string

// Types returns the TypeScript declarations of all globals of an application: linger.d.ts.
func Types() string { return types }

// EngineVersion is the JavaScript engine that scripts run in.
const EngineVersion = embedded.Version

// launchEmbedded makes the runtimes of applications.
var launchEmbedded = sync.OnceValue(func() script.Launch {
	js, _ := fs.Sub(modules, "js") // fails for an invalid path only
	return embedded.New(js)
})

// App is a loaded application. It is the http.Handler for all its requests, and is
// safe for concurrent use.
type App struct {
	path   string
	opts   Options
	server *linger.Server

	compatibility compatibility
	vars          string // the variables, as JSON

	workers     []*worker
	generation  atomic.Pointer[generation]
	launch      script.Launch
	assignments assignments
	turn        atomic.Uint32 // the index of the worker with which choose begins
	pending     pendingPromises
	client      *fetch.Client // sends the requests of scripts
	pairs       sync.Once     // the use of WebSocketPair was logged
	blobs       sync.Once     // a binary message as a Blob by default was logged

	reloading sync.Mutex // held while a generation is loaded
}

// Load bundles and runs the script at path, JavaScript or TypeScript. The error
// is a *[LoadError] for what is wrong with the script.
func Load(path string, opts Options) (*App, error) { return load(path, opts, launchEmbedded()) }

// load is Load with another runtime.
func load(path string, opts Options, launch script.Launch) (*App, error) {
	c, err := newCompatibility(opts.CompatibilityDate, opts.CompatibilityFlags)
	if err != nil {
		return nil, err
	}
	vars, err := varsText(opts.Vars)
	if err != nil {
		return nil, err
	}
	a := &App{path: path, opts: opts.withDefaults(), compatibility: c, vars: vars, launch: launch}
	a.client = fetch.NewClient(fetch.Options{
		Rules: a.opts.Egress, TLSConfig: a.opts.TLSConfig, Timeout: a.opts.FetchTimeout, MaxBody: a.opts.MaxBody,
		WebSocket: a.opts.Server.Options,
	})
	a.opts.Server.Fallback = http.HandlerFunc(a.serveFetch)
	a.server = linger.NewServer(handler{a}, a.opts.Server)
	for i := range a.opts.Workers {
		a.workers = append(a.workers, newWorker(a, i))
	}
	g, first, err := a.loadGeneration(1)
	if err != nil {
		return nil, err
	}
	a.use(g)
	for i, w := range a.workers {
		go w.run(first[i])
	}
	return a, nil
}

// Reload loads the script again, while connections stay open: the files are bundled
// and run in new engines, and the install and activate events are dispatched, before the
// new version gets an event. Events in progress finish in the engine in which they began;
// the order of each connection's events holds. The error is a *[LoadError] or
// [ErrStopped]; then the last version stays in use.
func (a *App) Reload() error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	began := time.Now()
	g, fresh, err := a.loadGeneration(a.generation.Load().number + 1)
	if err != nil {
		return err
	}
	a.use(g)
	if err := a.replaceInstances(fresh); err != nil {
		return err
	}
	a.opts.Logger.Info("application reloaded", "generation", g.number, "connections", a.server.Count(), "duration", time.Since(began))
	return nil
}

// replaceInstances gives each worker its instance of a new generation. All workers but the first do so at the same time,
// since one that is starting an instance takes longer. The first one is last: its instance performs what activate did to
// connections, and by then the answers go to the new generation in all workers.
func (a *App) replaceInstances(fresh []*instance) error {
	errs := make([]error, len(fresh))
	replace := func(i int) {
		if !a.workers[i].replace(fresh[i]) {
			fresh[i].discard()
			errs[i] = ErrStopped
		}
	}
	var all sync.WaitGroup
	for i := range fresh[1:] {
		all.Go(func() { replace(i + 1) })
	}
	all.Wait()
	replace(0)
	return cmp.Or(errs...)
}

// ErrStopped is returned after Shutdown.
var ErrStopped = errors.New("worker: the application has been shut down; load it again")

// use makes a generation the one that new instances run.
func (a *App) use(g *generation) {
	if last := a.generation.Swap(g); last != nil {
		last.use(nil)
	}
	g.use(a.server)
}

// Files returns the absolute paths of the application's files: the script and everything it
// imports.
func (a *App) Files() []string { return slices.Clone(a.generation.Load().bundle.Files) }

// ServeHTTP answers a request as the script decides; after Shutdown with 503.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.server.ServeHTTP(w, r) }

// Server returns the server that holds the connections.
func (a *App) Server() *linger.Server { return a.server }

// Workers returns the status of each worker.
func (a *App) Workers() []Status {
	all := make([]Status, 0, len(a.workers))
	for _, w := range a.workers {
		all = append(all, w.report())
	}
	return all
}

// Shutdown closes every connection as [linger.Server.Shutdown] does, waits for
// the promises that the script has passed to waitUntil and for responses in progress,
// and ends the engines. All of it takes Options.Server.ShutdownTimeout at the most;
// 0 means 10 s. The error is that of the server's Shutdown, or ctx's; the engines
// end in any case.
func (a *App) Shutdown(ctx context.Context) error {
	defer a.stop()
	bounded, cancel := context.WithTimeout(ctx, a.opts.Server.ShutdownTimeout)
	defer cancel()
	err := a.server.Shutdown(ctx)
	select {
	case <-a.pending.idle():
	case <-a.workers[0].ended: // they end together
	case <-bounded.Done():
		a.opts.Logger.Warn("work of waitUntil was cut off: the time for shutting down is over")
		err = cmp.Or(err, ctx.Err())
	}
	return err
}

// stop ends all workers.
func (a *App) stop() {
	var all sync.WaitGroup
	for _, w := range a.workers {
		all.Go(w.stop)
	}
	all.Wait()
	a.client.Close()
}
