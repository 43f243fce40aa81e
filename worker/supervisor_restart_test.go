package worker

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// newIdleWorker is a worker that runs no engine.
func newIdleWorker() *worker {
	return newWorker(&App{opts: Options{Logger: slog.New(slog.DiscardHandler)}}, 0)
}

// newIdleInstance is an instance without a runtime, whose loop does not run.
func newIdleInstance(w *worker) *instance {
	in := &instance{
		worker: w, app: w.app, events: activeEvents{pending: &w.app.pending},
		arrivals: newArrivals(), sockets: newJSSockets(false), retired: make(chan struct{}),
	}
	in.host = newHostAPI(in)
	return in
}

func TestWorkerPauseEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(*worker, *instance){
			"generation": func(w *worker, in *instance) { w.fresh <- in },
			"stop":       func(w *worker, _ *instance) { close(w.stopping) },
		} {
			w, in := newIdleWorker(), &instance{}
			began := time.Now()
			go end(w, in)
			fresh, again := w.pause(time.Hour, "a test")
			if again || time.Since(began) != 0 || (fresh == in) != (name == "generation") {
				t.Errorf("%s ends the pause at once; got %v, %v after %v", name, fresh, again, time.Since(began))
			}
		}
	})
}

func TestWorkerPauseLastsForItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIdleWorker()
		began := time.Now()
		if _, again := w.pause(0, "a test"); !again || time.Since(began) != 0 || w.report().State == backingOff {
			t.Error("no pause is none")
		}
		refusal := w.status.refusal()
		time.AfterFunc(30*time.Second, func() {
			if w.status.pause() != 30*time.Second || w.report().Reason != "a test" || !closed(refusal) {
				t.Errorf("meanwhile requests are refused for the rest of it; got %v, %+v", w.status.pause(), w.report())
			}
		})
		if _, again := w.pause(time.Minute, "a test"); !again || time.Since(began) != time.Minute {
			t.Errorf("the next attempt comes after the pause; got %v", time.Since(began))
		}
	})
}

func TestWorkerPauseWhileInstancesAreStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIdleWorker()
		w.stuck.Store(maxStuck)
		began := time.Now()
		time.AfterFunc(10*time.Second, func() { w.stuck.Add(-1) })
		if _, again := w.pause(0, "a test"); !again || time.Since(began) < 10*time.Second || time.Since(began) > 12*time.Second {
			t.Errorf("the next attempt comes when one has come back; got %v", time.Since(began))
		}
		for _, lost := range []int32{0, 1, maxGivenUp} {
			w.stuck.Store(maxGivenUp - lost)
			w.lost.Store(lost)
			if _, err := newInstance(w, &generation{}); err == nil {
				t.Errorf("a reload cannot fill the process with engines that are given up either; got one with %d stuck and %d failed", maxGivenUp-lost, lost)
			}
		}
	})
}
