package worker

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"net/http"
	"sync"

	"github.com/lingerws/linger"
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
	opts   Options
	bundle *bundle
	server *linger.Server
	worker *worker
}

// Load bundles and runs the script at path, JavaScript or TypeScript. The error
// is a *[LoadError] for what is wrong with the script.
func Load(path string, opts Options) (*App, error) {
	b, err := newBundle(path)
	if err != nil {
		return nil, err
	}
	a := &App{opts: opts.withDefaults(), bundle: b}
	a.opts.Server.Fallback = http.HandlerFunc(a.serveFetch)
	a.server = linger.NewServer(handler{a}, a.opts.Server)
	a.worker = newWorker(a)
	first, err := newInstance(a.worker)
	if err != nil {
		a.worker.watch.end()
		return nil, err
	}
	go a.worker.run(first)
	return a, nil
}

// ServeHTTP answers a request as the script decides; after Shutdown with 503.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.server.ServeHTTP(w, r) }

// Server returns the server that holds the connections.
func (a *App) Server() *linger.Server { return a.server }

// Shutdown closes every connection as [linger.Server.Shutdown] does, waits for
// what the script has handed to waitUntil and for responses that are on their way,
// and ends the engine. All of it takes Options.Server.ShutdownTimeout at the most;
// 0 means 10 s. The error is that of the server's Shutdown, or ctx's; the engine
// ends in any case.
func (a *App) Shutdown(ctx context.Context) error {
	defer a.worker.stop()
	bounded, cancel := context.WithTimeout(ctx, a.opts.Server.ShutdownTimeout)
	defer cancel()
	err := a.server.Shutdown(ctx)
	if a.worker.awaitExtensions(bounded) != nil {
		a.opts.Logger.Warn("work of waitUntil was cut off: the time for shutting down is over")
		err = cmp.Or(err, ctx.Err())
	}
	return err
}
