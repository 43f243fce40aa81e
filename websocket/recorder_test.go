package websocket

import (
	"fmt"
	"sync"

	"github.com/lingerws/linger/protocol"
)

// recorder is a Handler that notes its calls in order and then does what the
// test wants done.
type recorder struct {
	mu    sync.Mutex
	calls []string

	onMessage   func(c *Driver, payload []byte)
	onPeerClose func(c *Driver)
	onDrained   func(c *Driver)
	onClosed    func(c *Driver, end Outcome)
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	r.mu.Unlock()
}

// take returns the calls since the last take.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

func (r *recorder) Pong(*Driver, []byte) {}

func (r *recorder) Message(c *Driver, m protocol.Event) {
	op, payload := m.Opcode, m.Payload
	r.note("message %v", received{op, payload})
	if r.onMessage != nil {
		r.onMessage(c, payload)
	}
}

func (r *recorder) PeerClose(c *Driver, s protocol.Status) {
	r.note("peer-close %v", s)
	if r.onPeerClose != nil {
		r.onPeerClose(c)
	}
}

func (r *recorder) Drained(c *Driver) {
	if r.onDrained != nil {
		r.onDrained(c)
	}
}

func (r *recorder) Closed(c *Driver, end Outcome) {
	r.note("closed %s", describe(end))
	if r.onClosed != nil {
		r.onClosed(c, end)
	}
}

func describe(o Outcome) string {
	clean := "clean"
	if !o.Clean {
		clean = "not clean"
	}
	text := fmt.Sprintf("%s, received %v, sent %v, first %v, %s", clean, o.Received, o.Sent, o.First, o.Cause)
	if o.Violation != nil {
		text += " " + o.Violation.ID
	}
	return text
}

// echo answers each message with itself.
type echo struct{}

func (echo) Pong(*Driver, []byte)                {}
func (echo) Message(c *Driver, m protocol.Event) { _, _ = c.Send(m.Opcode, m.Payload) }
func (echo) PeerClose(*Driver, protocol.Status)  {}
func (echo) Drained(*Driver)                     {}
func (echo) Closed(*Driver, Outcome)             {}
