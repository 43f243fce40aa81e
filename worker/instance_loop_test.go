package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// clockOf returns how long an event loop waits with the clock that arm sets, at most an hour.
func clockOf(in *instance) time.Duration {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	began := time.Now()
	in.arm(clock)
	<-clock.C
	return time.Since(began)
}

func TestInstanceArmSetsTheClockToTheNextStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &instance{app: &App{opts: Options{SleepAfter: time.Minute}}, retired: make(chan struct{})}
		in.postponeSleep()
		if got := clockOf(in); got != time.Minute {
			t.Errorf("without timers the loop wakes up after SleepAfter; got %v", got)
		}
		in.postponeSleep()
		in.timers.set(1, time.Second, false)
		if got := clockOf(in); got != time.Second {
			t.Errorf("the loop wakes up for a timer that is due before that; got %v", got)
		}
		in.timers.clear(1)
		in.timers.set(1, 10*time.Minute, false)
		close(in.retired)
		if got := clockOf(in); got != 10*time.Minute {
			t.Errorf("a retired instance does not sleep, so its loop wakes up for the timer only; got %v", got)
		}
		in.timers.clear(1)
		if got := clockOf(in); got != time.Hour {
			t.Errorf("a retired instance without timers waits for events only; got %v", got)
		}
	})
}

func TestInstanceRetiredReturnsWhatItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIdleWorker()
		in := &instance{worker: w, app: w.app, retired: make(chan struct{})}
		close(in.retired)
		e := newEvent("fetch", nil)
		w.tasks.put(e)
		if got := in.takeTask(); got != nil {
			t.Errorf("a retired instance takes no event; got %v", got)
		}
		in.takePost(&script.Post{Channel: "news"})
		if got := w.tasks.take(); got != e {
			t.Errorf("the event is in the queue again; got %v", got)
		}
		if got := <-w.posts; got.Channel != "news" {
			t.Errorf("the post is in the queue again; got %v", got)
		}
		for range maxPosts + 1 {
			in.takePost(&script.Post{Channel: "news"})
		}
		close(w.ended) // ends handOn
	})
}
