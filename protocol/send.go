package protocol

// sender is what the machine knows of our frames on their way out.
type sender struct {
	output    []byte // frames the driver has not taken yet
	taken     int    // bytes taken by the driver and not written yet
	behind    int    // bytes of pongs that were queued behind our Close
	progress  int    // bytes written since the close timer was last looked at
	writing   bool   // a fragmented message of ours is not finished
	text      bool   // it is text
	sendCheck utf8Check
	squeezing bool   // and it is compressed
	pong      []byte // the answer that waits for a backlog to clear
	pongWaits bool
}

// pongBacklog is how many bytes may wait before pongs are no longer queued one
// by one; above it only the answer to the last ping is kept (RFC 6455, section
// 5.5.3 allows it), so that pings cannot grow the queue.
const pongBacklog = 16 << 10

// Send queues a whole message, Text or Binary. The error is [ErrClosing] after
// our Close or the end, [ErrText] for text that is not UTF-8, [ErrOpcode] for
// another opcode or inside an unfinished message.
func (m *Machine) Send(op Opcode, payload []byte) error {
	if err := m.checkSend(op, payload); err != nil {
		return err
	}
	m.appendData(true, op, payload)
	return nil
}

// SendPrepared queues a message that was framed before. Errors as for Send.
func (m *Machine) SendPrepared(p *Prepared) error {
	if !m.maySend() {
		return ErrClosing
	}
	if m.writing {
		return misuse(ErrOpcode, "a message is not finished")
	}
	m.appendPrepared(p)
	return nil
}

// SendFragment queues one frame of a message: Text or Binary first, then
// Continuation; fin ends the message. Errors as for Send; [ErrText] comes with
// the fragment that makes the text invalid.
func (m *Machine) SendFragment(op Opcode, payload []byte, fin bool) error {
	if op > Binary {
		return misuse(ErrOpcode, "got "+op.String())
	}
	// A message that is being written may be finished before our Close leaves.
	if !m.mayWrite() || m.oursDecided && op != Continuation {
		return ErrClosing
	}
	if op == Continuation != m.writing {
		return misuse(ErrOpcode, "got "+op.String())
	}
	if err := m.checkFragment(op, payload, fin); err != nil {
		return err
	}
	m.appendData(fin, op, payload)
	m.writing = !fin
	m.finishOut()
	m.settle()
	return nil
}

// Ping queues a ping of at most 125 bytes. The error is [ErrClosing] or [ErrPing].
func (m *Machine) Ping(payload []byte) error {
	if len(payload) > MaxControl {
		return ErrPing
	}
	if !m.maySend() {
		return ErrClosing
	}
	m.appendFrame(true, Ping, payload)
	return nil
}

// Queued returns the bytes of frames, headers included, that have not been written yet.
func (m *Machine) Queued() int { return len(m.output) + m.taken }

// Output hands the waiting bytes to the driver, which writes them in order and
// reports with [Machine.Wrote]. spare, which may be nil, is a buffer for the
// frames that come next. Empty output means there is nothing to write.
func (m *Machine) Output(spare []byte) []byte {
	out := m.output
	m.output = spare[:0]
	m.taken += len(out)
	return out
}

// Last tells whether the output that the driver has taken is the last: when it is written,
// [Machine.ShouldCloseWrite] follows.
func (m *Machine) Last() bool {
	return m.ending() && !m.cut && m.cfg.Role == Server && len(m.output) == 0 && m.taken > 0 && m.out != Gone
}

// Wrote tells that n bytes of output have been handed to the transport.
func (m *Machine) Wrote(n int) {
	m.taken = max(0, m.taken-n)
	m.progress += n
	if m.pongWaits && m.Queued() == 0 {
		m.flushPong()
	}
	m.settle()
}

func (m *Machine) drained() bool { return m.Queued() == 0 }

// maySend tells whether a new message may begin: RFC 6455, section 5.5.1.
func (m *Machine) maySend() bool { return m.mayWrite() && !m.oursDecided }

func (m *Machine) checkSend(op Opcode, payload []byte) error {
	switch {
	case op != Text && op != Binary:
		return misuse(ErrOpcode, "got "+op.String())
	case !m.maySend():
		return ErrClosing
	case m.writing:
		return misuse(ErrOpcode, "a message is not finished")
	case op == Text && !isUTF8(payload): // RFC 6455, section 8.1
		return ErrText
	}
	return nil
}

// checkFragment validates text across fragments; a refused fragment leaves the
// check as it was.
func (m *Machine) checkFragment(op Opcode, payload []byte, fin bool) error {
	if op != Continuation {
		m.text, m.sendCheck = op == Text, utf8Check{}
	}
	if !m.text {
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
	m.appendReserved(Header{Fin: fin, Opcode: op}, payload)
}

// appendReserved queues a frame whose header may have reserved bits.
func (m *Machine) appendReserved(h Header, payload []byte) {
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

// answerPing queues the pong: RFC 6455, section 5.5.2. Once the peer's Close has
// come none is owed, and its input is not looked at any more.
func (m *Machine) answerPing(payload []byte) {
	m.pong, m.pongWaits = append(m.pong[:0], payload...), true
	if m.Queued() <= pongBacklog {
		m.flushPong()
	}
}

func (m *Machine) flushPong() {
	if !m.pongWaits {
		return
	}
	before := len(m.output)
	m.appendFrame(true, Pong, m.pong)
	m.pong, m.pongWaits = nil, false
	size := len(m.output) - before
	// A pong that is written is no progress, or a peer could put its Close off for
	// ever by pinging.
	m.progress -= size
	if m.oursSent {
		m.behind += size
	}
}

// discard drops the output that can still be held back. A Close of ours that was part
// of it is queued again.
func (m *Machine) discard(unsent int) {
	unsent = min(unsent, m.taken)
	lost := unsent + len(m.output)
	m.output, m.taken = nil, m.taken-unsent // the buffer may be large
	m.pong, m.pongWaits = nil, false
	m.progress = max(0, m.progress) // pongs that are lost are not paid for
	closeLost := m.oursSent && lost > m.behind
	m.behind = max(0, m.behind-lost)
	if closeLost {
		m.appendClose(m.ours)
	}
	m.settle()
}

// dropOutput forgets what can no longer be written.
func (m *Machine) dropOutput() {
	m.output, m.taken = nil, 0
	m.pong, m.pongWaits = nil, false
}
