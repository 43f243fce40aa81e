package worker

import (
	"cmp"
	"sync"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/bundle"
)

// generation is one loaded version of the application's code.
type generation struct {
	number int // counted from 1
	bundle *bundle.Bundle

	mu       sync.Mutex
	server   *linger.Server // set while the generation is in use
	request  string         // the message with an automatic answer, "" for none
	response string
	warnings []Problem // that were logged

	drains  bool     // there is a listener to websocketdrain
	listens []string // the events with listeners
}

// loadGeneration bundles the script and runs it in an engine for each worker. The install and
// activate events happen in the first one, once. The error is a *[LoadError]; then
// nothing of it is left.
func (a *App) loadGeneration(number int) (*generation, []*instance, error) {
	b, err := bundle.New(a.path, a.opts.Development)
	if err != nil {
		return nil, nil, loadErrorOf(err)
	}
	g := &generation{number: number, bundle: b}
	for _, p := range b.Warnings {
		g.warn(a, problemOf(p))
	}
	instances, err := a.instances(g)
	if err == nil {
		err = instances[0].activate()
	}
	if err == nil {
		err = a.checkListeners(g, a.generation.Load())
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

// instances makes an instance of the generation for each worker, at the same time.
func (a *App) instances(g *generation) ([]*instance, error) {
	made := make([]*instance, len(a.workers))
	errs := make([]error, len(a.workers))
	var all sync.WaitGroup
	for i, w := range a.workers {
		all.Go(func() { made[i], errs[i] = newInstance(w, g) })
	}
	all.Wait()
	return made, cmp.Or(errs...) // the others have the same error, since they run the same code
}

// use sets the server's automatic answer to that of the generation. use(nil) ends the use: later calls of setAutoResponse
// have no effect on the server.
func (g *generation) use(server *linger.Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.server = server
	if server != nil {
		_ = server.SetAutoResponse(g.request, g.response) // setAutoResponse has checked them
	}
}

// setAutoResponse sets the generation's automatic answer. It has an effect only while the generation is in use.
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
