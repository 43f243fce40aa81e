package worker

import (
	"context"
	"sync"
	"time"
)

// worker is a queue of events and the event loop that handles them, one goroutine.
// It outlives its engines: one that is of no more use is replaced, while the events
// that it has not begun wait.
type worker struct {
	app   *App
	tasks chan *event   // bounded; who submits waits
	halt  chan struct{} // closed by stop
	gone  chan struct{} // closed when the loop has ended

	watch      watchdog
	extensions extensions
	stopOnce   sync.Once
}

// maxTasks is how many events may wait for the engine before who submits them
// waits too.
const maxTasks = 256

func newWorker(a *App) *worker {
	return &worker{
		app:   a,
		tasks: make(chan *event, maxTasks),
		halt:  make(chan struct{}),
		gone:  make(chan struct{}),
	}
}

// submit has an event handled and waits until it is. It returns false if the
// worker has been stopped before.
func (w *worker) submit(e *event) bool {
	select {
	case w.tasks <- e:
	case <-w.gone:
		return false
	}
	select {
	case <-e.done:
		return true
	case <-w.gone:
	}
	select {
	case <-e.done: // it was among the last
		return true
	default:
		return false
	}
}

// run is the event loop, with one engine after the other.
func (w *worker) run(in *instance) {
	defer close(w.gone)
	for in != nil {
		in.run()
		in.close()
		in = w.next()
	}
}

// next loads the application into a new engine, and tries until it succeeds, ever
// more slowly. It returns nil when the worker is stopped.
func (w *worker) next() *instance {
	log := w.app.opts.Logger
	for delay := 100 * time.Millisecond; !w.halted(); delay = min(2*delay, time.Minute) {
		in, err := newInstance(w)
		if err == nil {
			log.Warn("worker replaced")
			return in
		}
		log.Error("worker cannot be replaced", "error", err, "again", delay.String())
		select {
		case <-time.After(delay):
		case <-w.halt:
		}
	}
	return nil
}

func (w *worker) halted() bool {
	select {
	case <-w.halt:
		return true
	default:
		return false
	}
}

// stop ends the loop, and the script too if it is at work.
func (w *worker) stop() {
	w.stopOnce.Do(func() {
		close(w.halt)
		w.watch.end()
	})
	<-w.gone
}

// awaitExtensions waits until no work of waitUntil is left, or ctx ends, and tells
// which.
func (w *worker) awaitExtensions(ctx context.Context) error {
	select {
	case <-w.extensions.idle():
	case <-w.gone:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
