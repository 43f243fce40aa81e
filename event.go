package linger

import (
	"time"

	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Message is a whole message of a connection.
type Message struct {
	Server *Server
	Socket *Socket
	Payload

	lent     bool // the payload is part of the connection's read buffer (Options.LendPayloads)
	progress progress
	arrived  time.Duration // Server.traceTime of the arrival
}

// PeerClose reports that the peer has sent its Close while our half is open (half-open mode).
type PeerClose struct {
	Server *Server
	Socket *Socket
	Status protocol.Status // code and reason of the Close; 1005 if it was empty

	progress progress
	arrived  time.Duration // Server.traceTime of the arrival
}

// Drain reports that a send queue that was full is empty again.
type Drain struct {
	Server *Server
	Socket *Socket

	progress progress
	arrived  time.Duration // Server.traceTime of the drain
}

// Close is the terminal event of a connection. Received contains the peer's code and reason: 1005 if its Close was empty, 1006
// if none came (RFC 6455, section 7.1.5). Clean reports whether both Close frames have passed (section 7.1.4).
type Close struct {
	Server *Server
	Socket *Socket
	driver.Outcome

	progress progress
	arrived  time.Duration // Server.traceTime of the end
}

// Payload is the content of a message. The payload that a handler gets belongs to it, unless Options.LendPayloads is set. The
// payload that a handler sends is copied.
type Payload struct {
	Data   []byte
	Binary bool // false for text, which is UTF-8
}

// Text returns a text payload. Sending text that is not UTF-8 is an error.
func Text(s string) Payload { return Payload{Data: []byte(s)} }

// Binary returns a binary payload.
func Binary(b []byte) Payload { return Payload{Data: b, Binary: true} }

// String returns the data as a string.
func (p Payload) String() string { return string(p.Data) }

func (p Payload) opcode() protocol.Opcode {
	if p.Binary {
		return protocol.Binary
	}
	return protocol.Text
}

func (m *Message) handle(h Handler) (complete bool) {
	if race.Enabled && m.lent {
		defer poison(m.Data)
	}
	return m.Socket.guard("message", m.arrived, &m.progress, func() { h.Message(m) })
}

func (p *PeerClose) handle(h Handler) (complete bool) {
	closer, ok := h.(PeerCloser)
	return !ok || p.Socket.guard("peerclose", p.arrived, &p.progress, func() { closer.PeerClose(p) })
}

func (d *Drain) handle(h Handler) (complete bool) {
	drainer := drainer(h)
	if drainer == nil || d.Socket.closing.Load() { // the event may have waited
		return true
	}
	return d.Socket.guard("drain", d.arrived, &d.progress, func() { drainer.Drain(d) })
}

func (c *Close) handle(h Handler) (complete bool) {
	c.progress.begin()
	c.Socket.traceBegin("close", c.arrived)
	returned := false
	defer func() {
		if !returned {
			c.progress.abandon()
			complete = true
		}
		if complete {
			c.Socket.traceHandled(!returned)
			c.Server.forget(c.Socket)
		}
	}()
	returned = c.Server.call("close", c.Socket, func() { h.Close(c) })
	return returned && c.progress.release()
}

// guard calls a handler, and reports whether the event is complete. If the handler panics or ends its goroutine the connection
// is closed with 1011, and the event is complete.
func (s *Socket) guard(event string, arrived time.Duration, p *progress, handler func()) (complete bool) {
	p.begin()
	s.traceBegin(event, arrived)
	returned := false
	defer func() {
		if !returned {
			p.abandon()
			s.traceHandled(true)
			s.closeFor(handlerFailed)
		}
	}()
	s.openData()
	returned = s.server.call(event, s, handler)
	if returned && !p.finish() {
		s.retainBatch()
		if !p.release() {
			return false
		}
	}
	s.saveData()
	if returned {
		s.traceHandled(false)
	}
	return true
}
