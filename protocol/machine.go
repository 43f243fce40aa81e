package protocol

// Machine is one end of a WebSocket connection after the opening handshake, as
// a state machine without I/O. Bytes, EOF, intents and timers go in; events,
// bytes and orders to the transport come out. It never waits, starts nothing
// and asks no clock. It is not safe for concurrent use: a driver keeps it behind
// one lock. The package documentation lists a driver's duties.
type Machine struct {
	cfg Config

	// Closing, see close.go: the two halves and the facts.
	in, out      Half
	theirs, ours Status
	theirsSeen   bool       // the peer's Close has arrived
	oursDecided  bool       // our Close is settled, it may wait for the message being written
	oursSent     bool       // our Close is in the output
	first        Side       // who closed first
	failure      *Violation // what fails the connection
	failed       bool       // and it has failed: our Close does not wait for the application any more
	failingTold  bool       // EventFailing is out
	cause        Cause      // why it ended, set once
	cut          bool       // the transport is to be closed at once
	reported     bool       // EventClosed is out
	dropped      int64      // bytes read and dropped while ending

	receiver
	sender
}

// New returns a machine for a connection whose opening handshake is done.
func New(cfg Config) *Machine {
	return &Machine{cfg: cfg.withDefaults()}
}

// Reset makes the machine one for a new connection, as New does.
func (m *Machine) Reset(cfg Config) {
	*m = Machine{}
	m.cfg = cfg.withDefaults()
}

// Idle tells whether the machine is as new: nothing of a message has come or is being
// written, nothing waits, and nobody has closed. A driver may then do without it, and have
// a new one when something happens. With compression it never is, which remembers.
func (m *Machine) Idle() bool {
	return m.in == Open && m.out == Open && !m.oursDecided && m.cause == "" && !m.cut &&
		len(m.input) == 0 && m.AtBoundary() && !m.open && m.control == nil &&
		m.Queued() == 0 && !m.writing && !m.pongWaits && m.cfg.Compression == nil
}

// In returns the state of the peer's half.
func (m *Machine) In() Half { return m.in }

// Out returns the state of our half.
func (m *Machine) Out() Half { return m.out }

// State returns the state in the words of RFC 6455.
func (m *Machine) State() State {
	switch {
	case m.Done():
		return StateClosed
	case m.in == Open && m.out == Open && !m.oursDecided && m.failure == nil:
		return StateOpen
	}
	return StateClosing
}

// ShouldCloseWrite reports whether the driver is to end its direction of the transport (TCP FIN,
// after TLS close_notify) and to read on. All output has been written by then.
func (m *Machine) ShouldCloseWrite() bool { return m.out == Gone && !m.cut }

// Done tells the driver to close the transport: EOF has passed both ways, or
// the connection was cut.
func (m *Machine) Done() bool { return m.cut || m.in == Gone && m.out == Gone }
