package worker

import (
	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// withoutClose is the reason that webSocketClose gets with the code 1006.
const withoutClose = "WebSocket disconnected without sending Close frame."

// hibernatableMessage is the event of a message together with its input, so that both need one allocation.
type hibernatableMessage struct {
	event
	message script.HibernatableMessage
}

// receive implements [socketEvents]. The next event of the connection begins when the handler has returned.
func (s *hibernatable) receive(p linger.Payload, c *linger.Completion) {
	if r := s.relayed(); r != nil {
		r.receive(p, c)
		return
	}
	if s.keep(func() { s.receive(p, c) }) {
		return
	}
	if s.isAborted() || s.autoRespond(p) {
		c.Done()
		return
	}
	e := s.newMessage(p, c)
	s.overlap.admit(func() { s.object.deliver(&s.object.worker.tasks, e) })
}

// newMessage returns the event of a message.
func (s *hibernatable) newMessage(p linger.Payload, c *linger.Completion) *event {
	e := &hibernatableMessage{
		event:   event{kind: "webSocketMessage", socket: s.late.connection(), completion: c, overlaps: true, onEnd: s.overlap.release, hibernatable: s},
		message: script.HibernatableMessage{Object: s.object.number, Socket: s.number, Payload: p},
	}
	e.input = &e.message
	return &e.event
}

// nextMessage completes the event of a message whose handler has returned, and returns the event of the connection's next message. It
// returns nil if none has arrived, or if the next one is not for the same instance or has to wait.
func (s *hibernatable) nextMessage(in *instance, e *event) *event {
	if !s.object.isIn(in) || e.completed.Swap(true) {
		return nil
	}
	m, c := e.completion.Next()
	for m != nil && (s.isAborted() || s.autoRespond(m.Payload)) {
		m, c = c.Next()
	}
	switch {
	case m == nil:
		return nil
	case s.object.sockets.holding.Load() || !s.overlap.tryAdmit():
		s.receive(m.Payload, c)
		return nil
	}
	next := s.newMessage(m.Payload, c)
	s.object.count(next)
	if !in.enterObject(next) {
		return nil
	}
	next.claimed.Store(true)
	return next
}

// peerClose implements [socketEvents]. If the object does not close its half, that is done when the events in progress are complete.
func (s *hibernatable) peerClose(status protocol.Status, done func()) {
	if r := s.relayed(); r != nil {
		r.peerClose(status, done)
		return
	}
	if s.keep(func() { s.peerClose(status, done) }) {
		return
	}
	s.passPeerClose(status, func() {}, done)
}

// passPeerClose passes the peer's Close to the object. begun is called when the object begins the event.
func (s *hibernatable) passPeerClose(status protocol.Status, begun, done func()) {
	if s.isAborted() {
		begun()
		done()
		return
	}
	e := s.newClose(status, true, "", begun)
	e.elsewhere = func(r *relay) { r.peerClose(status, done) }
	s.overlap.admit(func() {
		e.onEnd = func() {
			s.overlap.release()
			if e.rerouted {
				return
			}
			s.overlap.whenEmpty(func() {
				if !s.object.objects.app.config().compatibility.manualReply {
					s.answerClose()
				}
				done()
			})
		}
		s.object.deliver(&s.object.worker.tasks, e)
	})
}

// closed implements [socketEvents].
func (s *hibernatable) closed(c *linger.Close, done func()) {
	if r := s.relayed(); r != nil {
		r.closed(c, done)
		return
	}
	if s.keep(func() { s.closed(c, done) }) {
		return
	}
	violation := ""
	if c.Violation != nil {
		violation = c.Violation.Error()
	}
	s.endWith(c.Received, c.Clean, violation, done)
}

// endWith passes the end of the connection to the object, unless the object has got the peer's Close. violation is how the peer has
// broken a rule; "" if it has not.
func (s *hibernatable) endWith(received protocol.Status, clean bool, violation string, done func()) {
	s.passEnd(distantEnd{received, clean, violation}, func() {}, done)
}

// passEnd is endWith. begun is called when the object begins the event.
func (s *hibernatable) passEnd(end distantEnd, begun, done func()) {
	finish := func() {
		s.remove()
		done()
	}
	if incoming, _ := s.halves(); !incoming || s.isAborted() {
		begun()
		finish()
		return
	}
	e := s.newClose(end.status, end.clean, end.failure, begun)
	e.elsewhere = func(r *relay) { r.passEnd(end, done) }
	e.onEnd = func() {
		if !e.rerouted {
			finish()
		}
	}
	s.overlap.whenEmpty(func() { s.object.deliver(&s.object.worker.tasks, e) })
}

// newClose returns the event of the peer's Close or of the end of the connection. begun is called when the object begins it.
func (s *hibernatable) newClose(status protocol.Status, clean bool, violation string, begun func()) *event {
	e := newEvent("webSocketClose", s.late.connection())
	e.hibernatable = s
	if status.Code == protocol.CloseAbnormal {
		status.Reason = withoutClose
	}
	e.prepare = func(*hostAPI) {
		s.setGotClose()
		begun()
	}
	e.input = &script.HibernatableClose{Object: s.object.number, Socket: s.number, Status: status, Clean: clean, Violation: violation}
	return e
}
