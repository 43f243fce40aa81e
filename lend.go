package linger

import (
	"bytes"

	"github.com/lingerws/linger/protocol"
)

// lent returns the messages among the events, with payloads that are lent
// (Options.LendPayloads): they are the connection's, until the batch of input is over.
func (s *Socket) lent(events []protocol.Event) []Message {
	messages := make([]Message, 0, len(events))
	for _, ev := range events {
		if ev.Kind == protocol.EventMessage {
			size := len(ev.Payload)
			m := s.message(ev.Opcode, ev.Payload[:size:size]) // what is appended to it is elsewhere
			m.lent = !ev.Owned
			messages = append(messages, m)
		}
	}
	return messages
}

// unlend gives payloads that are lent memory of their own, because their batch of input ends
// before the handler has them.
func unlend(messages []Message) {
	for i := range messages {
		if m := &messages[i]; m.lent {
			m.Data, m.lent = bytes.Clone(m.Data), false
		}
	}
}

// spoiled is what is left of a payload that was lent, in builds with the race detector.
const spoiled = 0xdb

// spoil overwrites a payload that was lent, so that tests find who has kept it, and the
// race detector who still reads it.
func spoil(payload []byte) {
	for i := range payload {
		payload[i] = spoiled
	}
}
