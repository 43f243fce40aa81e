package protocol

// message is the state of the message that is arriving.
type message struct {
	receivingMessage bool   // whether its first frame has arrived and its last is not complete
	opcode           Opcode // Text or Binary
	compressed       bool   // whether RSV1 was set on the first frame
	size             int64  // the sum of the lengths of its complete frames
	fragments        int    // the number of its complete frames
	shortfall        int64  // the sum of the bytes by which its frames are shorter than fragmentCost
	body             []byte // the payload so far, if the message is delivered whole
	check            utf8Check
}

// checkOrder checks the order of data frames (RFC 6455, section 5.4).
func (m *Machine) checkOrder(h Header) *Violation {
	switch {
	case h.Opcode.IsControl(): // allowed between fragments
		return nil
	case !h.Opcode.isKnown(): // ParseHeader returns the right violation
		return nil
	case h.Opcode == Continuation && !m.receivingMessage:
		return errContinuation
	case h.Opcode != Continuation && m.receivingMessage:
		return errInterleaved
	}
	return nil
}

// checkLimits checks the limits on the header, before any payload is received.
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

// A fragment costs about as much time and memory as fragmentCost bytes of payload,
// even if it is shorter. maxShortfall limits the missing bytes of the shorter
// fragments of one message.
const (
	fragmentCost = 64
	maxShortfall = 16384 * fragmentCost
)

// tooManyFragments reports whether one more fragment, of the given length, exceeds
// Config.MaxFragments.
func (m *Machine) tooManyFragments(length int64) bool {
	if bound := m.cfg.MaxFragments; bound != 0 {
		return bound > 0 && m.fragments >= bound
	}
	return m.shortfall+m.shortfallOf(length) > maxShortfall
}

// shortfallOf returns the number of bytes by which a fragment is too short.
func (m *Machine) shortfallOf(length int64) int64 {
	if m.cfg.Pieces && !m.compressed && length > 0 {
		return 0
	}
	return max(0, fragmentCost-length)
}

// receiveData adds a piece of a data frame. It returns an event when the message is
// complete, or for each piece with Config.Pieces.
func (m *Machine) receiveData(piece []byte) (Event, bool) {
	if !m.receivingMessage {
		m.receivingMessage, m.opcode = true, m.frame.Opcode
		m.compressed = m.frame.RSV&rsv1 != 0
	}
	// Invalid text fails immediately, not at the end of the message (RFC 6455, section 8.1).
	if m.opcode == Text && !m.compressed && !m.check.write(piece) {
		m.fail(errText)
		return Event{}, false
	}
	last := m.finishPiece()
	switch {
	case m.cfg.Pieces && !m.compressed:
		return m.deliverPiece(piece, last)
	case last:
		return m.deliverMessage(piece)
	}
	m.appendBody(piece)
	return Event{}, false
}

// finishPiece updates the counters if the piece completes its frame. It reports
// whether the piece also completes the message.
func (m *Machine) finishPiece() (last bool) {
	if m.payloadLeft > 0 {
		return false
	}
	m.inFrame = false
	m.fragments++
	m.size += m.frame.Length
	m.shortfall += m.shortfallOf(m.frame.Length)
	return m.frame.Fin
}

// appendBody buffers a piece until the message is complete. The size of the first
// buffer depends on what has arrived, not only on the length in the header, because a
// peer could announce a long payload without sending it.
func (m *Machine) appendBody(piece []byte) {
	if m.body == nil {
		m.body = make([]byte, 0, min(m.frame.Length, int64(4*len(piece))))
	}
	m.body = append(m.body, piece...)
}

// deliverPiece returns a piece as an event.
func (m *Machine) deliverPiece(piece []byte, last bool) (Event, bool) {
	ev := Event{Kind: EventPiece, Opcode: m.opcode, Payload: piece, Last: last}
	if !last {
		return ev, len(piece) > 0
	}
	return m.completeMessage(ev)
}

// deliverMessage returns a complete message as an event, inflated if it was
// compressed.
func (m *Machine) deliverMessage(last []byte) (Event, bool) {
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
	return m.completeMessage(ev)
}

// completeMessage resets the state for the next message. Text that ends within a
// character fails the connection.
func (m *Machine) completeMessage(ev Event) (Event, bool) {
	if m.opcode == Text && !m.check.complete() { // RFC 6455, section 8.1
		m.fail(errText)
		return Event{}, false
	}
	m.message = message{}
	return ev, true
}
