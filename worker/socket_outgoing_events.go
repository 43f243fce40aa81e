package worker

import (
	"bytes"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Events queues events for the script: messages and the server's Close. After a violation of the server the connection fails
// when the script has handled the messages before it.
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
			work = true // our Close follows when the script has handled the events before it
		case protocol.EventPing, protocol.EventPong, protocol.EventClosed:
		}
	}
	return work
}

// Work does nothing: the script handles what is queued.
func (s *outgoingSocket) Work(*driver.Driver) {}

// enqueueMessage queues a message. It copies a payload that is only lent.
func (s *outgoingSocket) enqueueMessage(m protocol.Event) {
	p := linger.Payload{Data: m.Payload, Binary: m.Opcode == protocol.Binary}
	if !m.Owned {
		p.Data = bytes.Clone(p.Data)
	}
	s.enqueue(len(p.Data), func(done func()) { s.object.message(p, done) })
}

// Drained does nothing, because WebSocket objects have no event for a drain.
func (s *outgoingSocket) Drained(*driver.Driver) {}

// Closed queues the end event for the script. The connection is counted among the worker's sockets until its descriptor is
// closed.
func (s *outgoingSocket) Closed(conn *driver.Driver, end driver.Outcome) {
	s.enqueue(0, func(done func()) { s.object.end(end.Received, end.Clean, s.failureText(end), done) })
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
		go s.deliverReports()
	}
}

// deliverReports reports the queued events to the WebSocket object. Each waits until the script has handled the one before it, or
// the instance has ended.
func (s *outgoingSocket) deliverReports() {
	done := make(chan struct{}, 1)
	for next := s.nextReport(); next != nil; next = s.nextReport() {
		next(func() { done <- struct{}{} })
		<-done
	}
}

// nextReport removes the first call from the queue and returns it, nil if there is none. It resumes the connection when half of
// the queue is free.
func (s *outgoingSocket) nextReport() func(done func()) {
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
