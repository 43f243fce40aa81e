package worker

import (
	"maps"
	"slices"
	"sync"
)

// activeEvents has the events that the script of an instance has begun and not ended, and counts its promises of waitUntil. Its
// methods are safe for concurrent use.
type activeEvents struct {
	pending *pendingPromises // counts the promises of all instances

	mu        sync.Mutex
	byID      map[int]*event // the events in progress
	last      int            // the highest number of an event
	ended     []*event       // the events that have ended in the turn that runs
	spare     []*event       // the memory of ended for the next turn
	promises  int            // the number of promises of waitUntil that are not settled
	abandoned bool           // the runtime is stuck, and the instance is given up
}

// add adds an event in progress and returns its number.
func (a *activeEvents) add(e *event) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byID == nil {
		a.byID = map[int]*event{}
	}
	a.last++
	a.byID[a.last] = e
	a.pending.events.Add(1)
	return a.last
}

// get returns the event with a number, nil if it has ended.
func (a *activeEvents) get(id int) *event {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byID[id]
}

// isInProgress reports whether an event has not ended.
func (a *activeEvents) isInProgress(id int) bool { return a.get(id) != nil }

// fail marks an event as failed, unless it has ended. An upgrade event that was not accepted is not marked: another listener, or
// the fetch event, may still answer the request.
func (a *activeEvents) fail(id int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e := a.byID[id]; e != nil && (e.upgrade == nil || e.socket != nil) {
		e.failed = true
	}
}

// note stores the first problem of an event, for the answer to its request. It has no effect on the events of an abandoned
// instance, which have ended.
func (a *activeEvents) note(e *event, problem *ScriptError) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e != nil && e.problem == nil && !a.abandoned {
		e.problem = problem
	}
}

// remove removes an event and returns it, nil if it was removed before. If a turn runs, endAfterTurn will end the event.
func (a *activeEvents) remove(id int, inTurn bool) *event {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.byID[id]
	if e == nil {
		return nil
	}
	delete(a.byID, id)
	a.pending.events.Add(-1)
	if inTurn {
		a.ended = append(a.ended, e)
	}
	return e
}

// endAfterTurn ends the events that were removed during the turn; those of a burst it only marks. It does not hold mu while it
// ends an event, because that may lock a connection.
func (a *activeEvents) endAfterTurn() {
	a.mu.Lock()
	ended := a.ended
	a.ended = a.spare
	a.mu.Unlock()
	for _, e := range ended {
		if e.endPending = e.inBurst; !e.endPending {
			e.finish()
		}
	}
	clear(ended)
	a.spare = ended[:0]
}

// numbers returns the numbers of the events in progress, in order.
func (a *activeEvents) numbers() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.byID))
}

// release removes an event of which the application has seen a number of messages, if another instance can continue it, and returns it;
// otherwise it returns nil.
func (a *activeEvents) release(id, seen int) *event {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.byID[id]
	if e == nil || !e.isMovable() || seen >= e.messages() {
		return nil
	}
	delete(a.byID, id)
	a.pending.events.Add(-1)
	return e
}

// takeAll removes all events and promises. It returns the events in progress, marked as failed; those that have ended in the turn
// that runs; and the number of promises.
func (a *activeEvents) takeAll() (failed, ended []*event, promises int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.byID {
		e.failed = true
		failed = append(failed, e)
	}
	a.pending.events.Add(-int64(len(a.byID)))
	clear(a.byID)
	promises, a.promises = a.promises, 0
	a.pending.add(-promises)
	return failed, slices.Clone(a.ended), promises
}

// extend adds n to the number of promises of waitUntil that are not settled.
func (a *activeEvents) extend(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.abandoned {
		a.promises += n
		a.pending.add(n)
	}
}

// inProgress returns a description of what is in progress, "" for nothing.
func (a *activeEvents) inProgress() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.byID) > 0:
		return "an event is in progress"
	case a.promises > 0:
		return "work of waitUntil is in progress"
	}
	return ""
}

// abandon marks the instance as given up, and reports whether this is the first call.
func (a *activeEvents) abandon() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.abandoned
	a.abandoned = true
	return first
}

// isAbandoned reports whether abandon was called.
func (a *activeEvents) isAbandoned() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.abandoned
}
