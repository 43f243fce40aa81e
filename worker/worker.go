package worker

import (
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// worker is a queue of events, a supervisor, and the instances that handle the events one after the other. Events that an
// instance has not begun when it ends wait for the next one.
type worker struct {
	app   *App
	index int
	tasks queue
	posts chan *script.Post // of other workers

	fresh    chan *instance // instances of a newer generation, ready to serve
	stopping chan struct{}  // closed by stop
	ended    chan struct{}  // closed when the worker has ended
	stopOnce sync.Once

	connections atomic.Int64
	handled     atomic.Uint64 // the number of events
	dropped     atomic.Uint64 // the number of posts
	postBytes   atomic.Int64  // bytes in posts

	slowEvents, droppedPosts warnings

	fetches *fetch.Gate
	sockets atomic.Int64 // connections to other servers
	status  status

	// These belong to the supervisor, except for the counters.
	crashes crashes      // of the current generation
	stuck   atomic.Int32 // abandoned instances whose turn has not returned
	lost    atomic.Int32 // runtimes that have failed and whose memory cannot be freed
	retired []*instance  // instances of earlier generations with events in progress

	mu   sync.Mutex
	last *instance // the instance that serves, or that has served before the worker fell asleep; guarded by mu
}

const (
	maxPosts = 1024 // that wait

	// maxPostBytes bounds the bytes of the posts that wait. A larger one is accepted if no other waits.
	maxPostBytes = 4 << 20
)

func newWorker(a *App, index int) *worker {
	return &worker{
		app:      a,
		index:    index,
		tasks:    newQueue(),
		posts:    make(chan *script.Post, maxPosts),
		fresh:    make(chan *instance),
		stopping: make(chan struct{}),
		ended:    make(chan struct{}),

		fetches: fetch.NewGate(a.opts.MaxFetches),
	}
}

// run lets one instance after the other handle the events, until the worker is stopped.
func (w *worker) run(in *instance) {
	for in != nil {
		in = w.serve(in)
	}
	w.endRetired()
	close(w.ended)
	w.tasks.close()
}

// serve lets an instance handle the events, and returns the next instance when it has ended or a newer generation is in
// use. It returns nil when the worker is stopped.
func (w *worker) serve(in *instance) *instance {
	w.begin(in)
	go in.run()
	select {
	case fresh := <-w.fresh:
		w.retire(in)
		return fresh
	case <-in.runtime.Stuck():
		w.abandon(in)
		return w.restart("stuck in a built-in function")
	case <-in.ended:
	}
	switch in.outcome {
	case outcomeIdle:
		return w.sleep()
	case outcomeFailed:
		return w.restart(in.failure)
	case outcomeStopped, outcomeFinished:
	}
	return nil
}

// begin makes an instance the one that serves.
func (w *worker) begin(in *instance) {
	w.mu.Lock()
	if w.last != nil && w.last.generation != in.generation {
		w.crashes = crashes{} // those of other code do not count
	}
	w.last = in
	w.mu.Unlock()
	close(in.serving)
	w.status.running(in.generation.number)
	if w.isStopping() { // stop may have been called before the instance was set
		in.stop()
	}
}

// sleep waits for the next event, and returns an instance that begins with it.
func (w *worker) sleep() *instance {
	w.status.asleep()
	w.app.opts.Logger.Info("worker asleep", "worker", w.index)
	var first task
	for first == (task{}) {
		select {
		case <-w.tasks.wake:
			first.event = w.tasks.take() // nil if the last instance has taken it
		case posted := <-w.posts:
			first.post = posted
		case fresh := <-w.fresh:
			return fresh
		case <-w.stopping:
			return nil
		}
	}
	return w.start(first)
}

// replace makes an instance of another generation the one that serves, and blocks until it does. It returns false if the
// worker is stopped.
func (w *worker) replace(fresh *instance) bool {
	select {
	case w.fresh <- fresh:
		<-fresh.serving
		return true
	case <-w.ended:
		return false
	}
}

// submit queues the event of a request and blocks until it has ended. It returns false if the event was not handled: the
// worker was stopped, or has refused it.
func (w *worker) submit(e *event) bool {
	refusal := w.status.refusal()
	if closed(refusal) {
		e.refused = true
		return false
	}
	return w.tasks.put(e) && w.follow(e, refusal)
}

// follow blocks until an event in the queue has ended or is refused.
func (w *worker) follow(e *event, refusal <-chan struct{}) bool {
	select {
	case <-e.done:
	case <-refusal:
		if e.claim() {
			e.refused = true
			return false
		}
		return w.follow(e, nil) // an instance has begun it
	case <-w.ended:
		e.end()
	}
	return e.handled()
}

// post queues a post of another worker. It returns false if the queue is full.
func (w *worker) post(p *script.Post) bool {
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

// handOn returns a post that a retired instance has taken to the queue.
func (w *worker) handOn(p *script.Post) {
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
		w.mu.Lock()
		last := w.last
		w.mu.Unlock()
		if last != nil {
			last.stop()
		}
	})
	<-w.ended
}
