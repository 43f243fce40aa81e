package protocol

// This file is the closing state machine. Each input changes the two halves and the
// facts in Machine; what must happen next is derived from them by the predicates at
// the end of the file. The package documentation has a diagram.

// Close starts the closing handshake, or completes it if the peer has closed
// (RFC 6455, section 7.1.2). The Close frame is queued after the end of a fragmented
// message that is being sent. A second call, or a call after the connection has
// ended, has no effect. The error is that of [CheckClose]; the connection is then
// unchanged.
func (m *Machine) Close(code CloseCode, reason string) error {
	if err := CheckClose(code, reason); err != nil {
		return err
	}
	if m.MaySend() {
		m.startClose(Status{Code: code, Reason: reason})
		m.settle()
	}
	return nil
}

// CloseDiscard closes without waiting for queued output: all frames that the driver
// has not taken are dropped, and so are the last unsent bytes of the output that it
// has taken. These must begin at a frame boundary, and the driver must not write
// them. Our Close then follows immediately, between the fragments of a message if
// necessary (RFC 6455, section 5.4). If a Close was already queued it is kept, with
// its code and reason, and only the data before it is dropped. The error is that of
// [CheckClose]; the driver must then write everything that it has taken.
func (m *Machine) CloseDiscard(code CloseCode, reason string, unsent int) error {
	if err := CheckClose(code, reason); err != nil {
		return err
	}
	if m.aborted {
		return nil
	}
	m.sendingMessage = false
	m.sendPendingClose() // a Close that was waiting for the end of a message
	m.discardOutput(unsent)
	return m.Close(code, reason)
}

// CloseEmpty is like Close but sends a Close frame without a status, which the peer
// sees as 1005 (RFC 6455, section 7.1.5). It is for proxies that relay an empty
// Close.
func (m *Machine) CloseEmpty() {
	if m.MaySend() {
		m.startClose(Status{Code: CloseNoStatus})
		m.settle()
	}
}

// PassClose relays a Close that another connection has received; [CloseNoStatus]
// sends a Close frame without a status. Unlike Close it does not wait for the end of
// a fragmented message, whose remaining fragments will never arrive: the Close frame
// is sent between its fragments (RFC 6455, section 5.4). So is a Close that was
// already waiting for the message. The error is that of [CheckClose].
func (m *Machine) PassClose(s Status) error {
	if s.Code != CloseNoStatus {
		if err := CheckClose(s.Code, s.Reason); err != nil {
			return err
		}
	}
	if !m.mayWrite() {
		return nil
	}
	m.sendingMessage = false
	if m.closeDecided {
		m.sendPendingClose()
	} else {
		m.startClose(s)
	}
	m.settle()
	return nil
}

// AnswerClose closes with the code and reason of the peer's Close, an empty one
// included (RFC 6455, section 5.5.1). It is for an application in half-open mode
// without a status to send. Before the peer's Close, or after the local one, it
// has no effect.
func (m *Machine) AnswerClose() {
	if m.peerClosed && m.MaySend() {
		m.startClose(m.peerStatus)
		m.settle()
	}
}

// ReceiveEOF records that the peer has ended its direction of the transport. A frame
// or message that has arrived in part is never delivered. Without a Close from the
// peer the connection is lost. After its Close, or after a violation, our half is
// unaffected: the transport can still be written to, so queued output and our Close
// are still sent (RFC 6455, sections 5.5.1 and 7.1.1).
func (m *Machine) ReceiveEOF() {
	if m.Done() {
		return
	}
	if m.Timer() != TimerClose { // the close timer starts now if output is left to write
		m.progress = 0
	}
	m.in = Gone
	m.receiver = receiver{}
	if !m.peerClosed && m.failure == nil {
		m.setCause(CauseEOF)
		if !m.closeSent { // our Close can no longer be sent
			m.closeDecided = false
		}
	}
	m.settle()
}

// Abort ends the connection without a closing handshake, and [Machine.Done] becomes
// true. cause is CauseTransport when reading or writing failed, or a cause that the
// caller defines; an empty cause means CauseTransport.
func (m *Machine) Abort(cause Cause) {
	if cause == "" {
		cause = CauseTransport
	}
	if !m.Done() {
		m.abort(cause)
	}
}

// receiveClose handles the peer's Close frame (RFC 6455, section 5.5.1).
func (m *Machine) receiveClose(payload []byte) (Event, bool) {
	status, violation := parseClose(payload)
	if violation != nil {
		m.fail(violation)
		return Event{}, false
	}
	m.in, m.peerStatus, m.peerClosed = Finished, status, true
	m.receiver = receiver{input: m.input} // a message that was arriving will never be complete
	if m.first == Neither {
		m.first = Remote
	}
	switch {
	case m.closeDecided: // our Close is sent, or waits for the end of a message
	case m.cfg.HalfOpen:
		return Event{Kind: EventPeerClose, Status: status}, true
	default: // the answer repeats the code (RFC 6455, section 5.5.1)
		m.startClose(status)
	}
	return Event{}, false
}

// startClose sets the content of the local Close, which is sent as soon as no local
// fragmented message is in progress.
func (m *Machine) startClose(s Status) {
	if m.first == Neither {
		m.first = Local
	}
	m.ownStatus, m.closeDecided = s, true
	m.progress = 0
	m.sendPendingClose()
}

// sendPendingClose queues our Close and finishes our half, unless a fragmented
// message must be completed first: no data frame may follow a Close (RFC 6455,
// section 5.5.1).
func (m *Machine) sendPendingClose() {
	if m.closeDecided && !m.closeSent && !m.sendingMessage {
		m.appendClose(m.ownStatus)
		m.closeSent = true
		m.out = Finished
		if m.failing() { // the application closed before the failure took effect
			m.applyFailure()
		}
	}
}

// fail records the violation that fails the connection (RFC 6455, section 7.1.7).
// From now on all input is discarded, a Close included. With Config.DeferFailure our
// Close waits for Machine.Fail.
func (m *Machine) fail(v *Violation) {
	m.failure = v
	m.receiver = receiver{input: m.input}
	if m.cfg.DeferFailure && m.mayWrite() {
		m.progress = 0 // the close timer starts now
		return
	}
	m.applyFailure()
}

// Fail completes a failure that Config.DeferFailure has deferred, after an
// [EventFailing]. Our Close is sent immediately, with the code of the violation,
// between the fragments of a message if necessary (RFC 6455, section 5.4). Without a
// deferred failure it has no effect.
func (m *Machine) Fail() {
	if m.failing() {
		m.applyFailure()
		m.settle()
	}
}

// applyFailure makes the failure take effect: it sends our Close if none was sent.
func (m *Machine) applyFailure() {
	m.failed = true
	m.setCause(CauseViolation)
	if m.out == Open {
		m.sendingMessage = false
		m.startClose(m.failure.status())
	}
}

// abort ends both directions and discards all input and output.
func (m *Machine) abort(cause Cause) {
	m.aborted = true
	m.setCause(cause)
	m.receiver = receiver{}
	m.clearOutput()
}

// setCause records why the connection ended. The first cause is kept; a violation
// precedes all others.
func (m *Machine) setCause(cause Cause) {
	if m.cause != "" {
		return
	}
	if m.cause = cause; m.failure != nil {
		m.cause = CauseViolation
	}
}

// settle updates the state that is derived from the facts. It is called after each
// input.
func (m *Machine) settle() {
	if m.peerClosed && m.closeSent && m.drained() {
		m.setCause(CauseClose)
	}
	// The server ends TCP first, and the client waits for it (RFC 6455, section 7.1.1).
	if m.ending() && m.drained() && !m.aborted && (m.cfg.Role == Server || m.in == Gone) {
		m.out = Gone
	}
}

// MaySend reports whether a new message, a ping or a Close may be sent: after our
// Close, or once the connection has ended, it may not (RFC 6455, section 5.5.1).
func (m *Machine) MaySend() bool { return m.mayWrite() && !m.closeDecided }

// mayWrite reports whether frames may still be sent, the rest of a fragmented
// message included. The peer's EOF ends that unless its Close, or a violation, came
// first.
func (m *Machine) mayWrite() bool { return m.out == Open && !m.aborted && !m.lost() }

// lost reports whether the peer's direction ended without a Close.
func (m *Machine) lost() bool { return m.in == Gone && !m.peerClosed && m.failure == nil }

// failing reports whether a violation was found and our Close is deferred.
func (m *Machine) failing() bool { return m.failure != nil && !m.failed && !m.aborted }

// ending reports whether neither end has anything left to send: both Close frames
// have passed, or the connection has failed or was lost.
func (m *Machine) ending() bool {
	return m.failed || m.peerClosed && m.closeSent || m.lost()
}

// Discards reports whether input is discarded: after a failure (RFC 6455, section
// 7.1.7) and after the peer's Close (section 1.4).
func (m *Machine) Discards() bool { return m.in != Open || m.failure != nil || m.aborted }
