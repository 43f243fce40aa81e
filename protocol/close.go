package protocol

// This file is the closing state machine. An input finds the two halves in some
// state and changes facts; what must happen next is derived from the facts by
// the questions at the end. The package documentation has the picture.

// Close starts the closing handshake, or finishes it if the peer has closed
// (RFC 6455, section 7.1.2). The Close frame waits for the message that is being
// written. A second call, or one after the end, changes nothing. code and reason
// are checked by [CheckClose] first; its error means that nothing has changed.
func (m *Machine) Close(code CloseCode, reason string) error {
	if err := CheckClose(code, reason); err != nil {
		return err
	}
	if m.MayClose() {
		m.startClose(Status{Code: code, Reason: reason})
		m.settle()
	}
	return nil
}

// CloseDiscard is Close that overtakes: all output that the driver has not taken is
// dropped, and of what it has taken the last unsent bytes, which begin with a frame
// and which it will not write. Our Close follows what is left at once, between the
// fragments of a message if need be (RFC 6455, section 5.4). After a Close of ours
// that one stays, its code too, and what stands before it is dropped. The error is
// that of Close; then the driver has to write all it has taken.
func (m *Machine) CloseDiscard(code CloseCode, reason string, unsent int) error {
	if err := CheckClose(code, reason); err != nil {
		return err
	}
	if m.cut {
		return nil
	}
	m.writing = false
	m.finishOut() // a Close that waited for a message
	m.discard(unsent)
	return m.Close(code, reason)
}

// CloseEmpty is Close with a Close frame that has no status (RFC 6455, section 5.5.1),
// which the peer is told as 1005. It is for who passes on the Close of somebody else.
func (m *Machine) CloseEmpty() {
	if m.MayClose() {
		m.startClose(Status{Code: CloseNoStatus})
		m.settle()
	}
}

// PassClose is Close with the status of a Close that another connection has received, for a proxy. [CloseNoStatus] makes
// a Close frame without a status. It does not wait for a message of ours that is not finished, because the rest of that
// message will never come: it stands between its frames (RFC 6455, section 5.4), and so does a Close that has waited for
// the message.
func (m *Machine) PassClose(s Status) error {
	if s.Code != CloseNoStatus {
		if err := CheckClose(s.Code, s.Reason); err != nil {
			return err
		}
	}
	if !m.mayWrite() {
		return nil
	}
	m.writing = false
	if m.oursDecided {
		m.finishOut()
	} else {
		m.startClose(s)
	}
	m.settle()
	return nil
}

// AnswerClose finishes our half with the code and reason of the peer's Close, an
// empty one included, for an application in half-open mode that has nothing of
// its own to say (RFC 6455, section 5.5.1). Before the peer's Close, or after
// ours, it changes nothing.
func (m *Machine) AnswerClose() {
	if m.theirsSeen && m.MayClose() {
		m.startClose(m.theirs)
		m.settle()
	}
}

// ReceiveEOF reports that the peer has ended its direction of the transport. A frame
// or message that has arrived in part is never delivered. Before the peer's Close the
// connection is lost. After it, or after a violation, our half stays as it is: a
// half-closed transport can still be written to, so what is left to be sent, and our
// Close, still leave (RFC 6455, sections 5.5.1 and 7.1.1).
func (m *Machine) ReceiveEOF() {
	if m.Done() {
		return
	}
	if m.Timer() != TimerClose { // it starts now, if output is left to write
		m.progress = 0
	}
	m.in = Gone
	m.receiver = receiver{}
	if !m.theirsSeen && m.failure == nil {
		m.end(CauseEOF)
		if !m.oursSent { // nothing can finish our half any more
			m.oursDecided = false
		}
	}
	m.settle()
}

// Abort closes the transport at once, without a closing handshake, for cause:
// CauseTransport when reading or writing failed, or one of the caller's own.
// An empty cause counts as CauseTransport.
func (m *Machine) Abort(cause Cause) {
	if cause == "" {
		cause = CauseTransport
	}
	if !m.Done() {
		m.cutOff(cause)
	}
}

// receiveClose takes the peer's Close frame: RFC 6455, section 5.5.1.
func (m *Machine) receiveClose(payload []byte) (Event, bool) {
	status, violation := parseClose(payload)
	if violation != nil {
		m.fail(violation)
		return Event{}, false
	}
	m.in, m.theirs, m.theirsSeen = Finished, status, true
	m.receiver = receiver{input: m.input} // a message that was arriving will never end
	if m.first == Neither {
		m.first = Remote
	}
	switch {
	case m.closing(): // ours is out, or waits for the message being written
	case m.cfg.HalfOpen:
		return Event{Kind: EventPeerClose, Status: status}, true
	default: // the answer repeats the code: RFC 6455, section 5.5.1
		m.startClose(status)
	}
	return Event{}, false
}

// startClose settles what our Close says; it leaves when no message of ours is
// half written.
func (m *Machine) startClose(s Status) {
	if m.first == Neither {
		m.first = Local
	}
	m.ours, m.oursDecided = s, true
	m.progress = 0
	m.finishOut()
}

// finishOut finishes our half once nothing stands before the Close: RFC 6455,
// section 5.5.1, no data frame may follow it.
func (m *Machine) finishOut() {
	if m.oursDecided && !m.oursSent && !m.writing {
		m.appendClose(m.ours)
		m.oursSent = true
		m.out = Finished
		if m.failing() { // the application has closed before the failure took effect
			m.finishFailure()
		}
	}
}

// fail notes what fails the connection: RFC 6455, section 7.1.7. From now on all input
// is discarded, a Close included.
func (m *Machine) fail(v *Violation) {
	m.failure = v
	m.receiver = receiver{input: m.input}
	if m.cfg.DeferFailure && m.mayWrite() {
		m.progress = 0 // of the close timer, which starts now
		return
	}
	m.finishFailure()
}

// Fail finishes our half after an [EventFailing]: our Close leaves at once, with the code
// of the violation, between the fragments of a message if need be (RFC 6455, section 5.4).
// Without a failure, or when our Close has left, it changes nothing.
func (m *Machine) Fail() {
	if m.failing() {
		m.finishFailure()
		m.settle()
	}
}

// finishFailure has the failure take effect.
func (m *Machine) finishFailure() {
	m.failed = true
	m.end(CauseViolation)
	if m.out == Open {
		m.writing = false
		m.startClose(m.failure.status())
	}
}

// cutOff gives the transport up.
func (m *Machine) cutOff(cause Cause) {
	m.cut = true
	m.end(cause)
	m.receiver = receiver{}
	m.dropOutput()
}

// end notes why the connection ended; the first cause stays, and a violation is the first.
func (m *Machine) end(cause Cause) {
	if m.cause != "" {
		return
	}
	if m.cause = cause; m.failure != nil {
		m.cause = CauseViolation
	}
}

// settle draws the conclusions after any input.
func (m *Machine) settle() {
	if m.theirsSeen && m.oursSent && m.drained() {
		m.end(CauseClose)
	}
	// RFC 6455, section 7.1.1: the server ends TCP first, the client waits for it.
	if m.ending() && m.drained() && !m.cut && (m.cfg.Role == Server || m.in == Gone) {
		m.out = Gone
	}
}

// MayClose tells whether a call of [Machine.Close] would have an effect.
func (m *Machine) MayClose() bool { return m.mayWrite() && !m.oursDecided }

// mayWrite reports whether our half still takes frames. The peer's EOF ends that unless
// its Close, or a violation, came first.
func (m *Machine) mayWrite() bool { return m.out == Open && !m.cut && !m.lost() }

// lost reports whether the peer's direction ended while its half was open.
func (m *Machine) lost() bool { return m.in == Gone && !m.theirsSeen && m.failure == nil }

// failing reports whether a violation has been found whose Close is deferred.
func (m *Machine) failing() bool { return m.failure != nil && !m.failed && !m.cut }

// closing tells whether our Close is decided.
func (m *Machine) closing() bool { return m.oursDecided }

// ending reports whether nothing is left to be said in either direction.
func (m *Machine) ending() bool {
	return m.failed || m.theirsSeen && m.oursSent || m.lost()
}

// Discards reports whether input is dropped: after a failure (RFC 6455, section
// 7.1.7) and after the peer's Close (section 1.4).
func (m *Machine) Discards() bool { return m.in != Open || m.failure != nil || m.cut }
