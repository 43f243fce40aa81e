package protocol

// sender is the state of the output.
type sender struct {
	output            []byte // frames that the driver has not taken
	taken             int    // bytes that the driver has taken and not written
	pongsAfterClose   int    // bytes of pongs that are queued after our Close
	progress          int    // bytes written since the close timer was last armed, without pongs
	pong              []byte // the payload of the pending pong
	pongPending       bool   // whether a pong waits until the queue is shorter than pongBacklog
	sendingMessage    bool   // whether the local fragmented message is incomplete
	sendingText       bool   // whether the fragmented message is text
	sendingCompressed bool   // whether the fragmented message is compressed
	sendCheck         utf8Check
}

// pongBacklog is the number of queued bytes up to which each ping is answered. Beyond
// it only the last ping is, as RFC 6455, section 5.5.3, allows, so that a peer cannot
// grow the queue with pings.
const pongBacklog = 16 << 10

// Send queues a complete message, Text or Binary. The error matches [ErrClosing]
// after our Close or the end of the connection, [ErrText] for text that is not UTF-8,
// and [ErrOpcode] for another opcode or within an incomplete fragmented message.
func (m *Machine) Send(op Opcode, payload []byte) error {
	if err := m.checkSend(op, payload); err != nil {
		return err
	}
	m.appendData(true, op, payload)
	return nil
}

// SendPrepared queues a prepared message. Its errors are those of Send.
func (m *Machine) SendPrepared(p *Prepared) error {
	if !m.MaySend() {
		return ErrClosing
	}
	if m.sendingMessage {
		return misuse(ErrOpcode, "a fragmented message is not complete")
	}
	m.appendPrepared(p)
	return nil
}

// SendFragment queues one frame of a fragmented message: Text or Binary first, then
// Continuation; fin completes the message. Its errors are those of Send; [ErrText] is
// returned for the fragment that makes the text invalid.
func (m *Machine) SendFragment(op Opcode, payload []byte, fin bool) error {
	if op > Binary {
		return misuse(ErrOpcode, "got "+op.String())
	}
	// A message that has begun may be completed before our Close is sent.
	if !m.mayWrite() || m.closeDecided && op != Continuation {
		return ErrClosing
	}
	if op == Continuation != m.sendingMessage {
		return misuse(ErrOpcode, "got "+op.String())
	}
	if err := m.checkFragment(op, payload, fin); err != nil {
		return err
	}
	m.appendData(fin, op, payload)
	m.sendingMessage = !fin
	m.sendPendingClose()
	m.settle()
	return nil
}

// Ping queues a ping with a payload of at most 125 bytes. The error matches
// [ErrClosing] or [ErrPing].
func (m *Machine) Ping(payload []byte) error {
	if len(payload) > MaxControl {
		return ErrPing
	}
	if !m.MaySend() {
		return ErrClosing
	}
	m.appendFrame(true, Ping, payload)
	return nil
}

// Queued returns the number of bytes, frame headers included, that have not been
// written.
func (m *Machine) Queued() int { return len(m.output) + m.taken }

// Output returns the bytes that the driver must write next, in order, and report with
// [Machine.Wrote]. They belong to the driver. spare, which may be nil, is a buffer
// that the machine uses for later frames.
func (m *Machine) Output(spare []byte) []byte {
	out := m.output
	m.output = spare[:0]
	m.taken += len(out)
	return out
}

// Last reports whether the output that the driver has taken is the last of the
// connection: once it is written, [Machine.ShouldCloseWrite] reports true.
func (m *Machine) Last() bool {
	return m.ending() && !m.aborted && m.cfg.Role == Server && len(m.output) == 0 && m.taken > 0 && m.out != Gone
}

// Wrote records that n bytes of output have been written to the transport.
func (m *Machine) Wrote(n int) {
	m.taken = max(0, m.taken-n)
	m.progress += n
	if m.pongPending && m.Queued() == 0 {
		m.flushPong()
	}
	m.settle()
}

func (m *Machine) drained() bool { return m.Queued() == 0 }

func (m *Machine) checkSend(op Opcode, payload []byte) error {
	switch {
	case op != Text && op != Binary:
		return misuse(ErrOpcode, "got "+op.String())
	case !m.MaySend():
		return ErrClosing
	case m.sendingMessage:
		return misuse(ErrOpcode, "a fragmented message is not complete")
	case op == Text && !isUTF8(payload): // RFC 6455, section 8.1
		return ErrText
	}
	return nil
}

// checkFragment validates text across fragments. A fragment that is refused does not
// change the state of the check.
func (m *Machine) checkFragment(op Opcode, payload []byte, fin bool) error {
	if op != Continuation {
		m.sendingText, m.sendCheck = op == Text, utf8Check{}
	}
	if !m.sendingText {
		return nil
	}
	check := m.sendCheck
	if !check.write(payload) || fin && !check.complete() {
		return ErrText
	}
	m.sendCheck = check
	return nil
}

func (m *Machine) appendFrame(fin bool, op Opcode, payload []byte) {
	m.appendHeader(Header{Fin: fin, Opcode: op}, payload)
}

// appendHeader queues a frame with the given Fin, Opcode and reserved bits.
func (m *Machine) appendHeader(h Header, payload []byte) {
	h.Length = int64(len(payload))
	if m.cfg.Role == Client { // RFC 6455, section 5.1
		h.Masked, h.Key = true, m.cfg.MaskKey()
	}
	m.output = h.Append(m.output)
	start := len(m.output)
	m.output = append(m.output, payload...)
	if h.Masked {
		Mask(h.Key, 0, m.output[start:])
	}
}

func (m *Machine) appendClose(s Status) {
	m.flushPong()
	var body [MaxControl]byte
	m.appendFrame(true, CloseFrame, s.appendPayload(body[:0]))
}

// answerPing queues a pong (RFC 6455, section 5.5.2), or makes it pending if the queue
// is long.
func (m *Machine) answerPing(payload []byte) {
	m.pong, m.pongPending = append(m.pong[:0], payload...), true
	if m.Queued() <= pongBacklog {
		m.flushPong()
	}
}

func (m *Machine) flushPong() {
	if !m.pongPending {
		return
	}
	before := len(m.output)
	m.appendFrame(true, Pong, m.pong)
	m.pong, m.pongPending = nil, false
	size := len(m.output) - before
	// Pongs do not count as progress: otherwise a peer could delay the close timer
	// indefinitely with pings.
	m.progress -= size
	if m.closeSent {
		m.pongsAfterClose += size
	}
}

// discardOutput drops the output that the driver has not taken, and the last unsent
// bytes of what it has. If our Close was among them it is queued again.
func (m *Machine) discardOutput(unsent int) {
	unsent = min(unsent, m.taken)
	lost := unsent + len(m.output)
	m.output, m.taken = nil, m.taken-unsent // release the buffer, which may be large
	m.pong, m.pongPending = nil, false
	m.progress = max(0, m.progress) // dropped pongs must not count against the peer
	closeLost := m.closeSent && lost > m.pongsAfterClose
	m.pongsAfterClose = max(0, m.pongsAfterClose-lost)
	if closeLost {
		m.appendClose(m.ownStatus)
	}
	m.settle()
}

// clearOutput drops all output, because it can no longer be written.
func (m *Machine) clearOutput() {
	m.output, m.taken = nil, 0
	m.pong, m.pongPending = nil, false
}
