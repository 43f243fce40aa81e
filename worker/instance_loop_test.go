package worker

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// clockOf returns how long an event loop would wait, an hour at the most.
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
			t.Errorf("without timers it wakes up to fall asleep; got %v", got)
		}
		in.postponeSleep()
		in.timers.set(1, time.Second, false)
		if got := clockOf(in); got != time.Second {
			t.Errorf("a timer comes first; got %v", got)
		}
		in.timers.clear(1)
		in.timers.set(1, 10*time.Minute, false)
		close(in.retired)
		if got := clockOf(in); got != 10*time.Minute {
			t.Errorf("an engine that only finishes what it has begun never falls asleep, so it need not look; got %v", got)
		}
		in.timers.clear(1)
		if got := clockOf(in); got != time.Hour {
			t.Errorf("without anything to come it waits for events only; got %v", got)
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
			t.Errorf("the event is not for the retired engine; got %v", got)
		}
		in.takePost(&script.Post{Channel: "news"})
		if got := w.tasks.take(); got != e {
			t.Errorf("the event is in the queue again; got %v", got)
		}
		if got := <-w.posts; got.Channel != "news" {
			t.Errorf("so is the post; got %v", got)
		}
		for range maxPosts + 1 {
			in.takePost(&script.Post{Channel: "news"})
		}
		close(w.ended) // ends handOn
	})
}
