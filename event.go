package linger

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// Handler is an application. Calls for one connection come one at a time, in
// order; the next waits until the last has returned and, if that has called Async,
// until its [Completion] is done. A handler that panics is logged; the connection is
// closed with 1011, and the process goes on.
type Handler interface {
	// Upgrade decides about a request before any handshake: it accepts, or it
	// responds with any HTTP response. If it does neither the answer is 500.
	Upgrade(*Upgrade)

	// Message handles one whole message.
	Message(*Message)

	// Close handles the terminal event, the last one of an accepted connection.
	// The socket is inert: sends are dropped.
	Close(*Close)
}

// PeerCloser is a [Handler] that wants to know, for connections accepted with
// HalfOpen, when the peer has finished. It may send on, and must close.
type PeerCloser interface {
	PeerClose(*PeerClose)
}

// Drainer is a [Handler] that wants to know when the send queue of a connection has
// emptied after it was full, or as long as Options.HighWater. It comes as one of the
// connection's events, in order, once for each time; while one waits for the handler no
// other is added. None comes once the connection is closing; in half-open mode that is
// when the application has closed.
type Drainer interface {
	Drain(*Drain)
}

// Message is a whole message of a connection.
type Message struct {
	Server *Server
	Socket *Socket
	Payload

	lent     bool // the payload is the connection's
	progress progress
}

// PeerClose tells that the peer has sent its Close and our half is still open.
type PeerClose struct {
	Server *Server
	Socket *Socket
	Status protocol.Status // its code and reason; 1005 if it was empty

	progress progress
}

// Drain tells that the send queue has emptied after it was full.
type Drain struct {
	Server *Server
	Socket *Socket

	progress progress
}

// Close is the terminal event of a connection. Received has the peer's code and
// reason: 1005 if its Close was empty, 1006 if none came (RFC 6455, section
// 7.1.5). Clean tells whether both Close frames passed (section 7.1.4).
type Close struct {
	Server *Server
	Socket *Socket
	websocket.Outcome

	progress progress
}

// CauseHandshake is the cause of a connection that was accepted and whose
// opening handshake did not complete.
const CauseHandshake protocol.Cause = "handshake"

// HandlerFuncs makes a [Handler] of functions. Those that are nil do nothing;
// without OnUpgrade every connection is accepted.
type HandlerFuncs struct {
	OnUpgrade   func(*Upgrade)
	OnMessage   func(*Message)
	OnPeerClose func(*PeerClose)
	OnDrain     func(*Drain)
	OnClose     func(*Close)
}

// Upgrade calls OnUpgrade, or accepts.
func (h HandlerFuncs) Upgrade(u *Upgrade) {
	if h.OnUpgrade != nil {
		h.OnUpgrade(u)
		return
	}
	_, _ = u.Accept(AcceptOptions{}) // nothing has been answered before, so it cannot fail
}

// Message calls OnMessage.
func (h HandlerFuncs) Message(m *Message) {
	if h.OnMessage != nil {
		h.OnMessage(m)
	}
}

// PeerClose calls OnPeerClose.
func (h HandlerFuncs) PeerClose(p *PeerClose) {
	if h.OnPeerClose != nil {
		h.OnPeerClose(p)
	}
}

// Drain calls OnDrain.
func (h HandlerFuncs) Drain(d *Drain) {
	if h.OnDrain != nil {
		h.OnDrain(d)
	}
}

// Close calls OnClose.
func (h HandlerFuncs) Close(c *Close) {
	if h.OnClose != nil {
		h.OnClose(c)
	}
}

// Payload is the content of a message. What a handler is given is its own, unless
// Options.LendPayloads is set; what it sends is copied.
type Payload struct {
	Data   []byte
	Binary bool // else Data is text and UTF-8
}

// Text returns a text payload. Text that is not UTF-8 is refused when it is sent.
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
