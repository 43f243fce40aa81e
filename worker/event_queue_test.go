package worker

import (
	"slices"
	"strconv"
	"sync"
	"testing"
)

// woken reports whether the queue has signalled.
func (q *queue) woken() bool {
	select {
	case <-q.wake:
		return true
	default:
		return false
	}
}

func TestQueueNextKeepsTheOrder(t *testing.T) {
	q := newQueue(nil)
	var put, taken []string
	for i := range 3 * maxSpare {
		e := newEvent(strconv.Itoa(i), nil)
		put = append(put, e.kind)
		q.add(e)
		if i%3 == 2 {
			taken = append(taken, q.next().kind)
		}
	}
	for e := q.next(); e != nil; e = q.next() {
		taken = append(taken, e.kind)
	}
	if !slices.Equal(put, taken) {
		t.Errorf("next returns each event once, in order; got %d of %d", len(taken), len(put))
	}
	if q.waiting != nil {
		t.Errorf("an empty queue releases the memory of many events; it has room for %d", cap(q.waiting))
	}
}

func TestQueueWakesForRemainingEvents(t *testing.T) {
	q := newQueue(nil)
	q.add(newEvent("a", nil))
	q.add(newEvent("b", nil))
	for _, kind := range []string{"a", "b"} {
		if !q.woken() || q.next().kind != kind {
			t.Errorf("the queue signals for %s", kind)
		}
	}
	if q.woken() || q.next() != nil {
		t.Error("the queue is empty")
	}
}

func TestQueueCloseEndsTheEvents(t *testing.T) {
	q := newQueue(nil)
	ended := 0
	event := func() *event {
		e := newEvent("a", nil)
		e.onComplete = func() { ended++ }
		return e
	}
	q.add(event())
	q.add(event())
	q.close()
	if ended != 2 {
		t.Errorf("close ends the waiting events; got %d", ended)
	}
	if q.add(event()) || ended != 3 {
		t.Errorf("an event that is added after close ends immediately; got %d", ended)
	}
	if q.next() != nil {
		t.Error("a closed queue is empty")
	}
}

func TestOverlapAdmitWaitsForRoom(t *testing.T) {
	var o overlap
	for range maxOverlap {
		o.admit(func() {})
	}
	var steps []string
	o.admit(func() {
		steps = append(steps, "enter")
		o.whenEmpty(func() { steps = append(steps, "empty") })
	})
	if len(steps) != 0 {
		t.Error("beyond maxOverlap an event waits")
	}
	o.release()
	if !slices.Equal(steps, []string{"enter"}) {
		t.Errorf("a waiting event begins when another one ends; got %q", steps)
	}
	var all sync.WaitGroup
	for range maxOverlap - 1 {
		all.Go(o.release)
	}
	all.Wait()
	if len(steps) != 1 {
		t.Error("the end waits for the last event")
	}
	o.release()
	if !slices.Equal(steps, []string{"enter", "empty"}) || o.inProgress != 0 {
		t.Errorf("the end follows the last event; got %q, %d", steps, o.inProgress)
	}
}
