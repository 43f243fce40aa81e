package worker

import (
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/worker/internal/fetch"
)

// worker is a queue of events, and the engines that handle them one after the other.
// Events that the last engine has not begun wait for the next.
type worker struct {
	app   *App
	index int
	tasks queue
	posts chan post      // bounded; what does not fit is dropped
	fresh chan *instance // of the next generation, ready to run
	halt  chan struct{}  // closed by stop
	gone  chan struct{}  // closed when the worker has ended

	connections atomic.Int64
	handled     atomic.Uint64 // events
	dropped     atomic.Uint64 // posts
	postBytes   atomic.Int64  // in posts that wait

	slowEvents, droppedPosts warnings

	fetches  *fetch.Gate  // that engines of it have begun
	sockets  atomic.Int64 // that they have open to other servers
	crashes  crashes      // of the generation of this moment
	stuck    atomic.Int32 // engines that do not come back from a built-in function
	lost     atomic.Int32 // engines that failed inside, whose memory stays
	status   status
	stopOnce sync.Once

	mu   sync.Mutex
	last *instance // which listens for posts, also in its sleep

	retired []*instance // of earlier generations, with events to finish
}

const (
	maxPosts = 1024 // messages of other workers that wait

	// maxPostBytes bounds what is in them. One that is larger is taken if none waits.
	maxPostBytes = 4 << 20
)

func newWorker(a *App, index int) *worker {
	return &worker{
		app:   a,
		index: index,
		tasks: newQueue(),
		posts: make(chan post, maxPosts),
		fresh: make(chan *instance),
		halt:  make(chan struct{}),
		gone:  make(chan struct{}),

		fetches: fetch.NewGate(a.opts.MaxFetches),
	}
}

// run lets one engine after the other handle the events.
func (w *worker) run(in *instance) {
	for in != nil {
		in = w.serve(in)
	}
	w.endRetired()
	close(w.gone)
	w.tasks.close()
}

// serve lets an engine handle events and returns the one that takes its place, nil
// when the worker is stopped.
func (w *worker) serve(in *instance) *instance {
	w.begin(in)
	go in.run()
	select {
	case fresh := <-w.fresh:
		w.retire(in)
		return fresh
	case <-in.watch.stuck:
		w.abandon(in)
		return w.replace("stuck in a built-in function")
	case <-in.over:
	}
	switch in.ending {
	case fellAsleep:
		return w.sleep()
	case failed:
		return w.replace(in.failure)
	case halted, finished:
	}
	return nil
}

// begin makes an engine the worker's.
func (w *worker) begin(in *instance) {
	w.mu.Lock()
	if w.last != nil && w.last.generation != in.generation {
		w.crashes = crashes{} // of other code
	}
	w.last = in
	w.mu.Unlock()
	close(in.begun)
	w.status.running(in.generation.number)
	if w.halted() { // stop may have come before it could see this one
		in.stop()
	}
}

// sleep waits without an engine for the next event.
func (w *worker) sleep() *instance {
	w.status.asleep()
	w.app.opts.Logger.Info("worker asleep", "worker", w.index)
	var first task
	for first == (task{}) {
		select {
		case <-w.tasks.wake:
			first.event = w.tasks.take() // nil, if it was taken before the last engine ended
		case posted := <-w.posts:
			first.post = &posted
		case fresh := <-w.fresh:
			return fresh
		case <-w.halt:
			return nil
		}
	}
	return w.start(first)
}

// take gives the worker the engine of another generation, and returns when that handles
// the events. It returns false if the worker is stopped.
func (w *worker) take(fresh *instance) bool {
	select {
	case w.fresh <- fresh:
		<-fresh.begun
		return true
	case <-w.gone:
		return false
	}
}

// post queues a message of another worker, and returns false if there is no room for it.
func (w *worker) post(p post) bool {
	size := p.size()
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

// handOn gives the engine of this moment a post that a retired one has taken by chance.
func (w *worker) handOn(p post) {
	select {
	case w.posts <- p:
	case <-w.gone:
	}
}

func (w *worker) halted() bool { return closed(w.halt) }

// stop ends the worker, and the script too if it is at work.
func (w *worker) stop() {
	w.stopOnce.Do(func() {
		close(w.halt)
		w.mu.Lock()
		last := w.last
		w.mu.Unlock()
		if last != nil {
			last.stop()
		}
	})
	<-w.gone
}
