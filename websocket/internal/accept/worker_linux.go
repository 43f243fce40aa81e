package accept

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// workers are the goroutines that call the handlers of upgrade requests. A worker waits for another request when a handler has
// accepted its connection in time: its stack has grown to the size that a request needs, and it has a timer. The worker that was busy
// last is used first, because its stack is likely to be in the processor's cache.
type workers struct {
	mu    sync.Mutex
	idle  []*worker // that wait
	ended bool      // the listener is closed
}

// maxIdleWorkers bounds the workers that wait, which have stacks of 32 KiB.
const maxIdleWorkers = 32

// serve has a worker call the handler of a request. It does not block.
func (g *workers) serve(w *upgradeWriter) {
	if idle := g.take(); idle != nil {
		idle.requests <- w
		return
	}
	go newWorker(g).run(w)
}

// take returns a worker that waits for a request, or nil.
func (g *workers) take() (idle *worker) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if last := len(g.idle) - 1; last >= 0 {
		idle, g.idle = g.idle[last], g.idle[:last]
	}
	return idle
}

// put adds a worker that is going to wait. It reports false if there are enough, or the listener is closed.
func (g *workers) put(idle *worker) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended || len(g.idle) == maxIdleWorkers {
		return false
	}
	g.idle = append(g.idle, idle)
	return true
}

// end ends the workers that wait, and the others when they are done.
func (g *workers) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, idle := range g.idle {
		close(idle.requests)
	}
	g.idle, g.ended = nil, true
}

// worker is a goroutine that serves one request after the other.
type worker struct {
	group    *workers
	requests chan *upgradeWriter           // holds the next request of a worker that waits
	timer    *time.Timer                   // promotes the request that is served
	serving  atomic.Pointer[upgradeWriter] // nil while it waits
}

func newWorker(g *workers) *worker { return &worker{group: g, requests: make(chan *upgradeWriter, 1)} }

func (k *worker) run(w *upgradeWriter) {
	growStack()
	for w != nil && k.serve(w) && k.group.put(k) {
		w = <-k.requests
	}
}

// promoteAfter is how long a handler may run before its request is promoted.
const promoteAfter = 5 * time.Millisecond

// serve calls the handler of a request. It reports whether the connection has been detached.
func (k *worker) serve(w *upgradeWriter) (detached bool) {
	k.startTimer(w)
	returned := false
	defer func() { // also after runtime.Goexit
		k.timer.Stop()
		k.serving.Store(nil)
		detached = w.handlerEnded(returned, recover())
	}()
	w.listener.promoter.handler.ServeHTTP(w, w.request)
	returned = true
	return detached // set by the deferred function
}

func (k *worker) startTimer(w *upgradeWriter) {
	k.serving.Store(w)
	if k.timer == nil {
		k.timer = time.AfterFunc(promoteAfter, k.promote)
	} else {
		k.timer.Reset(promoteAfter)
	}
}

// promote promotes the request that is served, unless the connection has been detached. If the timer fires while one request ends and
// the next one begins, the latter may be promoted early, which costs time and changes nothing else.
func (k *worker) promote() {
	if w := k.serving.Load(); w != nil {
		_, _ = w.promote()
	}
}

// growStack grows the stack of a new goroutine at once to the size that a request needs. Otherwise it would grow step by
// step, and be copied each time.
//
//go:noinline
func growStack() {
	var room [12 << 10]byte
	runtime.KeepAlive(&room)
}
