package protocol

// Timer identifies the timer that a connection needs. At most one is armed at a
// time. The driver decides how long each lasts, and calls [Machine.Expire] when it
// fires.
type Timer uint8

// The timers.
const (
	// TimerNone means that no timer is needed.
	TimerNone Timer = iota

	// TimerClose bounds the time until our Close has been written, the peer has
	// answered it, or the application has called Machine.Fail.
	TimerClose

	// TimerHalfOpen bounds the time in which one half is finished and the other is
	// still in use: ours in half-open mode, the peer's with half-close. It applies to
	// our half also after the peer's EOF.
	TimerHalfOpen

	// TimerLinger bounds the time until the peer's EOF, when neither end has anything
	// left to send.
	TimerLinger
)

// String returns the name of the timer: "none", "close", "half-open" or "linger".
func (t Timer) String() string {
	switch t {
	case TimerNone:
		return "none"
	case TimerClose:
		return "close"
	case TimerHalfOpen:
		return "half-open"
	case TimerLinger:
		return "linger"
	}
	return "?"
}

// minProgress is the number of bytes that must be written between two expirations of
// the close timer to keep the connection of a slow reader. It bounds the time that a
// full queue can take. Pongs do not count: see flushPong.
const minProgress = 4096

// Timer returns the timer that must be armed now. The driver compares it with the
// armed timer after each call, and leaves an equal one running.
func (m *Machine) Timer() Timer {
	switch {
	case m.Done():
		return TimerNone
	case m.ending() && m.out == Gone:
		return TimerLinger
	case m.ending() && m.drained() && m.in != Gone: // a client waits for the server's EOF
		return TimerLinger
	case m.peerMayContinue():
		return TimerHalfOpen
	case m.ending(), m.closeDecided, m.failing():
		return TimerClose
	case m.peerClosed: // the application may still send, also after the peer's EOF
		return TimerHalfOpen
	}
	return TimerNone
}

// peerMayContinue reports whether our half is finished and the peer may continue to
// send data until it finishes too, because half-close was negotiated.
func (m *Machine) peerMayContinue() bool {
	return m.cfg.HalfCloseNegotiated && m.out == Finished && m.in == Open && m.failure == nil && m.drained()
}

// Expire records that timer t has fired. A timer that is not the current one is
// ignored, so a driver need not prevent a race with a timer that it stops. If Timer
// returns the same timer afterwards the driver arms it again.
func (m *Machine) Expire(t Timer) {
	if t == TimerNone || t != m.Timer() {
		return
	}
	switch t {
	case TimerHalfOpen:
		if m.peerClosed { // the application has not closed in time: close for it
			m.startClose(m.peerStatus)
			break
		}
		if m.inputSeen { // the peer is still sending
			m.inputSeen = false
			return
		}
		m.abort(CauseTimeout)
	case TimerClose:
		if m.failing() { // the application has not called Fail in time
			m.applyFailure()
			break
		}
		if m.progress >= minProgress {
			m.progress = 0
			return
		}
		m.abort(CauseTimeout)
	case TimerLinger:
		m.abort(CauseTimeout)
	case TimerNone:
	}
	m.settle()
}
