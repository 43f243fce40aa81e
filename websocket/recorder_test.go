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

	onMessage   func(c *Conn, payload []byte)
	onPeerClose func(c *Conn)
	onDrained   func(c *Conn)
	onClosed    func(c *Conn, end Outcome)
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

func (r *recorder) Message(c *Conn, op protocol.Opcode, payload []byte, _ bool) {
	r.note("message %v", received{op, payload})
	if r.onMessage != nil {
		r.onMessage(c, payload)
	}
}

func (r *recorder) PeerClose(c *Conn, s protocol.Status) {
	r.note("peer-close %v", s)
	if r.onPeerClose != nil {
		r.onPeerClose(c)
	}
}

func (r *recorder) Drained(c *Conn) {
	if r.onDrained != nil {
		r.onDrained(c)
	}
}

func (r *recorder) Closed(c *Conn, end Outcome) {
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

func (echo) Message(c *Conn, op protocol.Opcode, payload []byte, _ bool) { _, _ = c.Send(op, payload) }
func (echo) PeerClose(*Conn, protocol.Status)                            {}
func (echo) Drained(*Conn)                                               {}
func (echo) Closed(*Conn, Outcome)                                       {}
