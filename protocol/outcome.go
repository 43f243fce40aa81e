package protocol

// Side identifies an end of the connection, or neither.
type Side uint8

// The sides.
const (
	Neither Side = iota // no Close frame was sent or received
	Local               // this end
	Remote              // the peer
)

// String returns "neither", "local" or "remote".
func (s Side) String() string {
	switch s {
	case Neither:
		return "neither"
	case Local:
		return "local"
	case Remote:
		return "remote"
	}
	return "?"
}

// Cause identifies why a connection ended. The identifiers are stable.
type Cause string

// The causes that a machine sets. Drivers and higher layers define more and pass them
// to [Machine.Abort].
const (
	CauseClose     Cause = "close"     // both Close frames were exchanged
	CauseViolation Cause = "violation" // the peer violated the protocol or a limit: see Outcome.Violation
	CauseEOF       Cause = "eof"       // the peer ended TCP before its Close
	CauseTransport Cause = "transport" // reading or writing failed
	CauseTimeout   Cause = "timeout"   // the peer did not finish in time
)

// Outcome describes how a connection ended.
type Outcome struct {
	Received  Status     // the content of the peer's Close; 1005 if empty, 1006 if there was none (RFC 6455, section 7.1.5)
	Sent      Status     // the content of our Close; 1005 if empty, 1006 if there was none
	First     Side       // the end that closed first
	Clean     bool       // whether both Close frames passed (RFC 6455, section 7.1.4)
	Cause     Cause      // why the connection ended
	Violation *Violation // the violation, for CauseViolation
}

// Outcome returns how the connection ended. It is final once Next has returned
// [EventClosed].
func (m *Machine) Outcome() Outcome {
	o := Outcome{Received: m.peerStatus, Sent: m.ownStatus, First: m.first, Cause: m.cause, Violation: m.failure}
	if !m.peerClosed {
		o.Received = Status{Code: CloseAbnormal}
	}
	if !m.closeSent {
		o.Sent = Status{Code: CloseAbnormal}
		if o.First == Local { // our Close was decided but never sent
			o.First = Neither
			if m.peerClosed {
				o.First = Remote
			}
		}
	}
	o.Clean = m.cause == CauseClose && m.peerClosed && m.closeSent
	return o
}
