package protocol

import "bytes"

// receiver is what the machine knows of the peer's frames on their way in.
type receiver struct {
	input []byte // bytes of the last Receive that are not parsed yet
	heard bool   // something came since the half-open timer was last looked at

	head   [MaxHeader]byte // the start of a header whose end has not come
	headed int             // how much of it is there

	frame   Header
	inFrame bool  // the header is parsed, payload follows
	left    int64 // bytes of payload that are missing
	control []byte

	message
}

// Receive takes bytes that arrived. They belong to the machine, which unmasks
// in place, until [Machine.Next] has returned false.
func (m *Machine) Receive(p []byte) {
	m.heard = m.heard || len(p) > 0
	if len(m.input) > 0 {
		p = append(m.input[:len(m.input):len(m.input)], p...)
	}
	m.input = p
}

// Unparsed tells whether bytes of the last Receive have not been looked at yet: a
// driver has stopped asking for events before there was none.
func (m *Machine) Unparsed() bool { return len(m.input) > 0 }

// Holding returns how many bytes are kept of a message that is not whole yet, and of
// input that has not been looked at.
func (m *Machine) Holding() int { return cap(m.body) + len(m.input) }

// Keep gives the buffer of the last Receive back to the driver: what has not been looked
// at is copied.
func (m *Machine) Keep() {
	if len(m.input) > 0 {
		m.input = bytes.Clone(m.input)
	}
}

// Next returns the next event, or false when there is none until something
// else goes in. A driver calls it until then after each other call.
func (m *Machine) Next() (Event, bool) {
	for len(m.input) > 0 {
		if m.Discards() {
			m.drop()
			break
		}
		if ev, ok := m.step(); ok {
			m.settle()
			return ev, true
		}
	}
	m.input = nil // an idle machine keeps no hold of the driver's buffer
	m.settle()
	if m.failing() && !m.failingTold {
		m.failingTold = true
		return Event{Kind: EventFailing}, true
	}
	if !m.EndDue() {
		return Event{}, false
	}
	m.reported = true
	return Event{Kind: EventClosed}, true
}

// EndDue tells whether the terminal event is certain and not out yet: Next will
// return it behind the events that are left.
func (m *Machine) EndDue() bool { return m.cause != "" && !m.reported }

// AtBoundary tells whether the next byte begins a frame.
func (m *Machine) AtBoundary() bool { return !m.inFrame && m.headed == 0 }

// drop throws input away and counts it: a peer that floods an ending connection
// is cut off.
func (m *Machine) drop() {
	n := len(m.input)
	m.receiver = receiver{}
	if m.Done() || !m.ending() && !m.failing() {
		return
	}
	if m.dropped += int64(n); m.dropped > m.cfg.MaxLinger && m.ending() {
		m.cutOff(CauseTimeout)
	}
}

// step parses one header or one piece of payload.
func (m *Machine) step() (Event, bool) {
	if !m.inFrame && !m.startFrame() {
		return Event{}, false
	}
	n := len(m.input)
	if int64(n) > m.left {
		n = int(m.left)
	}
	if n == 0 && m.left > 0 {
		return Event{}, false
	}
	piece := m.input[:n]
	m.input = m.input[n:]
	if m.frame.Masked {
		Mask(m.frame.Key, int(m.frame.Length-m.left)&3, piece)
	}
	m.left -= int64(n)
	if m.frame.Opcode.IsControl() {
		return m.receiveControl(piece)
	}
	return m.receiveData(piece)
}

// startFrame parses a header and tells whether payload may follow. It fails the
// connection for what the header alone shows.
func (m *Machine) startFrame() bool {
	b := m.input
	if m.headed > 0 {
		b = m.head[:m.headed+copy(m.head[m.headed:], m.input)]
	}
	h, n, violation := ParseHeader(b)
	// The fault that comes first decides, so that it does not matter how the bytes
	// were cut on their way: those of the first byte before those of the rest.
	if v := m.checkFirstByte(h); v != nil {
		violation = v
	} else if n > 0 {
		violation = m.checkHeader(h)
	}
	if violation != nil {
		m.fail(violation)
		return false
	}
	if n == 0 {
		m.headed = copy(m.head[:], b)
		m.input = nil
		return false
	}
	m.input = m.input[n-m.headed:]
	m.headed = 0
	m.frame, m.left, m.inFrame = h, h.Length, true
	return true
}

// checkFirstByte applies the rules that the first byte of a header and the
// connection decide, even when the rest is missing.
func (m *Machine) checkFirstByte(h Header) *Violation {
	if h.RSV&^m.allowedRSV(h) != 0 { // RFC 6455, section 5.2: 0 unless an extension says otherwise
		return errRSV
	}
	return m.checkOrder(h)
}

// checkHeader applies the rules that need the whole header and the connection.
func (m *Machine) checkHeader(h Header) *Violation {
	if m.cfg.Role == Server && !h.Masked { // RFC 6455, section 5.1
		return errUnmasked
	}
	if m.cfg.Role == Client && h.Masked { // RFC 6455, section 5.1
		return errMasked
	}
	return m.checkLimits(h)
}

// receiveControl takes a piece of a control frame and acts when it is whole.
func (m *Machine) receiveControl(piece []byte) (Event, bool) {
	payload := piece
	if m.left > 0 || len(m.control) > 0 {
		m.control = append(m.control, piece...)
		payload = m.control
	}
	if m.left > 0 {
		return Event{}, false
	}
	m.inFrame, m.control = false, nil
	switch m.frame.Opcode {
	case CloseFrame:
		return m.receiveClose(payload)
	case Ping:
		m.answerPing(payload)
		return Event{Kind: EventPing, Payload: payload}, true
	case Pong:
		return Event{Kind: EventPong, Payload: payload}, true
	case Continuation, Text, Binary:
	}
	return Event{}, false
}
