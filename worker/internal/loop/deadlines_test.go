package loop

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d Deadlines
		done := map[int]bool{}
		pending := func(id int) bool { return !done[id] }
		if _, set := d.UntilNext(pending); set || d.Expired(time.Now(), pending) != nil {
			t.Error("the zero value has no deadline")
		}
		for id := range 4 {
			d.Set(id, time.Now().Add(time.Second), pending)
			time.Sleep(time.Millisecond)
		}
		done[0], done[2] = true, true
		if wait, set := d.UntilNext(pending); !set || wait != time.Second-3*time.Millisecond {
			t.Errorf("the next deadline is that of the first event that is not done; got %v, %v", wait, set)
		}
		time.Sleep(time.Second - 3*time.Millisecond)
		if ids := d.Expired(time.Now(), pending); !slices.Equal(ids, []int{1}) {
			t.Errorf("one deadline has passed; got %v", ids)
		}
		time.Sleep(time.Second)
		if ids := d.Expired(time.Now(), pending); !slices.Equal(ids, []int{3}) {
			t.Errorf("the deadline of the last event has passed; got %v", ids)
		}
		if _, set := d.UntilNext(pending); set {
			t.Error("no deadline is left")
		}
	})
}

func TestDeadlinesMemory(t *testing.T) {
	t.Parallel()
	var d Deadlines
	waiting := map[int]bool{0: true, 1: true}
	pending := func(id int) bool { return waiting[id] }
	at := time.Now().Add(time.Hour)
	for id := range 100_000 {
		d.Set(id, at, pending)
	}
	if len(d.queue) > 2*minPrune {
		t.Errorf("deadlines of events that are done are removed while the first event is not; %d are left", len(d.queue))
	}
	delete(waiting, 0)
	delete(waiting, 1)
	if d.UntilNext(pending); len(d.queue) != 0 {
		t.Errorf("no deadline is left; got %d", len(d.queue))
	}
}
