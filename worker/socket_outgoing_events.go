package worker

import (
	"bytes"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Events queues what happens for the script: messages, the server's Close, and a violation of the server, after which the
// connection fails when the script has handled the messages before it.
func (s *outgoingSocket) Events(conn *driver.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		switch ev.Kind {
		case protocol.EventMessage, protocol.EventPiece:
			s.enqueueMessage(ev)
		case protocol.EventPeerClose:
			s.enqueue(0, func(done func()) { s.object.peerClose(ev.Status, done) })
		case protocol.EventFailing:
			s.enqueue(0, func(done func()) {
				conn.Fail()
				done()
			})
			work = true // our Close waits for that
		case protocol.EventPing, protocol.EventPong, protocol.EventClosed:
		}
	}
	return work
}

// Work does nothing: the script handles what is queued.
func (s *outgoingSocket) Work(*driver.Driver) {}

func (s *outgoingSocket) enqueueMessage(m protocol.Event) {
	p := linger.Payload{Data: m.Payload, Binary: m.Opcode == protocol.Binary}
	if !m.Owned {
		p.Data = bytes.Clone(p.Data)
	}
	s.enqueue(len(p.Data), func(done func()) { s.object.message(p, done) })
}

// Drained does nothing: WebSocket objects have no event for it.
func (s *outgoingSocket) Drained(*driver.Driver) {}

// Closed queues the end for the script. The connection counts among those of the worker until its descriptor is
// closed.
func (s *outgoingSocket) Closed(conn *driver.Driver, end driver.Outcome) {
	s.enqueue(0, func(done func()) { s.object.end(end.Received, end.Clean, s.failure(end), done) })
	<-conn.Done()
	s.release()
}

// enqueue queues a call that reports an event to the WebSocket object. It pauses the connection if the queue is full.
func (s *outgoingSocket) enqueue(size int, report func(done func())) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting.Push(report, size)
	if s.conn != nil && s.waiting.Pause(outgoingLimits) {
		s.conn.Pause()
	}
	if !s.delivering {
		s.delivering = true
		go s.deliver()
	}
}

// deliver reports the events that wait, each when the script has handled the one before it or the instance has ended.
func (s *outgoingSocket) deliver() {
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
	s.delivering = ok
	return first
}
