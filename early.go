package linger

import (
	"slices"
	"unicode/utf8"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// early holds what a handler sends between accepting and the 101.
type early struct {
	waiting bool // the handshake is still to come
	frames  []earlyFrame
	bytes   int
	closed  bool // a Close follows the frames
	cut     bool // or the transport is closed instead
	status  protocol.Status
}

type earlyFrame struct {
	op   protocol.Opcode
	data []byte
}

// send keeps a message, as long as less than limit bytes wait.
func (e *early) send(op protocol.Opcode, data []byte, limit int) error {
	switch {
	case !e.waiting || e.closed:
		return ErrClosed
	case op == protocol.Text && !utf8.Valid(data): // RFC 6455, section 8.1
		return protocol.ErrText
	case e.bytes >= limit:
		return ErrQueueFull
	}
	e.frames = append(e.frames, earlyFrame{op, slices.Clone(data)})
	e.bytes += len(data) + earlyFrameCost
	return nil
}

// earlyFrameCost is what an empty message counts, so that their number is
// bounded too.
const earlyFrameCost = 32

// close notes the Close that follows; the first one counts.
func (e *early) close(s protocol.Status) {
	if e.waiting && !e.closed {
		e.closed, e.status = true, s
	}
}

// flush hands everything to the connection, in order.
func (e *early) flush(conn *websocket.Driver) {
	for _, f := range e.frames {
		_, _ = conn.Send(f.op, f.data) // refused only if the connection has ended already
	}
	if e.cut {
		conn.CloseNow()
	} else if e.closed {
		_ = conn.Close(e.status.Code, e.status.Reason) // was checked when it was noted
	}
	*e = early{}
}
