package protocol

import "bytes"

// receiver is the state of the input.
type receiver struct {
	input     []byte // received bytes that are not parsed yet
	inputSeen bool   // whether bytes have arrived since the half-open timer was last armed

	partial    [MaxHeader]byte // the beginning of an incomplete header
	partialLen int             // the number of bytes in partial

	frame       Header // the header of the current frame
	inFrame     bool   // whether frame has been parsed and its payload is expected
	payloadLeft int64  // the bytes of the frame's payload that have not arrived
	control     []byte // the beginning of the payload of a control frame

	message
}

// Receive passes received bytes to the machine. It unmasks them in place, and keeps
// them until [Machine.Next] has returned false.
func (m *Machine) Receive(p []byte) {
	m.inputSeen = m.inputSeen || len(p) > 0
	if len(m.input) > 0 {
		p = append(m.input[:len(m.input):len(m.input)], p...)
	}
	m.input = p
}

// Unparsed reports whether received bytes have not been parsed yet, because the driver
// has stopped calling Next before it returned false.
func (m *Machine) Unparsed() bool { return len(m.input) > 0 }

// Holding returns the number of bytes that are buffered: those of an incomplete
// message and the unparsed input.
func (m *Machine) Holding() int { return cap(m.body) + len(m.input) }

// Keep copies the unparsed input, so that the driver may reuse the buffer of the last
// Receive.
func (m *Machine) Keep() {
	if len(m.input) > 0 {
		m.input = bytes.Clone(m.input)
	}
}

// Next returns the next event, or false if there is none until the next input. A
// driver calls it until it returns false after each call of another method.
func (m *Machine) Next() (Event, bool) {
	for len(m.input) > 0 {
		if m.Discards() {
			m.discardInput()
			break
		}
		if ev, ok := m.parse(); ok {
			m.settle()
			return ev, true
		}
	}
	m.input = nil // release the driver's buffer
	m.settle()
	if m.failing() && !m.failingDelivered {
		m.failingDelivered = true
		return Event{Kind: EventFailing}, true
	}
	if !m.EndDue() {
		return Event{}, false
	}
	m.closedDelivered = true
	return Event{Kind: EventClosed}, true
}

// EndDue reports whether Next will return the terminal event, after the events that
// are left.
func (m *Machine) EndDue() bool { return m.cause != "" && !m.closedDelivered }

// AtBoundary reports whether the next byte begins a frame.
func (m *Machine) AtBoundary() bool { return !m.inFrame && m.partialLen == 0 }

// discardInput discards the input and counts it. If more than Config.MaxLinger bytes
// arrive while the connection ends, it is aborted.
func (m *Machine) discardInput() {
	n := len(m.input)
	m.receiver = receiver{}
	if m.Done() || !m.ending() && !m.failing() {
		return
	}
	if m.discarded += int64(n); m.discarded > m.cfg.MaxLinger && m.ending() {
		m.abort(CauseTimeout)
	}
}

// parse parses one header, if it is complete, and the payload that follows it. It
// returns the event that this causes, if any.
func (m *Machine) parse() (Event, bool) {
	if !m.inFrame && !m.startFrame() {
		return Event{}, false
	}
	n := len(m.input)
	if int64(n) > m.payloadLeft {
		n = int(m.payloadLeft)
	}
	if n == 0 && m.payloadLeft > 0 {
		return Event{}, false
	}
	piece := m.input[:n]
	m.input = m.input[n:]
	if m.frame.Masked {
		Mask(m.frame.Key, int(m.frame.Length-m.payloadLeft)&3, piece)
	}
	m.payloadLeft -= int64(n)
	if m.frame.Opcode.IsControl() {
		return m.receiveControl(piece)
	}
	return m.receiveData(piece)
}

// startFrame parses a header and reports whether it is complete and valid. An invalid
// header fails the connection.
func (m *Machine) startFrame() bool {
	b := m.input
	if m.partialLen > 0 {
		b = m.partial[:m.partialLen+copy(m.partial[m.partialLen:], m.input)]
	}
	h, n, violation := ParseHeader(b)
	// If a header has several faults the one in the earliest byte is reported, so that
	// the result does not depend on how the input is segmented.
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
		m.partialLen = copy(m.partial[:], b)
		m.input = nil
		return false
	}
	m.input = m.input[n-m.partialLen:]
	m.partialLen = 0
	m.frame, m.payloadLeft, m.inFrame = h, h.Length, true
	return true
}

// checkFirstByte checks the rules that depend on the first byte of a header and on
// the state of the connection. The header may be incomplete.
func (m *Machine) checkFirstByte(h Header) *Violation {
	if h.RSV&^m.allowedRSV(h) != 0 { // RFC 6455, section 5.2: 0 unless an extension defines them
		return errRSV
	}
	return m.checkOrder(h)
}

// checkHeader checks the rules that depend on the complete header and on the state of
// the connection.
func (m *Machine) checkHeader(h Header) *Violation {
	if m.cfg.Role == Server && !h.Masked { // RFC 6455, section 5.1
		return errUnmasked
	}
	if m.cfg.Role == Client && h.Masked { // RFC 6455, section 5.1
		return errMasked
	}
	return m.checkLimits(h)
}

// receiveControl adds a piece of a control frame, and handles the frame when it is
// complete.
func (m *Machine) receiveControl(piece []byte) (Event, bool) {
	payload := piece
	if m.payloadLeft > 0 || len(m.control) > 0 {
		m.control = append(m.control, piece...)
		payload = m.control
	}
	if m.payloadLeft > 0 {
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
