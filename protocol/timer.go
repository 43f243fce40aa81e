package protocol

// Timer is the one timer a connection needs at a moment. The machine only says
// which; the driver knows how long each is and calls [Machine.Expire].
type Timer uint8

// The timers.
const (
	TimerNone     Timer = iota
	TimerClose          // our Close waits to leave, or for the peer's answer, or for Machine.Fail
	TimerHalfOpen       // one half is finished, and the other end was promised time to finish its own
	TimerLinger         // all is said, only the peer's EOF is missing
)

// String returns the word conversations and logs use for the timer.
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

// minProgress is how many bytes a slow reader must take between two firings of
// the close timer to be waited for. It bounds the time a full queue can take.
// Pongs do not count, see flushPong.
const minProgress = 4096

// Timer returns the timer that must be armed now. A driver compares it with
// what it has armed after each call, and leaves an equal one running.
func (m *Machine) Timer() Timer {
	switch {
	case m.Done():
		return TimerNone
	case m.ending() && m.out == Gone:
		return TimerLinger
	case m.ending() && m.drained() && m.in != Gone: // a client waits for the server's EOF
		return TimerLinger
	case m.peerHasTime():
		return TimerHalfOpen
	case m.ending(), m.closing(), m.failing():
		return TimerClose
	case m.theirsSeen: // the application has time to finish, also after the peer's EOF
		return TimerHalfOpen
	}
	return TimerNone
}

// peerHasTime tells whether we have finished and the peer was promised that we
// read on until it finishes too.
func (m *Machine) peerHasTime() bool {
	return m.cfg.HalfCloseNegotiated && m.out == Finished && m.in == Open && m.failure == nil && m.drained()
}

// Expire tells that timer t has fired. It is ignored if t is no longer wanted,
// so a driver need not win the race against its own timer. If the same timer is
// wanted afterwards the driver arms it anew.
func (m *Machine) Expire(t Timer) {
	if t == TimerNone || t != m.Timer() {
		return
	}
	switch t {
	case TimerHalfOpen:
		if m.theirsSeen { // the application had its time: finish for it
			m.startClose(m.theirs)
			break
		}
		if m.heard { // the peer is at it
			m.heard = false
			return
		}
		m.cutOff(CauseTimeout)
	case TimerClose:
		if m.failing() { // the application had its time: fail for it
			m.finishFailure()
			break
		}
		if m.progress >= minProgress {
			m.progress = 0
			return
		}
		m.cutOff(CauseTimeout)
	case TimerLinger:
		m.cutOff(CauseTimeout)
	case TimerNone:
	}
	m.settle()
}
