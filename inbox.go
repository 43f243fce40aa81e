package linger

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// inbox is a socket as its connection sees it: the receiver of events. It keeps
// them off the application's handle.
type inbox Socket

func (in *inbox) socket() *Socket { return (*Socket)(in) }

func (s *Socket) message(op protocol.Opcode, payload []byte) Message {
	return Message{Server: s.server, Socket: s, Payload: Payload{Data: payload, Binary: op == protocol.Binary}}
}

// peerClose answers the peer's Close after the handlers of what came before it, so that
// their replies still leave: after our Close no data may (RFC 6455, section 5.5.1). In
// half-open mode the application answers.
func (in *inbox) peerClose(c *websocket.Driver, status protocol.Status) {
	s := in.socket()
	switch {
	case s.halfOpen:
		s.peerClosed.Store(true)
		s.deliver(mail{peerClose: &PeerClose{Server: s.server, Socket: s, Status: status}}, c)
	case s.idle():
		s.answerClose(c)
	default:
		s.deliver(mail{answer: c}, c)
	}
}

// failing fails the connection after the handlers of what came before a violation, so that
// their replies leave before the Close that names it.
func (in *inbox) failing(c *websocket.Driver) {
	if s := in.socket(); s.idle() {
		s.failConn(c)
	} else {
		s.deliver(mail{fail: c}, c)
	}
}

// failConn sends the Close for a violation: nothing can be sent any more.
func (s *Socket) failConn(c *websocket.Driver) {
	s.closing.Store(true)
	s.wakeSenders()
	c.Fail()
}

// answerClose sends our Close with the peer's code and reason: nothing can be sent any
// more.
func (s *Socket) answerClose(c *websocket.Driver) {
	s.closing.Store(true)
	s.wakeSenders()
	c.AnswerClose()
}

// Drained wakes those who wait for an empty send queue, and tells the application if
// the queue was full.
func (in *inbox) Drained(c *websocket.Driver) {
	s := in.socket()
	s.wakeSenders()
	s.tellDrained(c)
}

// Closed puts the terminal event into the mailbox, behind all others. It has a goroutine
// of its own, so it may hand it out.
func (in *inbox) Closed(_ *websocket.Driver, end websocket.Outcome) {
	s := in.socket()
	if s.end(end) {
		s.dispatch()
	}
}

// attach gives a socket its connection, after the 101: what was sent early goes
// first.
func (s *Socket) attach(conn *websocket.Driver) {
	s.saveData()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beginLife()
	conn.Start((*inbox)(s))
	s.early.flush(conn)
	s.early = nil
	s.conn.Store(conn)
}

// fail ends a socket whose handshake did not complete.
func (s *Socket) fail(err error) {
	none := protocol.Status{Code: protocol.CloseAbnormal}
	outcome := protocol.Outcome{Received: none, Sent: none, Cause: CauseHandshake}
	if s.end(websocket.Outcome{Outcome: outcome, Err: err}) {
		go s.dispatch()
	}
}

// end posts the terminal event.
func (s *Socket) end(outcome websocket.Outcome) (start bool) {
	s.closing.Store(true)
	s.mu.Lock()
	s.ended = true
	outcome.Cause = s.causeOf(outcome)
	s.endLife()
	s.early = nil
	s.mu.Unlock()
	s.noticeEnd(outcome)
	s.logAccess(outcome)
	return s.post(mail{end: &Close{Server: s.server, Socket: s, Outcome: outcome}}, nil)
}
