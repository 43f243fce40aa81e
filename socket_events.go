package linger

import (
	"bytes"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// driverEvents is a socket as its driver sees it: the handler of the driver's events, which would otherwise be exported methods
// of [Socket].
type driverEvents Socket

var _ driver.Handler = (*driverEvents)(nil)

// Events queues what one read has brought. It reports whether Work has to handle it.
func (e *driverEvents) Events(conn *driver.Driver, events []protocol.Event) (work bool) {
	s := (*Socket)(e)
	if s.server.giving.Load() != nil {
		s.flags.Or(flagActive)
	}
	s.recordReceived(events)
	if messages := s.messages(events); len(messages) > 0 {
		s.recordActivity()
		work = s.enqueueBatch(messages, conn)
	}
	for i := range events {
		switch events[i].Kind {
		case protocol.EventPeerClose: // after which no message comes
			s.peerHasClosed(events[i].Status)
		case protocol.EventFailing: // the same
			s.afterEvents(serverEvent{do: failAfterEvents})
			work = true // our Close waits for failConn
		case protocol.EventPong:
			s.tracePong(conn)
		case protocol.EventMessage, protocol.EventPiece, protocol.EventPing, protocol.EventClosed:
		}
	}
	return work
}

// Work handles the events of a read on the goroutine that has read them, because changing to another one costs more than many
// a handler.
func (e *driverEvents) Work(*driver.Driver) {
	s := (*Socket)(e)
	s.mu.Lock()
	due := s.queue != nil && s.queue.workDue
	if due {
		s.queue.workDue = false
	}
	s.mu.Unlock()
	if due {
		s.handleEvents()
	}
}

// Drained wakes the senders that wait for room, and queues a Drain for the application.
func (e *driverEvents) Drained(*driver.Driver) {
	s := (*Socket)(e)
	s.wakeSenders()
	s.deliverDrain()
}

// Closed queues the close event after all others. The driver calls it on a goroutine that may block, so it handles the event
// too unless another goroutine does.
func (e *driverEvents) Closed(_ *driver.Driver, outcome driver.Outcome) {
	s := (*Socket)(e)
	if s.end(outcome) {
		s.handleEvents()
	}
}

// peerHasClosed answers the peer's Close once the events before it have been handled, so that replies to them leave first:
// after our Close no data may (RFC 6455, section 5.5.1). In half-open mode the application answers.
func (s *Socket) peerHasClosed(status protocol.Status) {
	if s.halfOpen {
		s.flags.Or(flagPeerClosed)
		s.deliver(&PeerClose{Server: s.server, Socket: s, Status: status, arrived: s.server.traceTime()})
		return
	}
	s.afterEvents(serverEvent{do: answerAfterEvents})
}

// serverEvent is something that the server does on a connection after the events before it have been handled. It is data, so that
// it can move to another process with them.
type serverEvent struct {
	do     serverAction
	status protocol.Status // of drainAfterEvents
}

// serverAction is what a serverEvent does. The numbers are part of the state that moves in a hand-over.
type serverAction uint8

const (
	answerAfterEvents   serverAction = 1 // answers the peer's Close
	failAfterEvents     serverAction = 2 // sends the Close for a violation of the peer
	shutdownAfterEvents serverAction = 3 // closes the connection for a shutdown
	drainAfterEvents    serverAction = 4 // closes the connection for a drain
)

// afterEvents does something once the events that have come before have been handled: at once if they have been already.
func (s *Socket) afterEvents(e serverEvent) {
	if s.isIdle() {
		s.act(e)
		return
	}
	s.deliver(&serverEventOf{s, e})
}

// serverEventOf is a serverEvent in the queue of a socket.
type serverEventOf struct {
	socket *Socket
	serverEvent
}

func (e *serverEventOf) handle(Handler) (complete bool) {
	e.socket.act(e.serverEvent)
	return true
}

// act does what an event says.
func (s *Socket) act(e serverEvent) {
	switch e.do {
	case answerAfterEvents:
		s.answerClose(s.conn.Load())
	case failAfterEvents:
		s.failConn(s.conn.Load())
	case shutdownAfterEvents:
		s.closeFor(shuttingDown)
	case drainAfterEvents:
		s.decide(draining)
		s.startClose(e.status, false)
	}
}

const (
	// smallMessage is the length up to which the messages of one read share memory. An application that keeps one of them
	// keeps all of that memory.
	smallMessage = 512

	// maxShared bounds the memory that such messages share.
	maxShared = 4 << 10

	// inlinePayload is the length up to which the payload of a message that comes alone is part of the same allocation.
	inlinePayload = 80
)

// messages returns the messages among the events of a read that the handler has to see. Their payloads are their own, or lent
// with Options.LendPayloads.
func (s *Socket) messages(events []protocol.Event) []Message {
	lend := s.server.options().LendPayloads
	if len(events) == 1 && !lend && !events[0].Owned && len(events[0].Payload) <= inlinePayload {
		return s.inlineMessage(events[0])
	}
	var shared []byte
	var messages []Message
	for i, ev := range events {
		if ev.Kind != protocol.EventMessage || s.autoRespond(ev) {
			continue
		}
		if messages == nil {
			messages = make([]Message, 0, len(events)-i)
		}
		payload := ev.Payload
		switch size := len(payload); {
		case ev.Owned:
		case lend:
			payload = payload[:size:size] // an append by the handler must not write into the buffer after it
		case size > smallMessage:
			payload = bytes.Clone(payload)
		default:
			if cap(shared)-len(shared) < size {
				shared = make([]byte, 0, min(maxShared, size*(len(events)-i)))
			}
			start := len(shared)
			shared = append(shared, payload...)
			payload = shared[start:len(shared):len(shared)]
		}
		m := s.message(ev.Opcode, payload)
		m.lent = lend && !ev.Owned
		messages = append(messages, m)
	}
	return messages
}

// inlineMessage is messages for a single event whose payload is small: the message and its payload are one allocation.
func (s *Socket) inlineMessage(ev protocol.Event) []Message {
	if ev.Kind != protocol.EventMessage || s.autoRespond(ev) {
		return nil
	}
	one := &struct {
		messages [1]Message
		payload  [inlinePayload]byte
	}{}
	n := copy(one.payload[:], ev.Payload)
	one.messages[0] = s.message(ev.Opcode, one.payload[:n:n])
	return one.messages[:]
}

func (s *Socket) message(op protocol.Opcode, payload []byte) Message {
	return Message{Server: s.server, Socket: s, Payload: Payload{Data: payload, Binary: op == protocol.Binary}}
}

// copyLent replaces a payload that is lent by a copy, because the handler needs it after the read has ended.
func (m *Message) copyLent() {
	if m.lent {
		m.Data, m.lent = bytes.Clone(m.Data), false
	}
}

// poisoned is the byte that overwrites payloads which were lent, in builds with the race detector.
const poisoned = 0xdb

// poison overwrites a payload that was lent, so that a test of an application that still uses it fails, and the race detector
// reports a goroutine that reads it.
func poison(payload []byte) {
	for i := range payload {
		payload[i] = poisoned
	}
}
