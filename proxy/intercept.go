package proxy

import (
	"errors"

	"github.com/lingerws/linger/protocol"
)

// Message is a whole message on its way, as [Options.Intercept] sees it.
type Message struct {
	FromClient bool // else from the backend
	Binary     bool // else Data is text
	Data       []byte

	from *side
}

// ErrAnswers tells that too many answers wait; the message was dropped.
var ErrAnswers = errors.New("proxy: 1 MiB of messages waits for the peer already, the answer was dropped")

// maxWaiting bounds what waits for a side before no more answers are added.
const maxWaiting = 1 << 20

// Answer sends a message back to where this one comes from. The error is [ErrAnswers],
// or that of websocket.Driver.Send.
func (m *Message) Answer(binary bool, data []byte) error {
	if m.from.conn.Queued() >= maxWaiting {
		return ErrAnswers
	}
	_, err := m.from.conn.Send(opcodeOf(binary), data)
	return err
}

// intercept shows a whole message to the application, which may change it, and tells
// whether it goes on.
func (s *side) intercept(e *protocol.Event) bool {
	m := Message{FromClient: s == &s.pipe.client, Binary: e.Opcode == protocol.Binary, Data: e.Payload, from: s}
	if !s.pipe.opts.Intercept(&m) {
		return false
	}
	e.Opcode, e.Payload = opcodeOf(m.Binary), m.Data
	return true
}

func opcodeOf(binary bool) protocol.Opcode {
	if binary {
		return protocol.Binary
	}
	return protocol.Text
}
