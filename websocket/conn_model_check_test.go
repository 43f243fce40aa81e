package websocket

import (
	"bytes"
	"encoding/binary"
	"reflect"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// check compares what the ends have done with the rules.
func (m *model) check() {
	for i, e := range m.ends {
		other := m.ends[1-i]
		m.checkErrors(e)
		m.checkMessages(other, e)
		m.checkOutcome(e, other)
	}
}

func (m *model) checkErrors(e *modelEnd) {
	for _, err := range e.badErrs {
		m.t.Errorf("a writer of the %s must get the error of its context, of the end, or of its own Close; got %v", e.name, err)
	}
	end, _ := e.conn.Outcome()
	want := endError(end)
	if peer, ok := e.last.(*PeerClosed); ok && end.First == protocol.Remote { //nolint:errorlint // as it was returned
		peer.Clean = end.Clean // the error may have been returned before the end
	}
	if !reflect.DeepEqual(e.last, want) {
		m.t.Errorf("reading at the %s must end with %v; got %v", e.name, want, e.last)
	}
}

// checkMessages compares the messages that one end has received with those that the other
// has sent: the messages of each writer are in order, complete, and without gaps.
func (m *model) checkMessages(from, to *modelEnd) {
	var next [modelWriters]int
	for _, got := range to.got {
		if len(got.payload) < modelHeader { // the rest of a message that was refused, or its start
			continue
		}
		if !got.whole && bytes.HasPrefix(neverFinished, got.payload) {
			continue
		}
		w, number := int(got.payload[0]), int(binary.BigEndian.Uint16(got.payload[1:]))
		if w >= modelWriters || number != next[w] || number >= len(from.sent[w]) {
			m.t.Errorf("the %s got message %d of writer %d, expected %d", to.name, number, w, next)
			return
		}
		next[w]++
		m.checkMessage(to, from.sent[w][number], got)
	}
	if closeSeen(to) && !to.dropped && !from.discard {
		for w, sent := range from.sent {
			for _, message := range sent[min(next[w], len(sent)):] {
				if message.whole {
					m.t.Errorf("a message of %d bytes of writer %d, sent before the Close that the %s has seen, did not arrive",
						len(message.payload), w, to.name)
				}
			}
		}
	}
}

func (m *model) checkMessage(to *modelEnd, sent *modelMessage, got modelMessage) {
	switch {
	case got.op != sent.op:
		m.t.Errorf("the %s got a message as %v that was sent as %v", to.name, got.op, sent.op)
	case got.whole && !sent.whole:
		m.t.Errorf("the %s got a complete message that was never finished", to.name)
	case got.whole && !bytes.Equal(got.payload, sent.payload), !bytes.HasPrefix(sent.payload, got.payload):
		m.t.Errorf("the %s got a message of %d bytes that differs from what was sent, %d bytes",
			to.name, len(got.payload), len(sent.payload))
	}
}

// closeSeen reports whether the peer's Close has arrived, which follows all that the peer has sent.
func closeSeen(e *modelEnd) bool {
	end, _ := e.conn.Outcome()
	return end.Received.Code != CloseAbnormal
}

func (m *model) checkOutcome(e, other *modelEnd) {
	end, _ := e.conn.Outcome()
	theirs, _ := other.conn.Outcome()
	if closeSeen(e) && end.Received != theirs.Sent {
		m.t.Errorf("the %s received %v, and the other end sent %v", e.name, end.Received, theirs.Sent)
	}
	if end.Clean != (end.Cause == protocol.CauseClose) || end.Clean && (!closeSeen(e) || end.Sent.Code == CloseAbnormal) {
		m.t.Errorf("the outcome of the %s contradicts itself: %s", e.name, wiretest.Describe(end.Outcome))
	}
	if end.Violation != nil {
		m.t.Errorf("the %s reports a violation: %v", e.name, end.Violation)
	}
	if !m.disturbed && !end.Clean {
		m.t.Errorf("the end of the %s must be clean; got %s", e.name, wiretest.Describe(end.Outcome))
	}
}
