package linger

import (
	"unicode/utf8"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// early holds what a handler sends between accepting and the 101, framed as it will
// leave.
type early struct {
	waiting bool // the handshake is still to come
	frames  []*protocol.Prepared
	bytes   int  // of the frames
	closed  bool // a Close follows them
	cut     bool // or the transport is closed instead
	status  protocol.Status
}

// maxEarly bounds the number of messages, which may be empty.
const maxEarly = 32 << 10

// send keeps a message, as long as less than limit bytes wait.
func (e *early) send(op protocol.Opcode, data []byte, limit int) error {
	switch {
	case e == nil || !e.waiting || e.closed:
		return ErrClosed
	case op == protocol.Text && !utf8.Valid(data): // RFC 6455, section 8.1
		return protocol.ErrText
	case e.bytes >= limit || len(e.frames) >= maxEarly:
		return ErrQueueFull
	}
	frame, err := websocket.Prepare(op, data)
	if err != nil {
		return err
	}
	e.frames = append(e.frames, frame)
	e.bytes += frame.Len()
	return nil
}

// close notes the Close that follows; the first one counts.
func (e *early) close(s protocol.Status) {
	if e != nil && e.waiting && !e.closed {
		e.closed, e.status = true, s
	}
}

// closeDiscard is close without the messages.
func (e *early) closeDiscard(s protocol.Status) {
	if e != nil {
		e.frames, e.bytes = nil, 0
	}
	e.close(s)
}

// flush hands everything to the connection, in order.
func (e *early) flush(conn *websocket.Driver) {
	if len(e.frames) > 0 {
		conn.SendAllPrepared(e.frames)
	}
	switch {
	case e.cut:
		conn.CloseNow()
	case e.closed && e.status.Code == protocol.CloseNoStatus:
		conn.CloseEmpty()
	case e.closed:
		_ = conn.Close(e.status.Code, e.status.Reason) // was checked when it was noted
	}
}
