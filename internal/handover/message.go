package handover

import (
	"encoding/binary"
	"fmt"

	"github.com/lingerws/linger/internal/wire"
)

// Bounds of what is sent.
const (
	MaxMessage   = 256 << 20 // bytes of the body of one message
	MaxQueuedOps = 64 << 20  // bytes of operations that wait for the link; more are refused
	maxPending   = 1 << 20   // bytes that wait for the link before sending a connection blocks
	maxRights    = 253       // descriptors in one call of sendmsg(2), a limit of Linux (SCM_MAX_FD)
)

// kind is the type of a message. A number is never used again for another meaning.
type kind uint8

const (
	kindHello     kind = 1  // new: versions
	kindWelcome   kind = 2  // old: the hello is accepted
	kindReady     kind = 3  // new: everything is loaded
	kindAbort     kind = 4  // either: the hand-over has failed, with the reason as text
	kindState     kind = 5  // old: state of the server
	kindListener  kind = 6  // old: a listener
	kindAnnounce  kind = 7  // old: a connection that will probably move, or is gone
	kindMoved     kind = 8  // old: the state of a frozen connection
	kindPrepare   kind = 9  // old: everything of this round has been sent
	kindPrepared  kind = 10 // new: everything of this round has been applied
	kindCommit    kind = 11 // old: the new process may take over
	kindCommitted kind = 12 // new: the new process has taken over
	kindFlushed   kind = 13 // old: the operations on the connections of this round have been sent
	kindOp        kind = 14 // either: an operation
	kindFinish    kind = 15 // old: nothing is left
	kindFinished  kind = 16 // new: nothing more will be forwarded
	kindBye       kind = 17 // old: the end of the link
)

// message is one message. Which fields it has depends on its kind.
type message struct {
	kind   kind
	id     string // a connection or a listener; the version of a binary
	state  []byte // state, or the body of an operation
	gone   bool
	round  int
	hello  Greeting
	terms  Terms
	text   string // of an abort
	op     Op
	rights bool // a descriptor belongs to it
	file   int  // this descriptor; -1 without one
}

// headerSize is the size of what precedes the body of a message: its length (4 bytes, big-endian), its kind (1 byte), and the
// number of descriptors that belong to it (1 byte, 0 or 1).
const headerSize = 6

// appendMessage appends a message with its header.
func appendMessage(b []byte, m *message) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, byte(m.kind), 0)
	if m.rights {
		b[start+5] = 1
	}
	b = m.appendBody(b)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-headerSize)) //nolint:gosec // senders check MaxMessage
	return b
}

func (m *message) appendBody(b []byte) []byte {
	switch m.kind {
	case kindHello:
		return m.hello.append(b)
	case kindWelcome:
		return m.terms.append(b)
	case kindAbort:
		return wire.AppendString(b, 1, m.text)
	case kindState, kindListener, kindAnnounce, kindMoved:
		b = wire.AppendString(b, 1, m.id)
		b = wire.AppendBytes(b, 2, m.state)
		return wire.AppendBool(b, 3, m.gone)
	case kindPrepare, kindPrepared, kindCommit, kindCommitted, kindFlushed:
		return wire.AppendUint(b, 1, uint64(m.round)) //nolint:gosec // at least 1
	case kindOp:
		return m.op.append(b)
	case kindReady, kindFinish, kindFinished, kindBye:
	}
	return b
}

// size returns an upper bound of the size of the body of what can be large.
func (m *message) size() int {
	n := len(m.id) + len(m.state) + len(m.op.ID) + len(m.op.Channel) + len(m.op.Body) + 64
	for _, id := range m.op.Except {
		n += len(id) + 8
	}
	return n
}

// parse sets m to the message with a body. It does not refer to body after that.
func (m *message) parse(k kind, body []byte) error {
	*m = message{kind: k, file: -1}
	r := wire.NewReader(body)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch k {
		case kindHello:
			m.hello.set(field, r)
		case kindWelcome:
			m.terms.set(field, r)
		case kindOp:
			m.op.set(field, r)
		case kindAbort:
			if field == 1 {
				m.text = r.String()
			}
		case kindState, kindListener, kindAnnounce, kindMoved:
			m.setConnection(field, r)
		case kindPrepare, kindPrepared, kindCommit, kindCommitted, kindFlushed:
			if field == 1 {
				m.round = int(r.Uint() & (1<<31 - 1)) //nolint:gosec // masked
			}
		case kindReady, kindFinish, kindFinished, kindBye:
		default:
			return fmt.Errorf("handover: the kind of a message is %d, which this binary does not know", k)
		}
	}
	return r.Err()
}

func (m *message) setConnection(field int, r *wire.Reader) {
	switch field {
	case 1:
		m.id = r.String()
	case 2:
		m.state = clone(r.Bytes())
	case 3:
		m.gone = r.Bool()
	}
}

func (op *Op) append(b []byte) []byte {
	if op.ID != "" {
		b = wire.AppendString(b, 1, op.ID)
	}
	if op.Channel != "" {
		b = wire.AppendString(b, 2, op.Channel)
	}
	b = wire.AppendUint(b, 3, uint64(op.Kind)) //nolint:gosec // at least 0
	if len(op.Body) > 0 {
		b = wire.AppendBytes(b, 4, op.Body)
	}
	for _, id := range op.Except {
		b = wire.AppendString(b, 5, id)
	}
	return b
}

func (op *Op) set(field int, r *wire.Reader) {
	switch field {
	case 1:
		op.ID = r.String()
	case 2:
		op.Channel = r.String()
	case 3:
		op.Kind = int(r.Uint() & (1<<31 - 1)) //nolint:gosec // masked
	case 4:
		op.Body = clone(r.Bytes())
	case 5:
		op.Except = append(op.Except, r.String())
	}
}

// clone copies bytes of a buffer that is used again. It returns nil for none.
func clone(b []byte) []byte { return append([]byte(nil), b...) }
