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

// message implements [socketEvents]. The next event of the connection begins when the handler has returned.
func (s *hibernatable) message(p linger.Payload, done func()) {
	if s.isAborted() || s.autoRespond(p) {
		done()
		return
	}
	e := &hibernatableMessage{
		event:   event{kind: "webSocketMessage", socket: s.late.connection(), onComplete: done, overlaps: true},
		message: script.HibernatableMessage{Object: s.object.number, Socket: s.number, Payload: p},
	}
	e.input = &e.message
	s.overlap.admit(func() {
		e.onEnd = s.overlap.release
		s.object.deliver(&s.object.worker.tasks, &e.event)
	})
}

// peerClose implements [socketEvents]. If the object does not close its half, that is done when the events in progress are complete.
func (s *hibernatable) peerClose(status protocol.Status, done func()) {
	if s.isAborted() {
		done()
		return
	}
	e := s.newClose(status, true, "")
	s.overlap.admit(func() {
		e.onEnd = func() {
			s.overlap.release()
			s.overlap.whenEmpty(func() {
				if !s.object.objects.app.compatibility.manualReply {
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
	violation := ""
	if c.Violation != nil {
		violation = c.Violation.Error()
	}
	s.endWith(c.Received, c.Clean, violation, done)
}

// endWith passes the end of the connection to the object, unless the object has got the peer's Close. violation is how the peer has
// broken a rule; "" if it has not.
func (s *hibernatable) endWith(received protocol.Status, clean bool, violation string, done func()) {
	finish := func() {
		s.remove()
		done()
	}
	if incoming, _ := s.halves(); !incoming || s.isAborted() {
		finish()
		return
	}
	e := s.newClose(received, clean, violation)
	e.onEnd = finish
	s.overlap.whenEmpty(func() { s.object.deliver(&s.object.worker.tasks, e) })
}

// newClose returns the event of the peer's Close or of the end of the connection.
func (s *hibernatable) newClose(status protocol.Status, clean bool, violation string) *event {
	e := newEvent("webSocketClose", s.late.connection())
	if status.Code == protocol.CloseAbnormal {
		status.Reason = withoutClose
	}
	e.prepare = func(*hostAPI) {
		s.mu.Lock()
		s.gotClose = true
		s.mu.Unlock()
	}
	e.input = &script.HibernatableClose{Object: s.object.number, Socket: s.number, Status: status, Clean: clean, Violation: violation}
	return e
}
