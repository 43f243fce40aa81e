package protocol

import "errors"

// Compression implements permessage-deflate with the parameters negotiated for one
// connection (RFC 7692). A machine uses it from one goroutine at a time.
type Compression interface {
	// Compress appends the compressed form of a piece of a message to dst. first and
	// last report whether the piece is the first and the last of its message. If it
	// returns false for the first piece the whole message is sent uncompressed.
	Compress(dst, piece []byte, first, last bool) ([]byte, bool)

	// Inflate returns the decompressed form of a complete compressed message. The
	// result belongs to the caller. The error is [ErrInflateTooBig] if the result
	// would be longer than limit bytes, which is detected before it is produced; any
	// other error means that the data is corrupt.
	Inflate(message []byte, limit int64) ([]byte, error)

	// TakesPrepared reports whether a message of size bytes may be sent in the form
	// that was compressed once for many connections.
	TakesPrepared(size int) bool

	// Sent records that a message was sent in its prepared form; plain is its
	// uncompressed form.
	Sent(plain []byte)

	// AppendState appends the state to b, the windows of both directions, and returns the
	// extended slice. It does not change the state.
	AppendState(b []byte) []byte

	// Restore sets the state of a Compression that has just been created, with the same
	// parameters as the one that has appended it.
	Restore(state []byte) error
}

// ErrInflateTooBig is returned by [Compression] for a message that exceeds its limit.
var ErrInflateTooBig = errors.New("protocol: the message inflates to more than the limit")

// rsv1 marks the first frame of a compressed message (RFC 7692, section 6).
const rsv1 = 4

// allowedRSV returns the reserved bits that a frame may have: RSV1 on the first frame
// of a data message, with compression (RFC 7692, section 6.1).
func (m *Machine) allowedRSV(h Header) uint8 {
	if m.cfg.Compression != nil && !h.Opcode.IsControl() && h.Opcode != Continuation {
		return rsv1
	}
	return 0
}

// inflate replaces the payload of a compressed message with its decompressed form. It
// reports whether that succeeded; if not, the connection has failed.
func (m *Machine) inflate(ev *Event) bool {
	plain, err := m.cfg.Compression.Inflate(ev.Payload, m.cfg.MaxMessage)
	switch {
	case errors.Is(err, ErrInflateTooBig):
		m.fail(errTooBig)
		return false
	case err != nil:
		m.fail(errInflate)
		return false
	case m.opcode == Text && !m.check.write(plain): // RFC 6455, section 8.1
		m.fail(errText)
		return false
	}
	ev.Payload, ev.Owned = plain, true
	return true
}

// appendData queues a data frame, compressed if compression was negotiated and
// shortens the message.
func (m *Machine) appendData(fin bool, op Opcode, payload []byte) {
	first := op != Continuation
	if m.cfg.Compression == nil || !first && !m.sendingCompressed {
		m.appendFrame(fin, op, payload)
		return
	}
	// Leave a gap for the header, because the length of the payload is not known yet.
	start := len(m.output)
	var gap [MaxHeader]byte
	room := append(m.output, gap[:]...)
	room, m.sendingCompressed = m.cfg.Compression.Compress(room, payload, first, fin)
	if !m.sendingCompressed {
		m.output = room[:start]
		m.appendFrame(fin, op, payload)
		return
	}
	m.output = m.insertHeader(room, start, Header{Fin: fin, Opcode: op})
}

// appendPrepared queues a prepared message, in compressed form if the connection
// admits that.
func (m *Machine) appendPrepared(p *Prepared) {
	c := m.cfg.Compression
	switch {
	case c == nil && m.cfg.Role == Server:
		m.output = append(m.output, p.frame...)
	case c == nil: // a client masks each frame with a fresh key (RFC 6455, section 5.3)
		m.appendFrame(true, p.op, p.payload())
	case p.compressed == nil || !c.TakesPrepared(len(p.payload())):
		m.appendData(true, p.op, p.payload())
	default:
		m.appendHeader(Header{Fin: true, RSV: rsv1, Opcode: p.op}, p.compressed()) // RFC 7692, section 6.1
		c.Sent(p.payload())
	}
}

// insertHeader writes the header of a frame at start, where room has a gap of
// MaxHeader bytes, and moves the payload after the gap up to the header.
func (m *Machine) insertHeader(room []byte, start int, h Header) []byte {
	payload := room[start+MaxHeader:]
	h.Length = int64(len(payload))
	if h.Opcode != Continuation {
		h.RSV = rsv1 // RFC 7692, section 6.1: on the first frame only
	}
	if m.cfg.Role == Client { // RFC 6455, section 5.1
		h.Masked, h.Key = true, m.cfg.MaskKey()
		Mask(h.Key, 0, payload)
	}
	framed := h.Append(room[:start])
	return append(framed, payload...)
}
