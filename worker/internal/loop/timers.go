package loop

import (
	"container/heap"
	"time"
)

// Timers has the timers of one event loop: those of the script, whose number is bounded by its memory, and the deadlines of
// events, which have negative ids. The zero value has none.
type Timers struct {
	byID        map[int]*timer
	queue       timerQueue
	scriptCount int // the number of armed timers of the script
}

type timer struct {
	id    int
	at    time.Time     // the time at which the timer expires
	every time.Duration // the interval of a repeating timer; 0 for others
	index int           // the index in the queue
}

// Set arms a timer. It has no effect if the id is armed already.
func (t *Timers) Set(id int, delay time.Duration, repeat bool) {
	if t.byID == nil {
		t.byID = map[int]*timer{}
	}
	if t.byID[id] != nil {
		return
	}
	one := &timer{id: id, at: time.Now().Add(delay)}
	if repeat {
		one.every = delay
	}
	t.byID[id] = one
	if id > 0 {
		t.scriptCount++
	}
	heap.Push(&t.queue, one)
}

// Clear disarms a timer.
func (t *Timers) Clear(id int) {
	if one := t.byID[id]; one != nil {
		delete(t.byID, id)
		if id > 0 {
			t.scriptCount--
		}
		heap.Remove(&t.queue, one.index)
	}
}

// Pending reports whether a timer of the script is armed.
func (t *Timers) Pending() bool { return t.scriptCount > 0 }

// UntilNext returns the time until the next timer expires, and reports whether one is armed.
func (t *Timers) UntilNext() (wait time.Duration, armed bool) {
	if len(t.queue) == 0 {
		return 0, false
	}
	return max(0, time.Until(t.queue[0].at)), true
}

// Expired returns the ids of the timers that have expired, in order. It disarms them, except for
// repeating timers, which it arms again.
func (t *Timers) Expired() []int {
	if len(t.queue) == 0 {
		return nil
	}
	now := time.Now()
	var ids []int
	for len(t.queue) > 0 && !t.queue[0].at.After(now) {
		one := t.queue[0]
		ids = append(ids, one.id)
		if one.every > 0 {
			one.at = now.Add(one.every)
			heap.Fix(&t.queue, 0)
			continue
		}
		t.Clear(one.id)
	}
	return ids
}

// timerQueue is a heap ordered by time, and by id if the times are equal.
type timerQueue []*timer

func (q timerQueue) Len() int { return len(q) }

func (q timerQueue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].id < q[j].id
	}
	return q[i].at.Before(q[j].at)
}

func (q timerQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push appends x, a *timer; it is for package heap.
func (q *timerQueue) Push(x any) {
	one, _ := x.(*timer)
	one.index = len(*q)
	*q = append(*q, one)
}

// Pop removes the last timer; it is for package heap.
func (q *timerQueue) Pop() any {
	last := len(*q) - 1
	one := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return one
}
