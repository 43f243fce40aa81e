package worker

import (
	"bytes"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Events queues what the script is to be told: messages, the server's Close, and a violation
// of the server, which takes effect when the script has handled the messages before it.
func (s *outgoingSocket) Events(conn *driver.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		switch ev.Kind {
		case protocol.EventMessage, protocol.EventPiece:
			s.postMessage(ev)
		case protocol.EventPeerClose:
			s.post(0, func(done func()) { s.line.peerClose(ev.Status, done) })
		case protocol.EventFailing:
			s.post(0, func(done func()) {
				conn.Fail()
				done()
			})
		case protocol.EventPing, protocol.EventPong, protocol.EventClosed:
		}
	}
	return false
}

// Work is never called: Events returns false.
func (s *outgoingSocket) Work(*driver.Driver) {}

// postMessage queues a message, and stops reading when too much waits.
func (s *outgoingSocket) postMessage(m protocol.Event) {
	p := linger.Payload{Data: m.Payload, Binary: m.Opcode == protocol.Binary}
	if !m.Owned {
		p.Data = bytes.Clone(p.Data)
	}
	s.post(len(p.Data), func(done func()) { s.line.message(p, done) })
}

// Drained tells nothing: WebSocket has no event for it.
func (s *outgoingSocket) Drained(*driver.Driver) {}

// Closed has the script told of the end, the last thing. The socket counts until its
// descriptor is closed.
func (s *outgoingSocket) Closed(conn *driver.Driver, end driver.Outcome) {
	s.post(0, func(done func()) { s.line.end(end.Received, end.Clean, s.failure(end), done) })
	<-conn.Done()
	s.over()
}

// post adds a call of the line. It pauses the connection while the queue is full.
func (s *outgoingSocket) post(size int, tell func(done func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting.Push(tell, size)
	if s.conn != nil && s.waiting.Pause(outgoingLimits) {
		s.conn.Pause()
	}
	if !s.telling {
		s.telling = true
		go s.tell()
	}
}

// tell tells the line one thing after the other. Each returns when the script is done
// with it, or its engine has ended.
func (s *outgoingSocket) tell() {
	done := make(chan struct{}, 1)
	for next := s.next(); next != nil; next = s.next() {
		next(func() { done <- struct{}{} })
		<-done
	}
}

// next removes the first call from the queue and returns it; it returns nil if there is none. The connection is resumed
// when half of the queue is free.
func (s *outgoingSocket) next() func(done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, _, ok := s.waiting.Pop()
	s.waiting.Trim(0)
	if s.waiting.Resume(outgoingLimits) {
		s.conn.Resume()
	}
	s.telling = ok
	return first
}
