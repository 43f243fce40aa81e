package worker

import (
	"bytes"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

var _ websocket.Failer = (*outgoingSocket)(nil)

// Message has the script told of a message, and stops reading when too much waits.
func (s *outgoingSocket) Message(_ *websocket.Driver, m protocol.Event) {
	p := linger.Payload{Data: m.Payload, Binary: m.Opcode == protocol.Binary}
	if !m.Owned {
		p.Data = bytes.Clone(p.Data)
	}
	s.post(len(p.Data), func(done func()) { s.line.message(p, done) })
}

// Pong tells nothing.
func (s *outgoingSocket) Pong(*websocket.Driver, []byte) {}

// PeerClose has the script told of the server's Close, behind its messages.
func (s *outgoingSocket) PeerClose(_ *websocket.Driver, status protocol.Status) {
	s.post(0, func(done func()) { s.line.peerClose(status, done) })
}

// Failing has a violation of the server take effect when the script is done with the
// messages before it.
func (s *outgoingSocket) Failing(conn *websocket.Driver) {
	s.post(0, func(done func()) {
		conn.Fail()
		done()
	})
}

// Drained tells nothing: WebSocket has no event for it.
func (s *outgoingSocket) Drained(*websocket.Driver) {}

// Closed has the script told of the end, the last thing. The socket counts until its
// descriptor is closed.
func (s *outgoingSocket) Closed(conn *websocket.Driver, end websocket.Outcome) {
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
