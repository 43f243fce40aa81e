package worker

import (
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// worker is a queue of events, a supervisor, and the instances that handle the events one after the other. Events that an
// instance has not begun before it ends wait for the next instance.
type worker struct {
	app   *App
	index int
	tasks queue
	posts chan *script.Post // BroadcastChannel messages of other workers

	replacements chan *instance // instances of a newer generation, ready to serve
	stopping     chan struct{}  // closed by stop
	ended        chan struct{}  // closed when the worker has ended
	stopOnce     sync.Once

	connections  atomic.Int64  // the number of connections that are assigned to the worker
	handledCount atomic.Uint64 // the number of events that instances have begun
	droppedCount atomic.Uint64 // the number of posts that were dropped
	objects      atomic.Int64  // the number of objects that instances have
	wakeCount    atomic.Uint64 // the number of objects that instances have constructed
	postBytes    atomic.Int64  // the number of bytes in posts

	slowWarnings, droppedPostWarnings warningLimit

	fetches atomic.Pointer[fetch.Gate] // of the instance that serves
	sockets atomic.Int64               // the number of WebSockets to other servers
	status  status

	// These fields belong to the supervisor's goroutine, except for the atomic ones.
	failures failureTimes // the failures of the current generation
	stuck    atomic.Int32 // the number of abandoned instances whose turn has not returned
	lost     atomic.Int32 // the number of failed runtimes whose memory cannot be freed
	retired  []*instance  // instances of earlier generations that finish their events

	mu     sync.Mutex
	latest *instance // the instance that serves, or that has served before the worker fell asleep; guarded by mu
}

const (
	maxPosts = 1024 // posts in the queue

	// maxPostBytes bounds the bytes of the posts in the queue. A larger post is accepted if the queue is empty.
	maxPostBytes = 4 << 20
)

func newWorker(a *App, index int) *worker {
	return &worker{
		app:          a,
		index:        index,
		tasks:        newQueue(a.traceTime),
		posts:        make(chan *script.Post, maxPosts),
		replacements: make(chan *instance),
		stopping:     make(chan struct{}),
		ended:        make(chan struct{}),
	}
}

// runInstances serves events with one instance after the other, beginning with in, until the worker is stopped.
func (w *worker) runInstances(in *instance) {
	for in != nil {
		in = w.serve(in)
	}
	w.endRetired()
	close(w.ended)
	w.tasks.close()
}

// serve runs an instance until it has ended or the instance of a newer generation is ready, and returns the next instance. It
// returns nil if the worker is stopped.
func (w *worker) serve(in *instance) *instance {
	w.setServing(in)
	go in.runLoop()
	select {
	case fresh := <-w.replacements:
		w.retire(in)
		return fresh
	case <-in.runtime.Stuck():
		w.abandon(in)
		return w.restart(reasonStuck, "stuck in a built-in function")
	case <-in.ended:
	}
	switch in.outcome {
	case outcomeIdle:
		return w.sleep()
	case outcomeFailed:
		return w.restart(in.reason, in.failure)
	case outcomeStopped, outcomeFinished:
	}
	return nil
}

// setServing makes an instance the one that serves.
func (w *worker) setServing(in *instance) {
	w.mu.Lock()
	if w.latest != nil && w.latest.generation != in.generation {
		w.failures = failureTimes{} // failures of another version do not count
	}
	last := w.latest
	w.latest = in
	w.mu.Unlock()
	if last != nil {
		w.app.posts.follow(last.host.listened()...)
	}
	w.app.posts.follow(in.host.listened()...)
	w.fetches.Store(in.host.gate)
	close(in.serving)
	w.status.setRunning(in.generation.number, in.runtime.Process())
	if w.isStopping() { // stop may have been called before the instance was set
		in.stop()
	}
}

// sleep blocks until the next event, and returns an instance that begins with it. It returns the instance of a newer generation
// if there is one first, and nil if the worker is stopped.
func (w *worker) sleep() *instance {
	w.status.setAsleep()
	w.app.opts.Logger.Info("worker asleep", "worker", w.index)
	var first task
	for first == (task{}) {
		select {
		case <-w.tasks.wake:
			first.event = w.tasks.next() // nil if the last instance has handled the event
		case posted := <-w.posts:
			first.post = posted
		case fresh := <-w.replacements:
			return fresh
		case <-w.stopping:
			return nil
		}
	}
	return w.start(first)
}

// replace makes an instance of another generation the one that serves, and blocks until it serves. It returns false if the
// worker was stopped first.
func (w *worker) replace(fresh *instance) bool {
	select {
	case w.replacements <- fresh:
		<-fresh.serving
		return true
	case <-w.ended:
		return false
	}
}

// submit queues the event of a request and blocks until it has ended. It returns false if the event was not handled, because the
// worker was stopped or backs off; then e.refused reports the latter.
func (w *worker) submit(e *event) bool {
	refusal := w.status.refusal()
	if closed(refusal) {
		e.refused = true
		return false
	}
	return w.tasks.add(e) && w.awaitEvent(e, refusal)
}

// awaitEvent blocks until an event in the queue has ended or is refused. It reports whether the event was handled.
func (w *worker) awaitEvent(e *event, refusal <-chan struct{}) bool {
	select {
	case <-e.done:
	case <-refusal:
		if e.claim() {
			e.refused = true
			return false
		}
		return w.awaitEvent(e, nil) // an instance has begun the event
	case <-w.ended:
		e.end()
	}
	return e.handled()
}

// queuePost queues a post of another worker. It does not block, and returns false if the queue is full.
func (w *worker) queuePost(p *script.Post) bool {
	size := p.Size()
	if n := w.postBytes.Add(size); n > maxPostBytes && n > size {
		w.postBytes.Add(-size)
		return false
	}
	select {
	case w.posts <- p:
		return true
	default:
		w.postBytes.Add(-size)
		return false
	}
}

// requeuePost puts a post that a retired instance has received back into the queue. It blocks while the queue is full.
func (w *worker) requeuePost(p *script.Post) {
	select {
	case w.posts <- p:
	case <-w.ended:
	}
}

func (w *worker) isStopping() bool { return closed(w.stopping) }

// stop ends the worker, interrupts a turn that runs, and blocks until the worker has ended.
func (w *worker) stop() {
	w.stopOnce.Do(func() {
		close(w.stopping)
		if last := w.latestInstance(); last != nil {
			last.stop()
		}
	})
	<-w.ended
}

// gateFor returns the gate for an instance that may have limit fetches in flight: that of the instance that serves if it has this
// limit, so that all instances of the worker share it.
func (w *worker) gateFor(limit int) *fetch.Gate {
	if gate := w.fetches.Load(); gate != nil && gate.Limit() == limit {
		return gate
	}
	return fetch.NewGate(limit)
}
