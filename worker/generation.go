package worker

import (
	"cmp"
	"sync"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/bundle"
)

// generation is one loaded version of the application.
type generation struct {
	number int // from 1
	bundle *bundle.Bundle

	mu       sync.Mutex
	server   *linger.Server // while it is in use
	request  string         // what setWebSocketAutoResponse was given
	response string
	warnings []Problem // that have been logged

	drains  bool     // something listens to websocketdrain
	listens []string // the events that something listens to
}

// load bundles the script and runs it in an engine for each worker. The install and
// activate events happen in the first one, once. The error is a *[LoadError]; then
// nothing of it is left.
func (a *App) load(number int) (*generation, []*instance, error) {
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

// instances makes an engine of the generation for each worker, side by side.
func (a *App) instances(g *generation) ([]*instance, error) {
	made := make([]*instance, len(a.workers))
	errs := make([]error, len(a.workers))
	var all sync.WaitGroup
	for i, w := range a.workers {
		all.Go(func() { made[i], errs[i] = newInstance(w, g) })
	}
	all.Wait()
	return made, cmp.Or(errs...) // one is enough: the others run the same code
}

// use puts the generation's automatic answer in place of the last one's. With nil it
// ends that: what the generation still does has no effect on the next one's answer.
func (g *generation) use(server *linger.Server) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.server = server
	if server != nil {
		_ = server.SetAutoResponse(g.request, g.response) // was checked when it was set
	}
}

// autoRespond notes the automatic answer that the script wants. Outside of the time in
// which the generation is in use it has no effect yet, or no more.
func (g *generation) autoRespond(request, response string) error {
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
