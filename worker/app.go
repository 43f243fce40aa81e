package worker

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"sync"
	"sync/atomic"

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
	engine atomic.Pointer[instance] // the one that runs now
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
	first, err := newInstance(a)
	if err != nil {
		return nil, err
	}
	a.engine.Store(first)
	go first.run()
	return a, nil
}

// ServeHTTP answers a request as the script decides.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.server.ServeHTTP(w, r) }

// Server returns the server that holds the connections.
func (a *App) Server() *linger.Server { return a.server }

// Shutdown closes every connection as [linger.Server.Shutdown] does, waits for
// what the script has handed to waitUntil, and ends the engine. The error is that
// of the server's Shutdown, or ctx's; the engine ends in any case.
func (a *App) Shutdown(ctx context.Context) error {
	err := a.server.Shutdown(ctx)
	for {
		current := a.engine.Load()
		current.awaitExtensions(ctx)
		current.stop()
		if a.engine.Load() == current { // it was not replaced meanwhile
			return err
		}
	}
}

// submit has an event handled and waits until it is, by the engine that runs now
// or, should that one be replaced before the event began, by the next.
func (a *App) submit(e *event) {
	for {
		current := a.engine.Load()
		select {
		case current.tasks <- e:
			<-e.done
			return
		case <-current.gone:
			if a.engine.Load() == current { // there is no next one
				return
			}
		}
	}
}
