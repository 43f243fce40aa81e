package worker

import "slices"

// maxRetired bounds the retired instances of a worker.
const maxRetired = 4

// retire lets an instance finish what it has begun, while the next one serves. If there are too many of them, the oldest is
// stopped.
func (w *worker) retire(in *instance) {
	w.retired = slices.DeleteFunc(w.retired, (*instance).hasEnded)
	if len(w.retired) >= maxRetired {
		w.app.opts.Logger.Warn("events cut off: too many generations have events to finish", "worker", w.index)
		w.retired[0].stop()
		w.retired = slices.Delete(w.retired, 0, 1)
	}
	w.retired = append(w.retired, in)
	close(in.retired)
	go w.await(in)
}

// endRetired stops the retired instances and waits for them.
func (w *worker) endRetired() {
	for _, in := range w.retired {
		in.stop()
	}
	for _, in := range w.retired {
		w.await(in)
	}
}

// await blocks until an instance has ended, and abandons it if it is stuck.
func (w *worker) await(in *instance) {
	select {
	case <-in.ended:
	case <-in.runtime.Stuck():
		w.abandon(in)
	}
}

// abandon gives up an instance that is stuck. Its goroutine and its memory are freed if the turn ever returns.
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
