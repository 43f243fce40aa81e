package proxy

import (
	"errors"

	"github.com/lingerws/linger/protocol"
)

// Message is a message that is passed to [Options].Intercept.
type Message struct {
	FromClient bool   // whether it comes from the client and not from the backend
	Binary     bool   // whether Data is binary and not text
	Data       []byte // the payload

	from *side
}

// ErrAnswers is returned by [Message.Answer] if too much output is queued.
var ErrAnswers = errors.New("proxy: 1 MiB of messages is already queued for the peer; the answer was dropped")

// maxQueuedForAnswer is the length of the send queue from which answers are dropped.
const maxQueuedForAnswer = 1 << 20

// Answer sends a message to the end that has sent m. The error is [ErrAnswers] if 1 MiB of
// output is already queued for that end, and otherwise that of driver.Driver.Send.
func (m *Message) Answer(binary bool, data []byte) error {
	if m.from.conn.Queued() >= maxQueuedForAnswer {
		return ErrAnswers
	}
	_, err := m.from.conn.Send(opcodeOf(binary), data)
	return err
}

// intercept passes a message to Options.Intercept, which may change it, and reports whether
// to forward it.
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
