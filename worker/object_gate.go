package worker

import "sync"

// outputGate holds back what an object sends until the writes that were made before it are durable: sends, responses, results and
// requests. Its methods are safe for concurrent use.
type outputGate struct {
	mu      sync.Mutex
	begun   uint64   // the number of commits that have begun
	durable uint64   // the number of commits that are durable; they become durable in order
	waiting []output // in order
	running bool     // a goroutine calls the functions of waiting
	failed  error    // a commit has failed, and so does everything that waits for it

	owns func() bool // reports whether this node owns the object; nil if the object can have no other owner
}

// output is something that an object sends, and the number of commits for which it waits.
type output struct {
	commits uint64
	send    func(err error)
}

// hold begins a commit. release must be called when it is durable or has failed.
func (g *outputGate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun++
}

// release ends the first commit. err is its failure: then nothing more leaves the object.
func (g *outputGate) release(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.durable++
	if g.failed == nil {
		g.failed = err
	}
	g.run()
}

// isOwned reports whether this node owns the object.
func (g *outputGate) isOwned() bool { return g.owns == nil || g.owns() }

// fail lets nothing more leave the object, for the reason err, until recover.
func (g *outputGate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed == nil {
		g.failed = err
	}
	g.run()
}

// recover opens the gate after a failure, for an object that is constructed again.
func (g *outputGate) recover() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failed = nil
}

// pass calls send when the commits that have begun are durable, and after everything that was passed before: at once if that is the case
// now. If a commit fails, err is the failure, and nothing may be sent. send must not block.
func (g *outputGate) pass(send func(err error)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, output{g.begun, send})
	g.run()
}

// isOpen reports whether pass would call its argument at once.
func (g *outputGate) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed == nil && g.begun == g.durable && len(g.waiting) == 0 && !g.running && g.isOwned()
}

// run calls what need not wait. One goroutine at a time does so, which keeps the order. mu is held, but not during the calls.
func (g *outputGate) run() {
	if g.running {
		return
	}
	g.running = true
	if len(g.waiting) > 0 && g.failed == nil && !g.isOwned() {
		g.failed = errTakenOver
	}
	for len(g.waiting) > 0 && (g.failed != nil || g.waiting[0].commits <= g.durable) {
		first, err := g.waiting[0], g.failed
		g.waiting[0] = output{}
		g.waiting = g.waiting[1:]
		g.mu.Unlock()
		first.send(err)
		g.mu.Lock()
	}
	if len(g.waiting) == 0 {
		g.waiting = nil
	}
	g.running = false
}
