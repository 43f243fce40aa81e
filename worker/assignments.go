package worker

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
)

// assignments has the worker of each connection that the script has accepted, until its close event was handled.
type assignments struct {
	bySocket sync.Map     // *linger.Socket -> *assignment
	objects  atomic.Int64 // the number of those with a WebSocket object
}

// assignment is the place of one connection.
type assignment struct {
	worker  *worker
	object  *jsSocket // the WebSocket object, if the script has one for the connection
	tied    *jsSocket // the connection's entry in the instance with which it ends, if it does
	overlap overlap
	failed  bool // the upgrade event has failed after it had accepted the connection
}

func (all *assignments) add(socket *linger.Socket, place *assignment) {
	all.bySocket.Store(socket, place)
	place.worker.connections.Add(1)
	if place.object != nil {
		all.objects.Add(1)
	}
}

// of returns the assignment of a connection, nil if it has none.
func (all *assignments) of(socket *linger.Socket) *assignment {
	found, _ := all.bySocket.Load(socket)
	place, _ := found.(*assignment)
	return place
}

// isClient reports whether scripts reach a connection by its id. A connection with a WebSocket object is only reached
// through that.
func (all *assignments) isClient(socket *linger.Socket) bool {
	place := all.of(socket)
	return place == nil || place.object == nil
}

func (all *assignments) remove(socket *linger.Socket) {
	found, _ := all.bySocket.LoadAndDelete(socket)
	if place, ok := found.(*assignment); ok {
		place.worker.connections.Add(-1)
		if place.object != nil {
			all.objects.Add(-1)
		}
	}
}

// submit queues an event of the connection. With overlap the event is complete when its listeners have returned, and its
// promises settle while the next one is in progress.
func (place *assignment) submit(e *event, overlap bool) {
	switch {
	case place.isCut():
		e.end()
	case overlap:
		e.overlaps = true
		place.overlap.enter(func() {
			e.left = place.overlap.leave
			place.queue().put(e)
		})
	default:
		place.queue().put(e)
	}
}

// isCut reports whether the script gets only the close event.
func (place *assignment) isCut() bool { return place.tied != nil && place.tied.cut.Load() }

// queue returns the queue for events of the connection.
func (place *assignment) queue() *queue {
	if place.tied != nil {
		return &place.tied.sockets.events
	}
	return &place.worker.tasks
}

// submitEnd queues the close event of the connection, after all others, and calls then when it has ended. newEnd makes
// the event. If the instance of a tied connection has ended, the event goes to the next one.
func (place *assignment) submitEnd(newEnd func() *event, then func()) {
	place.overlap.whenEmpty(func() { // at once, without overlap
		e := newEnd()
		e.then = then
		if place.tied == nil {
			place.worker.tasks.put(e)
			return
		}
		e.then = func() {
			if e.handled() {
				then()
				return
			}
			again := newEnd()
			again.then = then
			place.worker.tasks.put(again)
		}
		place.tied.sockets.events.put(e)
	})
}

// choose returns the worker with the fewest connections, in turn if several have as few. Workers that back off are left
// out; if all do, choose returns nil and the time until the first one accepts requests.
func (a *App) choose() (chosen *worker, wait time.Duration) {
	count := uint32(len(a.workers))
	first := a.turn.Add(1) % count
	for i := range count {
		w := a.workers[(first+i)%count]
		if pause := w.status.pause(); pause > 0 {
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
	mu    sync.Mutex
	count int

	// next is the step of the connection that waits. It is called when fewer than limit events are in progress; add is then
	// added to their number.
	next       func()
	limit, add int
}

// maxOverlap bounds the number of events; the next one waits.
const maxOverlap = 256

// enter calls begin, which begins an event, when fewer than maxOverlap are in progress.
func (o *overlap) enter(begin func()) { o.when(maxOverlap, 1, begin) }

// whenEmpty calls then when no event is in progress.
func (o *overlap) whenEmpty(then func()) { o.when(1, 0, then) }

// when calls next when fewer than limit events are in progress, and adds to their number. It must not be called again
// before it has called next.
func (o *overlap) when(limit, add int, next func()) {
	o.mu.Lock()
	room := o.count < limit
	if room {
		o.count += add
	} else {
		o.next, o.limit, o.add = next, limit, add
	}
	o.mu.Unlock()
	if room {
		next()
	}
}

// leave ends an event.
func (o *overlap) leave() {
	o.mu.Lock()
	o.count--
	var next func()
	if o.next != nil && o.count < o.limit {
		next, o.next = o.next, nil
		o.count += o.add
	}
	o.mu.Unlock()
	if next != nil {
		next()
	}
}
