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
	"github.com/lingerws/linger/worker/internal/script"
)

//go:embed js/*.js js/lazy/*/*.js
var modules embed.FS

//go:embed linger.d.ts
var types string

// Types returns the TypeScript declarations of all globals of an application: linger.d.ts.
func Types() string { return types }

// EngineVersion is the name and the version of the JavaScript engine that runs scripts.
const EngineVersion = embedded.Version

// prelude returns the globals of the engine, which are compiled once.
var prelude = embedded.NewPrelude(scriptModules())

// scriptModules returns the JavaScript modules of this package, with index.js at the root.
func scriptModules() fs.FS {
	js, _ := fs.Sub(modules, "js") // fails only for an invalid path
	return js
}

// App is a loaded application. It is an http.Handler for all requests of the application,
// and is safe for concurrent use.
type App struct {
	path   string
	opts   Options // of which only those that Reconfigure cannot change are used
	server *linger.Server
	trace  Trace // of the options; the zero value without one
	began  time.Time

	current  atomic.Pointer[configuration] // that of the generation in use
	bindings string                        // the members of env that are not variables, as JSON

	workers      []*worker
	generation   atomic.Pointer[generation]
	launch       script.Launch
	children     *children // starts the child processes; nil if the application runs in this process
	assignments  assignments
	objects      *objects
	sockets      *clusterSockets // nil without Options.Shared
	references   references
	alarms       *alarms
	cluster      *clusterObjects // nil without Options.Shared
	posts        *postFeed       // nil without Options.Server.Cluster
	replicas     *replicas
	stores       bool // the application stores something
	data         dataFolder
	classes      atomic.Pointer[classes] // those of the data directory when it was opened; nil before
	databases    map[string]*database    // the queues of the D1 databases, by their IDs
	temporary    string                  // the data directory if it is removed at the end; otherwise ""
	firstChoice  atomic.Uint32           // counts the calls of chooseWorker, each of which begins with another worker
	pending      pendingPromises
	clocks       *cronClocks // dispatch the scheduled event
	pairsWarning sync.Once   // logs that the application uses WebSocketPair
	blobsWarning sync.Once   // logs that a binary message was delivered as a Blob by default

	alone          bool         // Options.Server.Cluster is not set
	remoteWarnings warningLimit // of operations on connections of other nodes

	inputs    inputs
	receiving atomic.Bool          // Receive has not taken over yet
	cronsFrom map[string]time.Time // the times after which schedules continue that another process has handed over
	ended     []endedWebSocket     // WebSockets whose connections have ended in another process before their objects got that

	stopOnce    sync.Once
	stopping    chan struct{} // closed by stop
	reloading   sync.Mutex    // held while a generation is loaded
	handingOver bool          // no generation may be loaded, because the application is handed over; guarded by reloading
}

// Load bundles and runs the script at path, in JavaScript or TypeScript. The error is a
// *[LoadError] if the script or an option is wrong.
func Load(path string, opts Options) (*App, error) { return load(path, opts, nil, false) }

// LoadForHandover is [Load] for the new process of a hand-over, which goes on with [App.Receive]. Until then the data directory stays closed, because the
// old process has it open, and no alarms or schedules are due. Code that uses the storage while the application is loaded fails.
func LoadForHandover(path string, opts Options) (*App, error) { return load(path, opts, nil, true) }

// load is Load with the given kind of runtime; nil means that of the options. received means that [App.Receive] opens the data directory and
// starts the crons.
func load(path string, opts Options, launch script.Launch, received bool) (*App, error) {
	c, err := newConfiguration(opts)
	if err != nil {
		return nil, err
	}
	bindings, err := bindingsText(&opts)
	if err != nil {
		return nil, err
	}
	if err := checkMigrations(opts.Migrations); err != nil {
		return nil, err
	}
	a := &App{path: path, opts: c.opts, began: time.Now(), bindings: bindings, clocks: newCronClocks(received), launch: launch, data: newDataFolder(), stopping: make(chan struct{})}
	a.current.Store(c)
	if opts.Trace != nil {
		a.trace = *opts.Trace
	}
	if a.launch == nil {
		if a.launch, err = a.newLaunch(); err != nil {
			return nil, err
		}
	}
	a.objects, a.alarms = newObjects(a), newAlarms(a)
	c.opts.Server.Fallback = http.HandlerFunc(a.serveFetch)
	a.alone = c.opts.Server.Cluster == nil
	a.server = linger.NewServer(handler{a}, c.opts.Server)
	if err := a.joinCluster(); err != nil {
		return nil, err
	}
	a.posts = newPostFeed(a, opts.Server.Cluster, received)
	for i := range a.opts.Workers {
		a.workers = append(a.workers, newWorker(a, i))
	}
	a.databases, a.stores = opts.Bindings.databaseQueues(), a.opts.Bindings.stored() || a.hasMigrations()
	if received {
		a.receiving.Store(true)
		a.objects.park()
		a.alarms.paused.Store(true)
	} else if err := a.openShared(); err != nil {
		a.endCluster()
		a.closeData()
		a.children.remove()
		return nil, err
	}
	g, first, err := a.loadGeneration(1, c)
	if err != nil {
		a.endCluster()
		a.closeData()
		a.children.remove()
		return nil, err
	}
	a.setGeneration(g)
	for i, w := range a.workers {
		go w.runInstances(first[i])
	}
	if a.stores {
		go a.alarms.run()
	}
	return a, nil
}

// openShared opens what one process of a node has at a time: the data directory, and the lease for objects in the cluster.
func (a *App) openShared() error {
	if err := a.openData(); err != nil {
		return err
	}
	return a.startCluster()
}

// Reload loads the script again, while connections stay open. The files are bundled and
// run in new engines, and the install and activate events are dispatched; then the new
// version gets the next events. Events in progress finish in the engine in which they
// began, and the events of each connection stay in order. The error is a *[LoadError], or
// [ErrStopped] if the application has been shut down, also while the script was loading;
// then the last version stays in use. During a hand-over it is [ErrHandingOver].
func (a *App) Reload() error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	if a.handingOver {
		return ErrHandingOver
	}
	return a.loadNext(a.config())
}

// loadNext loads the next generation and puts it in use. The caller holds reloading.
func (a *App) loadNext(c *configuration) error {
	began := time.Now()
	err := a.replaceGeneration(c)
	took, number := time.Since(began), a.generation.Load().number
	if a.trace.Reloaded != nil {
		a.trace.Reloaded(number, took, err)
	}
	if err == nil {
		a.opts.Logger.Info("application reloaded", "generation", number, "connections", a.server.Count(), "duration", took)
	}
	return err
}

// replaceGeneration is loadNext without reports, for a caller that holds reloading.
func (a *App) replaceGeneration(c *configuration) error {
	g, fresh, err := a.loadGeneration(a.generation.Load().number+1, c)
	if err != nil {
		return err
	}
	a.setGeneration(g)
	return a.replaceInstances(fresh)
}

// replaceInstances gives each worker its instance of a new generation. The first worker is last, because its instance performs
// the deferred actions of the activate event, whose answers must reach the new generation in all workers. The others
// are replaced concurrently, because a worker that is starting an instance takes longer.
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

// ErrStopped is the error of a call that Shutdown has interrupted, and of one after Shutdown.
var ErrStopped = errors.New("worker: the application has been shut down; load it again")

// setGeneration puts a generation in use: new instances run it, its options hold, and its automatic answer is that of the server.
func (a *App) setGeneration(g *generation) {
	if last := a.generation.Swap(g); last != nil {
		last.setServer(nil)
	}
	g.setServer(a.server)
	if last := a.current.Swap(g.configuration); last != g.configuration {
		a.server.Reconfigure(g.opts.Server) // keepFixed has left nothing that cannot change
		if last.client != g.client {
			last.client.Close()
		}
	}
	a.setCrons(g.crons)
	a.watchPresence(g)
}

// Generation returns the number of the version in use, counted from 1.
func (a *App) Generation() int { return a.generation.Load().number }

// Files returns the absolute paths of the application's files: the script and everything that
// it imports.
func (a *App) Files() []string { return slices.Clone(a.generation.Load().bundle.Files) }

// ServeHTTP passes a request to the script, and answers it as the script decides. After Shutdown
// the answer is 503.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.server.ServeHTTP(w, r) }

// Server returns the server that holds the connections.
func (a *App) Server() *linger.Server { return a.server }

// Workers returns the status of each worker.
func (a *App) Workers() []Status {
	all := make([]Status, 0, len(a.workers))
	for _, w := range a.workers {
		all = append(all, w.currentStatus())
	}
	return all
}

// Shutdown closes every connection as [linger.Server.Shutdown] does, waits for responses
// and scheduled events in progress and for the promises that the script has passed to
// waitUntil, and ends the engines. It takes Options.Server.ShutdownTimeout at most, 10 s by default. The error is
// that of the server's Shutdown, or of ctx; the engines end in any case.
func (a *App) Shutdown(ctx context.Context) error {
	defer a.stop()
	bounded, cancel := context.WithTimeout(ctx, a.server.Options().ShutdownTimeout)
	defer cancel()
	a.clocks.stop()
	err := a.server.Shutdown(ctx)
	select {
	case <-a.pending.settled():
	case <-a.workers[0].ended: // another call of Shutdown has stopped all workers
	case <-bounded.Done():
		a.opts.Logger.Warn("promises of waitUntil, responses or scheduled events were cut off: the shutdown timeout has expired")
		err = cmp.Or(err, ctx.Err())
	}
	return err
}

// isStopping reports whether stop has been called.
func (a *App) isStopping() bool { return closed(a.stopping) }

// unlessStopped returns ErrStopped in place of an error that the end of the application may have caused, and otherwise err.
func (a *App) unlessStopped(err error) error {
	if err != nil && a.isStopping() {
		return ErrStopped
	}
	return err
}

// stop ends all workers.
func (a *App) stop() {
	a.stopOnce.Do(func() {
		close(a.stopping) // before anything ends, so that what fails because of that is known to be interrupted
		a.clocks.stop()
		if a.stores {
			a.alarms.end()
		}
		a.posts.setActive(false)
		a.leaveCluster()
		var all sync.WaitGroup
		for _, w := range a.workers {
			all.Go(w.stop)
		}
		all.Wait()
		a.endCluster()
		a.closeData()
		if site := a.site(); site != nil {
			_ = site.Close()
		}
		a.config().client.Close()
		a.children.remove()
	})
}
