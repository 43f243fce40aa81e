package worker

import "slices"

// maxRetired is the maximum number of retired instances of a worker.
const maxRetired = 4

// retire lets an instance finish what it has begun while the next one serves. If there are too many retired instances, the
// oldest is stopped.
func (w *worker) retire(in *instance) {
	close(in.retired) // before others are stopped, so that it does not begin the next events of their connections
	w.retired = slices.DeleteFunc(w.retired, (*instance).hasEnded)
	if len(w.retired) >= maxRetired {
		w.app.opts.Logger.Warn("events cut off: too many generations have events to finish", "worker", w.index)
		w.retired[0].stop()
		w.retired = slices.Delete(w.retired, 0, 1)
	}
	w.retired = append(w.retired, in)
	in.giveUpObjects()
	go w.awaitEnd(in)
}

// endRetired stops the retired instances and blocks until they have ended.
func (w *worker) endRetired() {
	for _, in := range w.retired {
		in.stop()
	}
	for _, in := range w.retired {
		w.awaitEnd(in)
	}
}

// awaitEnd blocks until an instance has ended, or abandons it if it is stuck.
func (w *worker) awaitEnd(in *instance) {
	select {
	case <-in.ended:
	case <-in.runtime.Stuck():
		w.abandon(in)
	}
}

// abandon gives up an instance that is stuck. Its goroutine ends and its memory is freed if the turn ever returns.
func (w *worker) abandon(in *instance) {
	if !in.abandon() {
		return
	}
	w.stuck.Add(1)
	go func() {
		<-in.ended
		w.stuck.Add(-1)
	}()
}
