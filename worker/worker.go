package worker

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// worker is a queue of events, and the engines that handle them one after the other.
// Events that the last engine has not begun wait for the next.
type worker struct {
	app   *App
	index int
	tasks chan *event    // bounded; who submits waits
	posts chan post      // bounded; what does not fit is dropped
	fresh chan *instance // of the next generation, ready to run
	halt  chan struct{}  // closed by stop
	gone  chan struct{}  // closed when the worker has ended

	connections atomic.Int64
	handled     atomic.Uint64 // events
	dropped     atomic.Uint64 // posts

	crashes  crashes
	stuck    atomic.Int32 // engines that do not come back from a built-in function
	status   status
	stopOnce sync.Once

	mu      sync.Mutex
	last    *instance   // which listens for posts, also in its sleep
	retired []*instance // of earlier generations, with events to finish
}

const (
	maxTasks   = 256  // events that wait for the engine before who submits them waits too
	maxPosts   = 1024 // messages of other workers that wait
	maxRetired = 4    // generations with events to finish
	maxStuck   = 2    // engines that never come back
)

func newWorker(a *App, index int) *worker {
	return &worker{
		app:   a,
		index: index,
		tasks: make(chan *event, maxTasks),
		posts: make(chan post, maxPosts),
		fresh: make(chan *instance),
		halt:  make(chan struct{}),
		gone:  make(chan struct{}),
	}
}

// run lets one engine after the other handle the events.
func (w *worker) run(in *instance) {
	defer close(w.gone)
	for in != nil {
		in = w.serve(in)
	}
	w.endRetired()
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

func (w *worker) begin(in *instance) {
	w.mu.Lock()
	w.last = in
	w.mu.Unlock()
	w.status.running(in.generation.number)
	if w.halted() { // stop may have come before it could see this one
		in.stop()
	}
}

// sleep waits without an engine for the next event.
func (w *worker) sleep() *instance {
	w.status.asleep()
	w.app.opts.Logger.Debug("worker asleep", "worker", w.index)
	var first task
	select {
	case first.event = <-w.tasks:
	case posted := <-w.posts:
		first.post = &posted
	case fresh := <-w.fresh:
		return fresh
	case <-w.halt:
		return nil
	}
	return w.start(first)
}

// replace has another engine take the place of one that failed: at once, or after a
// pause if that happens again and again.
func (w *worker) replace(why string) *instance {
	if w.halted() {
		return nil
	}
	w.app.opts.Logger.Warn("worker replaced", "worker", w.index, "reason", why)
	fresh, again := w.pause(w.crashes.add(time.Now()), why)
	if !again {
		return fresh
	}
	return w.start(task{})
}

// start makes an engine of the generation of this moment, and tries until it
// succeeds, ever more slowly. first is what it begins with. It returns nil when the
// worker is stopped.
func (w *worker) start(first task) *instance {
	for !w.halted() {
		in, err := newInstance(w, w.app.generation.Load())
		if err == nil {
			in.first = first
			return in
		}
		w.app.opts.Logger.Error("worker cannot be started", "worker", w.index, "error", err)
		w.crashes.add(time.Now())
		fresh, again := w.pause(w.crashes.atLeast(retryMin), err.Error())
		if !again {
			if fresh != nil {
				fresh.first = first
			}
			return fresh
		}
	}
	return nil
}

// pause lets time pass in which requests are refused and messages wait. It ends early
// with the engine of another generation, or with nil when the worker is stopped;
// again tells that it did neither.
func (w *worker) pause(delay time.Duration, why string) (fresh *instance, again bool) {
	for delay > 0 || w.stuck.Load() >= maxStuck {
		delay = max(delay, retryMin)
		w.status.backOff(time.Now().Add(delay), why)
		w.app.opts.Logger.Error("worker backs off", "worker", w.index, "reason", why, "again", delay.String())
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
			delay = 0
		case fresh = <-w.fresh:
			return fresh, false
		case <-w.halt:
			return nil, false
		}
	}
	return nil, true
}

// take gives the worker the engine of another generation. It returns false if the
// worker is stopped.
func (w *worker) take(fresh *instance) bool {
	select {
	case w.fresh <- fresh:
		return true
	case <-w.gone:
		return false
	}
}

// retire lets an engine finish what it has begun. There are only so many of them:
// the oldest is cut off.
func (w *worker) retire(in *instance) {
	w.retired = slices.DeleteFunc(w.retired, (*instance).isOver)
	if len(w.retired) >= maxRetired {
		w.app.opts.Logger.Warn("events cut off: too many generations have events to finish", "worker", w.index)
		w.end(w.retired[0])
		w.retired = w.retired[1:]
	}
	w.retired = append(w.retired, in)
	close(in.retired)
	go w.await(in)
}

// endRetired ends what is left of earlier generations.
func (w *worker) endRetired() {
	for _, in := range w.retired {
		w.end(in)
	}
}

// end stops an engine and waits for it, if it can be stopped.
func (w *worker) end(in *instance) {
	in.stop()
	w.await(in)
}

// await waits for the end of an engine, and gives it up if it is stuck.
func (w *worker) await(in *instance) {
	select {
	case <-in.over:
	case <-in.watch.stuck:
		w.abandon(in)
	}
}

// abandon gives up an engine that does not come back. Its goroutine and its memory
// are free again if it ever does.
func (w *worker) abandon(in *instance) {
	if !in.abandon() {
		return
	}
	w.stuck.Add(1)
	go func() {
		<-in.over
		w.stuck.Add(-1)
	}()
}

func (w *worker) halted() bool {
	select {
	case <-w.halt:
		return true
	default:
		return false
	}
}

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
