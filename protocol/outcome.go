package protocol

// Side says which end did something first.
type Side uint8

// The sides.
const (
	Neither Side = iota // no Close frame was sent or received
	Local
	Remote
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

// Cause is a stable identifier of why a connection ended.
type Cause string

// The causes a machine knows. Drivers and the layers above add their own and
// hand them to [Machine.Abort].
const (
	CauseClose     Cause = "close"     // both Close frames were exchanged
	CauseViolation Cause = "violation" // the peer broke a rule: see Outcome.Violation
	CauseEOF       Cause = "eof"       // the peer ended TCP before the closing handshake was done
	CauseTransport Cause = "transport" // reading or writing failed
	CauseTimeout   Cause = "timeout"   // the peer did not finish within the bound
)

// Outcome is how a connection ended.
type Outcome struct {
	Received  Status     // the peer's Close; 1005 if empty, 1006 if there was none (RFC 6455, section 7.1.5)
	Sent      Status     // our Close; 1005 if empty, 1006 if there was none
	First     Side       // who closed first
	Clean     bool       // both Close frames passed (RFC 6455, section 7.1.4)
	Cause     Cause      // why it ended
	Violation *Violation // for CauseViolation
}

// Outcome returns the terminal facts. They are final once [EventClosed] is out.
func (m *Machine) Outcome() Outcome {
	o := Outcome{Received: m.theirs, Sent: m.ours, First: m.first, Cause: m.cause, Violation: m.failure}
	if !m.theirsSeen {
		o.Received = Status{Code: CloseAbnormal}
	}
	if !m.oursSent {
		o.Sent = Status{Code: CloseAbnormal}
		if o.First == Local { // it was decided and never left
			o.First = Neither
			if m.theirsSeen {
				o.First = Remote
			}
		}
	}
	o.Clean = m.cause == CauseClose && m.theirsSeen && m.oursSent
	return o
}
