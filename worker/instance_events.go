package worker

import (
	"slices"
	"sync"
)

// activeEvents are the events of an instance that its script has begun and not ended, and its promises of waitUntil. Any
// goroutine may call its methods.
type activeEvents struct {
	pending *pendingPromises // of the application

	mu        sync.Mutex
	byID      map[int]*event
	last      int      // the number of the last event
	ended     []*event // events that have ended in the turn that runs
	spare     []*event // memory for ended in the next turn
	extending int      // promises of waitUntil
	abandoned bool     // the runtime is stuck: nothing is added any more
}

// add assigns a number to an event.
func (a *activeEvents) add(e *event) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byID == nil {
		a.byID = map[int]*event{}
	}
	a.last++
	a.byID[a.last] = e
	return a.last
}

// get returns the event with a number, nil if it has ended.
func (a *activeEvents) get(id int) *event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byID[id]
}

// fail marks an event as failed, unless it has ended. An upgrade event that was not accepted yet is not marked: other
// listeners, and the fetch event, may still answer the request.
func (a *activeEvents) fail(id int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.byID[id]; e != nil && e.socket != nil {
		e.failed = true
	}
}

// note keeps the first problem of an event for the client of a request. The events of an abandoned instance have ended,
// and are not changed any more.
func (a *activeEvents) note(e *event, problem *ScriptError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e != nil && e.problem == nil && !a.abandoned {
		e.problem = problem
	}
}

// remove removes an event that has ended and returns it, nil if it was removed before. inTurn defers its end to
// endAfterTurn.
func (a *activeEvents) remove(id int, inTurn bool) *event {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.byID[id]
	delete(a.byID, id)
	if e != nil && inTurn {
		a.ended = append(a.ended, e)
	}
	return e
}

// endAfterTurn ends the events that were removed during the turn, except for those of a burst. It does not hold mu then,
// because the end of an event may lock a connection.
func (a *activeEvents) endAfterTurn() {
	a.mu.Lock()
	ended := a.ended
	a.ended = a.spare
	a.mu.Unlock()
	for _, e := range ended {
		if e.pendingEnd = e.inBurst; !e.pendingEnd {
			e.end()
		}
	}
	clear(ended)
	a.spare = ended[:0]
}

// takeAll removes all events and promises. It returns the events in progress, marked as failed, those that have ended in
// the turn that runs, and the number of promises.
func (a *activeEvents) takeAll() (failed, ended []*event, promises int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.byID {
		e.failed = true
		failed = append(failed, e)
	}
	clear(a.byID)
	promises, a.extending = a.extending, 0
	a.pending.add(-promises)
	return failed, slices.Clone(a.ended), promises
}

// extend adds n to the number of promises of waitUntil that are not settled.
func (a *activeEvents) extend(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.abandoned {
		a.extending += n
		a.pending.add(n)
	}
}

// reason returns what is in progress, "" for nothing.
func (a *activeEvents) reason() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.byID) > 0:
		return "an event is in progress"
	case a.extending > 0:
		return "work of waitUntil is in progress"
	}
	return ""
}

// abandon stops the counting of promises. It reports whether this is the first call.
func (a *activeEvents) abandon() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.abandoned
	a.abandoned = true
	return first
}

func (a *activeEvents) isAbandoned() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.abandoned
}
