package protocol

import "errors"

// Compression is permessage-deflate, as agreed for one connection (RFC 7692). A
// machine uses it from one goroutine at a time.
type Compression interface {
	// Compress appends a piece of a message to dst, compressed; first and last tell
	// where in the message it stands. If it answers false at the first piece, the
	// whole message is sent as it is.
	Compress(dst, piece []byte, first, last bool) ([]byte, bool)

	// Inflate returns what a whole compressed message inflates to. The result is
	// the caller's. The error is [ErrInflateTooBig] if that is more than limit
	// bytes, known before they are there; any other error means that the data is
	// corrupt.
	Inflate(message []byte, limit int64) ([]byte, error)

	// TakesPrepared tells whether a message of so many bytes may be sent in the form
	// that was compressed once for many connections; Sent notes that it was, and what
	// it stands for.
	TakesPrepared(size int) bool
	Sent(plain []byte)
}

// ErrInflateTooBig is the error of [Compression] for a message over its limit.
var ErrInflateTooBig = errors.New("protocol: the message inflates to more than the limit")

// rsv1 marks the first frame of a compressed message: RFC 7692, section 6.
const rsv1 = 4

// allowedRSV returns the reserved bits that a frame may have: RFC 7692, section
// 6.1, RSV1 on the first frame of a data message.
func (m *Machine) allowedRSV(h Header) uint8 {
	if m.cfg.Compression != nil && !h.Opcode.IsControl() && h.Opcode != Continuation {
		return rsv1
	}
	return 0
}

// inflate replaces the payload of a compressed message by what it stands for.
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

// appendData queues a data frame, compressed if that was agreed and pays off.
func (m *Machine) appendData(fin bool, op Opcode, payload []byte) {
	first := op != Continuation
	if m.cfg.Compression == nil || !first && !m.squeezing {
		m.appendFrame(fin, op, payload)
		return
	}
	// The header goes in front of a payload whose length is not known yet.
	start := len(m.output)
	var gap [MaxHeader]byte
	room := append(m.output, gap[:]...)
	room, m.squeezing = m.cfg.Compression.Compress(room, payload, first, fin)
	if !m.squeezing {
		m.output = room[:start]
		m.appendFrame(fin, op, payload)
		return
	}
	m.output = m.closeGap(room, start, Header{Fin: fin, Opcode: op})
}

// appendPrepared queues a message that was framed, and perhaps compressed, before.
func (m *Machine) appendPrepared(p *Prepared) {
	c := m.cfg.Compression
	switch {
	case c == nil && m.cfg.Role == Server:
		m.output = append(m.output, p.frame...)
	case c == nil: // a client masks each frame anew: RFC 6455, section 5.3
		m.appendFrame(true, p.op, p.payload())
	case p.squeeze == nil || !c.TakesPrepared(len(p.payload())):
		m.appendData(true, p.op, p.payload())
	default:
		m.appendReserved(Header{Fin: true, RSV: rsv1, Opcode: p.op}, p.squeeze()) // RFC 7692, section 6.1
		c.Sent(p.payload())
	}
}

// closeGap writes the header of the frame whose payload stands behind a gap, and
// moves the payload up to it.
func (m *Machine) closeGap(room []byte, start int, h Header) []byte {
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
