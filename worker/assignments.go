package worker

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// assignments maps each connection that the script has accepted to its worker, until its close event has been handled.
type assignments struct {
	bySocket sync.Map     // *linger.Socket -> *assignment
	objects  atomic.Int64 // the number of connections with a WebSocket object
}

// assignment has the worker of one connection, and how its events are handled.
type assignment struct {
	worker  *worker
	object  socketEvents // the WebSocket object of the connection; nil for the functional events
	tied    *jsSocket    // the entry in the instance with which the connection ends; nil if it survives reloads
	overlap overlap
	trace   TraceContext // of the upgrade event
	failed  bool         // the upgrade event has failed after it accepted the connection
}

// socketEvents is a WebSocket object, which gets the events of its connection one at a time. The methods return at once, and call done or
// complete c when the script has handled the event, or will not.
type socketEvents interface {
	receive(p linger.Payload, c *linger.Completion)
	peerClose(status protocol.Status, done func()) // the peer's Close, while our half is open
	closed(c *linger.Close, done func())           // the end of the connection, as the last event
}

// add stores the assignment of a connection.
func (all *assignments) add(socket *linger.Socket, assigned *assignment) {
	all.bySocket.Store(socket, assigned)
	assigned.worker.connections.Add(1)
	if assigned.object != nil {
		all.objects.Add(1)
	}
}

// find returns the assignment of a connection, nil if it has none.
func (all *assignments) find(socket *linger.Socket) *assignment {
	found, _ := all.bySocket.Load(socket)
	assigned, _ := found.(*assignment)
	return assigned
}

// replace replaces the WebSocket object of a connection, unless that has ended.
func (all *assignments) replace(socket *linger.Socket, object socketEvents) {
	if assigned := all.find(socket); assigned != nil {
		all.bySocket.CompareAndSwap(socket, assigned, &assignment{worker: assigned.worker, object: object, trace: assigned.trace})
	}
}

// isClient reports whether scripts can find a connection among the clients. One with a WebSocket object is reached only
// through the object.
func (all *assignments) isClient(socket *linger.Socket) bool {
	assigned := all.find(socket)
	return assigned == nil || assigned.object == nil
}

// remove removes the assignment of a connection, if it has one.
func (all *assignments) remove(socket *linger.Socket) {
	found, _ := all.bySocket.LoadAndDelete(socket)
	if assigned, ok := found.(*assignment); ok {
		assigned.worker.connections.Add(-1)
		if assigned.object != nil {
			all.objects.Add(-1)
		}
	}
}

// submit queues an event of the connection. With overlap the event is complete when its listeners have returned, and its
// promises settle while the next one is in progress.
func (assigned *assignment) submit(e *event, overlap bool) {
	switch {
	case assigned.isAborted():
		e.end()
	case overlap:
		assigned.overlap.submit(e, assigned.queue())
	default:
		assigned.queue().add(e)
	}
}

// isAborted reports whether the script gets only the close event.
func (assigned *assignment) isAborted() bool {
	return assigned.tied != nil && assigned.tied.aborted.Load()
}

// queue returns the queue for events of the connection.
func (assigned *assignment) queue() *queue {
	if assigned.tied != nil {
		return &assigned.tied.sockets.events
	}
	return &assigned.worker.tasks
}

// submitClose queues the close event of the connection, which newClose makes, after all others, and calls onComplete when it
// is complete. If the instance of a tied connection has ended without handling the event, the worker's next instance gets it.
func (assigned *assignment) submitClose(newClose func() *event, onComplete func()) {
	assigned.overlap.whenEmpty(func() { // without overlap it is always empty
		e := newClose()
		e.onComplete = onComplete
		if assigned.tied == nil {
			assigned.worker.tasks.add(e)
			return
		}
		e.onComplete = func() {
			if e.handled() {
				onComplete()
				return
			}
			again := newClose()
			again.onComplete = onComplete
			assigned.worker.tasks.add(again)
		}
		assigned.tied.sockets.events.add(e)
	})
}

// chooseWorker returns the worker with the fewest connections, round-robin if several have equally few. Workers that back off
// are left out; if all of them do, it returns nil and the time until the first one accepts requests.
func (a *App) chooseWorker() (chosen *worker, wait time.Duration) {
	count := uint32(len(a.workers))
	first := a.firstChoice.Add(1) % count
	for i := range count {
		w := a.workers[(first+i)%count]
		if pause := w.status.retryAfter(); pause > 0 {
			if wait == 0 || pause < wait {
				wait = pause
			}
			continue
		}
		if chosen == nil || w.connections.Load() < chosen.connections.Load() {
			chosen = w
		}
	}
	return chosen, wait
}

// overlap counts the events of a connection that are in progress at the same time.
type overlap struct {
	mu         sync.Mutex
	inProgress int

	// next is the function that waits, if any. It is called when fewer than limit events are in progress; then addend is added
	// to inProgress.
	next          func()
	limit, addend int
}

// maxOverlap bounds the events of a connection in progress; the next one waits.
const maxOverlap = 256

// submit adds an event to q when fewer than maxOverlap events are in progress. The event is complete when its listeners have
// returned.
func (o *overlap) submit(e *event, q *queue) {
	e.overlaps = true
	o.admit(func() {
		e.onEnd = o.release
		q.add(e)
	})
}

// admit calls begin, which begins an event, when fewer than maxOverlap events are in progress. release ends the event.
func (o *overlap) admit(begin func()) { o.callBelow(maxOverlap, 1, begin) }

// tryAdmit is admit for an event that begins now. It returns false if too many are in progress.
func (o *overlap) tryAdmit() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.inProgress >= maxOverlap {
		return false
	}
	o.inProgress++
	return true
}

// whenEmpty calls next when no event is in progress.
func (o *overlap) whenEmpty(next func()) { o.callBelow(1, 0, next) }

// callBelow calls next when fewer than limit events are in progress, after it has added addend to their number. It must not be
// called again before it has called next.
func (o *overlap) callBelow(limit, addend int, next func()) {
	o.mu.Lock()
	room := o.inProgress < limit
	if room {
		o.inProgress += addend
	} else {
		o.next, o.limit, o.addend = next, limit, addend
	}
	o.mu.Unlock()
	if room {
		next()
	}
}

// release ends an event, and calls the function that waits if there is room for it.
func (o *overlap) release() {
	o.mu.Lock()
	o.inProgress--
	var next func()
	if o.next != nil && o.inProgress < o.limit {
		next, o.next = o.next, nil
		o.inProgress += o.addend
	}
	o.mu.Unlock()
	if next != nil {
		next()
	}
}
