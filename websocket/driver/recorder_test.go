package driver

import (
	"fmt"
	"sync"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// recorder is a handler that records its calls in order, and then calls a function of the
// test.
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

// newCalls returns the calls since its last call.
func (r *recorder) newCalls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

func (r *recorder) Events(c *Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventPeerClose {
			r.note("peer-close %v", ev.Status)
			if r.onPeerClose != nil {
				r.onPeerClose(c)
			}
		}
	}
	return wiretest.EachMessage(events, func(m protocol.Event) {
		r.note("message %v", wiretest.Received{Op: m.Opcode, Payload: m.Payload})
		if r.onMessage != nil {
			r.onMessage(c, m.Payload)
		}
	})
}

func (r *recorder) Work(*Driver) {}

func (r *recorder) Drained(c *Driver) {
	if r.onDrained != nil {
		r.onDrained(c)
	}
}

func (r *recorder) Closed(c *Driver, end Outcome) {
	r.note("closed %s", wiretest.Describe(end.Outcome))
	if r.onClosed != nil {
		r.onClosed(c, end)
	}
}

// echo answers each message with itself.
type echo struct{}

func (echo) Events(d *Driver, events []protocol.Event) (work bool) {
	return wiretest.EachMessage(events, func(m protocol.Event) { _, _ = d.Send(m.Opcode, m.Payload) })
}

func (echo) Work(*Driver)            {}
func (echo) Drained(*Driver)         {}
func (echo) Closed(*Driver, Outcome) {}
