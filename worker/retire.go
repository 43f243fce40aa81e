package worker

import "slices"

// maxRetired is how many generations may have events to finish.
const maxRetired = 4

// retire lets an engine finish what it has begun, beside the one that takes its place.
// If there are too many of them the oldest is cut off.
func (w *worker) retire(in *instance) {
	w.retired = slices.DeleteFunc(w.retired, (*instance).isOver)
	if len(w.retired) >= maxRetired {
		w.app.opts.Logger.Warn("events cut off: too many generations have events to finish", "worker", w.index)
		w.retired[0].stop()
		w.retired = slices.Delete(w.retired, 0, 1)
	}
	w.retired = append(w.retired, in)
	close(in.retired)
	go w.await(in)
}

// endRetired ends what is left of earlier generations.
func (w *worker) endRetired() {
	for _, in := range w.retired {
		in.stop()
	}
	for _, in := range w.retired {
		w.await(in)
	}
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
