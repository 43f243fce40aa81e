package worker

import (
	"slices"
	"strconv"
	"sync"
	"testing"
)

// roused reports whether the queue wakes an engine.
func (q *queue) roused() bool {
	select {
	case <-q.wake:
		return true
	default:
		return false
	}
}

func TestQueueTakeKeepsTheOrder(t *testing.T) {
	q := newQueue()
	var put, taken []string
	for i := range 3 * maxSpare {
		e := newEvent(strconv.Itoa(i), nil)
		put = append(put, e.kind)
		q.put(e)
		if i%3 == 2 {
			taken = append(taken, q.take().kind)
		}
	}
	for e := q.take(); e != nil; e = q.take() {
		taken = append(taken, e.kind)
	}
	if !slices.Equal(put, taken) {
		t.Errorf("each event is taken once, in order; got %d of %d", len(taken), len(put))
	}
	if q.waiting != nil {
		t.Errorf("an empty queue gives the memory of many events back; it has room for %d", cap(q.waiting))
	}
}

func TestQueueWakesAnEngineForWhatIsLeft(t *testing.T) {
	q := newQueue()
	q.put(newEvent("a", nil))
	q.put(newEvent("b", nil))
	for _, kind := range []string{"a", "b"} {
		if !q.roused() || q.take().kind != kind {
			t.Errorf("an engine is woken for %s", kind)
		}
	}
	if q.roused() || q.take() != nil {
		t.Error("nothing is left")
	}
}

func TestQueueCloseEndsTheEvents(t *testing.T) {
	q := newQueue()
	ended := 0
	event := func() *event {
		e := newEvent("a", nil)
		e.then = func() { ended++ }
		return e
	}
	q.put(event())
	q.put(event())
	q.close()
	if ended != 2 {
		t.Errorf("the events that wait end; got %d", ended)
	}
	if q.put(event()) || ended != 3 {
		t.Errorf("so do those that come later; got %d", ended)
	}
	if q.take() != nil {
		t.Error("nothing is left to be taken")
	}
}

func TestOverlapCallsTheNextStepWhenThereIsRoom(t *testing.T) {
	var o overlap
	for range maxOverlap {
		o.enter(func() {})
	}
	var steps []string
	o.enter(func() {
		steps = append(steps, "enter")
		o.whenEmpty(func() { steps = append(steps, "empty") })
	})
	if len(steps) != 0 {
		t.Error("at the bound the next event waits")
	}
	o.leave()
	if !slices.Equal(steps, []string{"enter"}) {
		t.Errorf("with room it begins; got %q", steps)
	}
	var all sync.WaitGroup
	for range maxOverlap - 1 {
		all.Go(o.leave)
	}
	all.Wait()
	if len(steps) != 1 {
		t.Error("one is left")
	}
	o.leave()
	if !slices.Equal(steps, []string{"enter", "empty"}) || o.count != 0 {
		t.Errorf("the end comes when none is left; got %q, %d", steps, o.count)
	}
}
