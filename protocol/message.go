package protocol

// message is the message that is arriving.
type message struct {
	open       bool   // its first frame has come, its last has not ended
	opcode     Opcode // Text or Binary
	compressed bool   // RSV1 was set on its first frame
	size       int64  // bytes its frames have announced so far
	fragments  int    // its frames so far
	lacking    int64  // bytes that short ones among them lack of fragmentCost
	body       []byte
	check      utf8Check
}

// checkOrder enforces how messages are cut into frames: RFC 6455, section 5.4.
func (m *Machine) checkOrder(h Header) *Violation {
	switch {
	case h.Opcode.IsControl(): // may stand between fragments
		return nil
	case !h.Opcode.isKnown(): // ParseHeader refuses it by its right name
		return nil
	case h.Opcode == Continuation && !m.open:
		return errContinuation
	case h.Opcode != Continuation && m.open:
		return errInterleaved
	}
	return nil
}

// checkLimits enforces the bounds on the header, before any payload.
func (m *Machine) checkLimits(h Header) *Violation {
	if h.Opcode.IsControl() {
		return nil
	}
	if h.Length > m.cfg.MaxMessage-m.size {
		return errTooBig
	}
	if m.tooManyFragments(h.Length) {
		return errFragments
	}
	return nil
}

// A fragment costs time and memory as if it had so many bytes at least. Of those that have
// fewer, so many bytes may be missing in one message.
const (
	fragmentCost = 64
	maxLacking   = 16384 * fragmentCost
)

// tooManyFragments reports whether another fragment is over the bound: see
// Config.MaxFragments.
func (m *Machine) tooManyFragments(length int64) bool {
	if bound := m.cfg.MaxFragments; bound != 0 {
		return bound > 0 && m.fragments >= bound
	}
	return m.lacking+m.lacks(length) > maxLacking
}

// lacks returns by how much a fragment is too short.
func (m *Machine) lacks(length int64) int64 {
	if m.cfg.Pieces && !m.compressed && length > 0 {
		return 0
	}
	return max(0, fragmentCost-length)
}

// receiveData takes a piece of a data frame. It returns the message when it is
// whole, or each piece as it comes, if that is wanted.
func (m *Machine) receiveData(piece []byte) (Event, bool) {
	if !m.open {
		m.open, m.opcode = true, m.frame.Opcode
		m.compressed = m.frame.RSV&rsv1 != 0
	}
	// Text that is wrong fails at once, not when the message ends: section 8.1.
	if m.opcode == Text && !m.compressed && !m.check.write(piece) {
		m.fail(errText)
		return Event{}, false
	}
	last := m.endPiece()
	switch {
	case m.cfg.Pieces && !m.compressed:
		return m.passPiece(piece, last)
	case last:
		return m.endMessage(piece)
	}
	m.collect(piece)
	return Event{}, false
}

// endPiece notes the end of a frame, if the piece was its last, and tells whether
// it was the last of the message too.
func (m *Machine) endPiece() (last bool) {
	if m.left > 0 {
		return false
	}
	m.inFrame = false
	m.fragments++
	m.size += m.frame.Length
	m.lacking += m.lacks(m.frame.Length)
	return m.frame.Fin
}

// collect keeps a piece until the message is whole. The first buffer is sized by
// what came, not by what the header announces: announcing costs a peer nothing.
func (m *Machine) collect(piece []byte) {
	if m.body == nil {
		m.body = make([]byte, 0, min(m.frame.Length, int64(4*len(piece))))
	}
	m.body = append(m.body, piece...)
}

// passPiece hands a piece up as it came.
func (m *Machine) passPiece(piece []byte, last bool) (Event, bool) {
	ev := Event{Kind: EventPiece, Opcode: m.opcode, Payload: piece, Last: last}
	if !last {
		return ev, len(piece) > 0
	}
	return m.checkEnd(ev)
}

// endMessage hands a whole message up, inflated if it was compressed.
func (m *Machine) endMessage(last []byte) (Event, bool) {
	ev := Event{Kind: EventMessage, Opcode: m.opcode, Payload: last, Last: true}
	if m.body != nil {
		ev.Payload, ev.Owned = append(m.body, last...), true
	}
	if m.compressed && !m.inflate(&ev) {
		return Event{}, false
	}
	if m.cfg.Pieces {
		ev.Kind = EventPiece
	}
	return m.checkEnd(ev)
}

// checkEnd ends a message: its text must not end inside a character.
func (m *Machine) checkEnd(ev Event) (Event, bool) {
	if m.opcode == Text && !m.check.complete() { // RFC 6455, section 8.1
		m.fail(errText)
		return Event{}, false
	}
	m.message = message{}
	return ev, true
}
