package worker

import (
	"cmp"
	"sync"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/assets"
	"github.com/lingerws/linger/worker/internal/bundle"
)

// generation is one loaded version of the application's code, with its configuration.
type generation struct {
	*configuration

	number int // the number of the version, counted from 1
	bundle *bundle.Bundle
	file   string       // the path of the bundle for child processes; "" if the application runs in this process
	site   *assets.Site // the static files; nil if there are none

	mu       sync.Mutex
	server   *linger.Server // the server while the generation is in use, otherwise nil
	request  string         // the message that is answered automatically; "" for none
	response string         // the automatic answer to request
	warnings []Problem      // the warnings that were logged

	listenedEvents []string // the names of the events with listeners
}

// loadGeneration bundles the script and runs it in an instance for each worker. The install and
// activate events are dispatched once, to the first instance. The error is a *[LoadError] or
// [ErrStopped]; then all instances have ended.
func (a *App) loadGeneration(number int, c *configuration) (*generation, []*instance, error) {
	g, instances, err := a.tryGeneration(number, c)
	return g, instances, a.unlessStopped(err)
}

// tryGeneration is loadGeneration with any error if the application has been shut down.
func (a *App) tryGeneration(number int, c *configuration) (*generation, []*instance, error) {
	b, err := bundle.New(a.path, c.opts.Development, a.opts.Runtime.target())
	if err != nil {
		return nil, nil, loadErrorOf(err)
	}
	site, err := openAssets(c)
	if err != nil {
		return nil, nil, err
	}
	g := &generation{configuration: c, number: number, bundle: b, site: site}
	if err := a.children.write(g); err != nil {
		return nil, nil, err
	}
	for _, p := range b.Warnings {
		g.warn(a, problemOf(p))
	}
	a.warnOfAssets(g)
	instances, err := a.newInstances(g)
	if err == nil {
		err = instances[0].activate()
	}
	if err == nil {
		err = a.checkListeners(g, a.generation.Load())
	}
	if err == nil && a.isStopping() {
		err = ErrStopped
	}
	if err != nil {
		for _, in := range instances {
			if in != nil {
				in.discard()
			}
		}
		return nil, nil, err
	}
	return g, instances, nil
}

// newInstances makes an instance of the generation for each worker, at the same time.
func (a *App) newInstances(g *generation) ([]*instance, error) {
	made := make([]*instance, len(a.workers))
	errs := make([]error, len(a.workers))
	var all sync.WaitGroup
	for i, w := range a.workers {
		all.Go(func() { made[i], errs[i] = newInstance(w, g) })
	}
	all.Wait()
	return made, cmp.Or(errs...) // all instances run the same code, so the other errors are the same
}

// setServer puts the generation in use: the server's automatic answer becomes that of the generation. setServer(nil) ends the
// use; later calls of setAutoResponse have no effect on the server.
func (g *generation) setServer(server *linger.Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.server = server
	if server != nil {
		_ = server.SetAutoResponse(g.request, g.response) // setAutoResponse has checked them
	}
}

// setAutoResponse sets the generation's automatic answer, and that of the server while the generation is in use.
func (g *generation) setAutoResponse(request, response string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := linger.CheckAutoResponse(request, response); err != nil {
		return err
	}
	g.request, g.response = request, response
	if g.server == nil {
		return nil
	}
	return g.server.SetAutoResponse(request, response)
}
