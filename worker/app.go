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
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/web"
)

//go:embed js/*.js
var modules embed.FS

// prelude is the globals of a worker, compiled once.
var prelude = sync.OnceValues(func() (*web.Prelude, error) {
	js, err := fs.Sub(modules, "js")
	if err != nil {
		return nil, err
	}
	return web.NewPrelude(js)
})

// App is a loaded application. It is an http.Handler for all its requests, and
// safe for concurrent use.
type App struct {
	path   string
	opts   Options
	server *linger.Server

	compatibility compatibility
	vars          string // the variables, as JSON

	workers    []*worker
	generation atomic.Pointer[generation]
	seats      seats
	turn       atomic.Uint32 // whose turn it is among the workers
	extensions extensions
	pairs      sync.Once     // its use of WebSocketPair has been told of
	blobs      sync.Once     // so has a binary message that was a Blob by default
	client     *fetch.Client // for requests of scripts

	reloading sync.Mutex // held while a generation is loaded
}

// Load bundles and runs the script at path, JavaScript or TypeScript. The error
// is a *[LoadError] for what is wrong with the script.
func Load(path string, opts Options) (*App, error) {
	c, err := newCompatibility(opts.CompatibilityDate, opts.CompatibilityFlags)
	if err != nil {
		return nil, err
	}
	vars, err := varsText(opts.Vars)
	if err != nil {
		return nil, err
	}
	a := &App{path: path, opts: opts.withDefaults(), compatibility: c, vars: vars}
	a.client = fetch.NewClient(fetch.Options{
		Rules: a.opts.Egress, TLSConfig: a.opts.TLSConfig, Timeout: a.opts.FetchTimeout, MaxBody: a.opts.MaxBody,
		WebSocket: a.opts.Server.Options,
	})
	a.opts.Server.Fallback = http.HandlerFunc(a.serveFetch)
	a.server = linger.NewServer(handler{a}, a.opts.Server)
	for i := range a.opts.Workers {
		a.workers = append(a.workers, newWorker(a, i))
	}
	g, first, err := a.load(1)
	if err != nil {
		return nil, err
	}
	a.current(g)
	for i, w := range a.workers {
		go w.run(first[i])
	}
	return a, nil
}

// Reload loads the script anew, while every connection stays: the files are bundled
// and run in fresh engines, and the install and activate events happen, before the
// first event goes there. Events that have begun finish on the engine they began on;
// the order of each connection's events holds. The error is a *[LoadError], or
// [ErrStopped]; then the last generation stays in place.
func (a *App) Reload() error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	began := time.Now()
	g, fresh, err := a.load(a.generation.Load().number + 1)
	if err != nil {
		return err
	}
	a.current(g)
	if err := a.hand(fresh); err != nil {
		return err
	}
	a.opts.Logger.Info("application reloaded", "generation", g.number, "connections", a.server.Count(), "duration", time.Since(began))
	return nil
}

// hand gives each worker its engine of a new generation. One that is just starting an
// engine takes it later, so the others do not wait for it. The first worker is the last:
// what activate did to connections takes effect in its engine, and their answers go to the
// new generation everywhere.
func (a *App) hand(fresh []*instance) error {
	errs := make([]error, len(fresh))
	give := func(i int) {
		if !a.workers[i].take(fresh[i]) {
			fresh[i].discard()
			errs[i] = ErrStopped
		}
	}
	var all sync.WaitGroup
	for i := range fresh[1:] {
		all.Go(func() { give(i + 1) })
	}
	all.Wait()
	give(0)
	return cmp.Or(errs...)
}

// ErrStopped tells that the application has been shut down.
var ErrStopped = errors.New("worker: the application has been shut down; load it again")

// current makes a generation the one that new engines run.
func (a *App) current(g *generation) {
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

// Workers returns how each worker is at this moment.
func (a *App) Workers() []Status {
	all := make([]Status, 0, len(a.workers))
	for _, w := range a.workers {
		all = append(all, w.report())
	}
	return all
}

// Shutdown closes every connection as [linger.Server.Shutdown] does, waits for
// what the script has handed to waitUntil and for responses that are on their way,
// and ends the engines. All of it takes Options.Server.ShutdownTimeout at the most;
// 0 means 10 s. The error is that of the server's Shutdown, or ctx's; the engines
// end in any case.
func (a *App) Shutdown(ctx context.Context) error {
	defer a.stop()
	bounded, cancel := context.WithTimeout(ctx, a.opts.Server.ShutdownTimeout)
	defer cancel()
	err := a.server.Shutdown(ctx)
	select {
	case <-a.extensions.idle():
	case <-a.gone():
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

// gone returns a channel that is closed when the workers have been stopped: they end
// together.
func (a *App) gone() <-chan struct{} { return a.workers[0].gone }
