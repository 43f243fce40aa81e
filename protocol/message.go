package protocol

// message is the message that is arriving.
type message struct {
	open      bool   // its first frame has come, its last has not ended
	opcode    Opcode // Text or Binary
	fragments int
	size      int64 // bytes its frames have announced so far
	body      []byte
	check     utf8Check
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
	if m.fragments >= m.cfg.MaxFragments {
		return errFragments
	}
	return nil
}

// receiveData takes a piece of a data frame; it returns the message when it is
// whole.
func (m *Machine) receiveData(piece []byte) (Event, bool) {
	if m.frame.Opcode != Continuation && !m.open {
		m.open, m.opcode = true, m.frame.Opcode
	}
	// Text that is wrong fails at once, not when the message ends: section 8.1.
	if m.opcode == Text && !m.check.write(piece) {
		m.fail(errText)
		return Event{}, false
	}
	if m.left > 0 {
		m.collect(piece)
		return Event{}, false
	}
	m.inFrame = false
	m.fragments++
	m.size += m.frame.Length
	if !m.frame.Fin {
		m.collect(piece)
		return Event{}, false
	}
	return m.endMessage(piece)
}

// collect keeps a piece until the message is whole. The first buffer is sized by
// what came, not by what the header announces: announcing costs a peer nothing.
func (m *Machine) collect(piece []byte) {
	if m.body == nil {
		m.body = make([]byte, 0, min(m.frame.Length, int64(4*len(piece))))
	}
	m.body = append(m.body, piece...)
}

func (m *Machine) endMessage(last []byte) (Event, bool) {
	if m.opcode == Text && !m.check.complete() { // RFC 6455, section 8.1
		m.fail(errText)
		return Event{}, false
	}
	ev := Event{Kind: EventMessage, Opcode: m.opcode, Payload: last}
	if m.body != nil {
		ev.Payload, ev.Owned = append(m.body, last...), true
	}
	m.message = message{}
	return ev, true
}
