package worker

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/worker/internal/loop"
)

// newIdleWorker returns a worker without an engine.
func newIdleWorker() *worker {
	return newWorker(&App{opts: Options{Logger: slog.New(slog.DiscardHandler)}}, 0)
}

// newIdleInstance returns an instance whose runtime has no application, and whose loop does not run.
func newIdleInstance(w *worker) *instance {
	in := &instance{
		worker: w, app: w.app, generation: &generation{configuration: &configuration{}}, events: activeEvents{pending: &w.app.pending},
		runtime: &fakeRuntime{}, arrivals: loop.NewArrivals(), sockets: newJSSockets(false), retired: make(chan struct{}),
	}
	in.host = newHostAPI(in)
	return in
}

func TestWorkerBackOffEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, end := range map[string]func(*worker, *instance){
			"generation": func(w *worker, in *instance) { w.replacements <- in },
			"stop":       func(w *worker, _ *instance) { close(w.stopping) },
		} {
			w, in := newIdleWorker(), &instance{}
			began := time.Now()
			go end(w, in)
			fresh, again := w.backOff(time.Hour, "a test")
			if again || time.Since(began) != 0 || (fresh == in) != (name == "generation") {
				t.Errorf("%s ends the backoff immediately; got %v, %v after %v", name, fresh, again, time.Since(began))
			}
		}
	})
}

func TestWorkerBackOffLastsForItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIdleWorker()
		began := time.Now()
		if _, again := w.backOff(0, "a test"); !again || time.Since(began) != 0 || w.currentStatus().State == stateBackingOff {
			t.Error("a backoff of 0 ends immediately")
		}
		refusal := w.status.refusal()
		time.AfterFunc(30*time.Second, func() {
			if w.status.retryAfter() != 30*time.Second || w.currentStatus().Reason != "a test" || !closed(refusal) {
				t.Errorf("during a backoff requests are refused for its remaining time; got %v, %+v", w.status.retryAfter(), w.currentStatus())
			}
		})
		if _, again := w.backOff(time.Minute, "a test"); !again || time.Since(began) != time.Minute {
			t.Errorf("the backoff lasts for its delay; got %v", time.Since(began))
		}
	})
}

func TestWorkerBackOffWhileInstancesAreStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIdleWorker()
		w.stuck.Store(maxStuck)
		began := time.Now()
		time.AfterFunc(10*time.Second, func() { w.stuck.Add(-1) })
		if _, again := w.backOff(0, "a test"); !again || time.Since(began) < 10*time.Second || time.Since(began) > 12*time.Second {
			t.Errorf("the backoff lasts until one of the stuck instances has ended; got %v", time.Since(began))
		}
		for _, lost := range []int32{0, 1, maxAbandoned} {
			w.stuck.Store(maxAbandoned - lost)
			w.lost.Store(lost)
			if _, err := newInstance(w, &generation{}); err == nil {
				t.Errorf("no instance is made for a reload while too many are stuck; got one with %d stuck and %d lost", maxAbandoned-lost, lost)
			}
		}
	})
}
