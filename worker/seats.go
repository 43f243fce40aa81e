package worker

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
)

// seats knows which worker each connection belongs to, from its acceptance until its
// close event has been handled.
type seats struct {
	bySocket sync.Map     // *linger.Socket -> *seat
	lines    atomic.Int64 // those that have one
}

// seat is the place of one connection.
type seat struct {
	worker  *worker
	line    *line // if its other side is a WebSocket object of the script
	tie     *line // if it ends with the engine that accepted it
	overlap overlap
	failed  bool // the upgrade event has, after it had accepted
}

func (s *seats) take(socket *linger.Socket, place *seat) {
	s.bySocket.Store(socket, place)
	place.worker.connections.Add(1)
	if place.line != nil {
		s.lines.Add(1)
	}
}

// of returns a connection's seat, nil if it has none.
func (s *seats) of(socket *linger.Socket) *seat {
	found, _ := s.bySocket.Load(socket)
	place, _ := found.(*seat)
	return place
}

// isClient tells whether scripts reach a connection by its id. What has a WebSocket object
// belongs to the script that has that.
func (s *seats) isClient(socket *linger.Socket) bool {
	place := s.of(socket)
	return place == nil || place.line == nil
}

// submit has an event of the connection handled, and does not wait for that. With overlap the
// event is complete when its listeners have returned: what they still do goes on beside the next.
func (s *seat) submit(e *event, overlap bool) {
	switch {
	case s.isCut():
		e.end()
	case overlap:
		e.overlaps = true
		s.overlap.enter(func() {
			e.left = s.overlap.leave
			s.queue().put(e)
		})
	default:
		s.queue().put(e)
	}
}

// isCut reports whether the script hears of nothing but the end of the connection.
func (s *seat) isCut() bool { return s.tie != nil && s.tie.cut.Load() }

// queue returns where the events of the connection wait.
func (s *seat) queue() *queue {
	if s.tie != nil {
		return &s.tie.in.own
	}
	return &s.worker.tasks
}

// submitEnd has the connection's close event handled, after all others, and calls then when it
// is. newEnd makes the event, which goes to another engine if the connection's own has ended.
func (s *seat) submitEnd(newEnd func() *event, then func()) {
	s.overlap.empty(func() { // without overlap nothing is left
		e := newEnd()
		e.then = then
		if s.tie == nil {
			s.worker.tasks.put(e)
			return
		}
		e.then = func() {
			if e.handled() {
				then()
				return
			}
			again := newEnd()
			again.then = then
			s.worker.tasks.put(again)
		}
		s.tie.in.own.put(e)
	})
}

func (s *seats) leave(socket *linger.Socket) {
	found, _ := s.bySocket.LoadAndDelete(socket)
	if place, ok := found.(*seat); ok {
		place.worker.connections.Add(-1)
		if place.line != nil {
			s.lines.Add(-1)
		}
	}
}

// choose returns the worker with the fewest connections among those that take
// requests, in turn where several have as few. If all of them back off it tells how
// long the first of them will.
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
