package protocol

// Machine is one end of a WebSocket connection after the opening handshake, as a
// state machine without I/O. Its inputs are received bytes, the peer's EOF, calls
// of the application and expired timers. Its outputs are events, bytes to write,
// and what the driver must do with the transport. It does not block, start
// goroutines or read a clock. It is not safe for concurrent use: a driver guards it
// with one lock. The package documentation lists the duties of a driver.
type Machine struct {
	cfg Config

	// The state of closing: see close.go.

	in, out          Half       // the peer's half and ours
	peerStatus       Status     // the content of the peer's Close, if peerClosed
	ownStatus        Status     // the content of our Close, if closeDecided
	peerClosed       bool       // the peer's Close frame has arrived
	closeDecided     bool       // our Close has been requested; it may still wait for the end of a fragmented message
	closeSent        bool       // our Close frame is in the output or written
	first            Side       // which end closed first
	failure          *Violation // the violation that fails the connection, or nil
	failed           bool       // the failure has taken effect: our Close no longer waits for Machine.Fail
	failingDelivered bool       // Next has returned EventFailing
	cause            Cause      // why the connection ended; set once
	aborted          bool       // the transport must be closed immediately
	closedDelivered  bool       // Next has returned EventClosed
	discarded        int64      // input bytes discarded while the connection ends

	receiver
	sender
}

// New returns a machine for a connection whose opening handshake is complete.
func New(cfg Config) *Machine {
	return &Machine{cfg: cfg.withDefaults()}
}

// Reset discards all state and prepares the machine for a new connection, as if New
// had returned it.
func (m *Machine) Reset(cfg Config) {
	*m = Machine{}
	m.cfg = cfg.withDefaults()
}

// Idle reports whether the machine has the same state as a new one: both halves are
// open, no message is in progress in either direction, and nothing is queued. A
// driver may then release the machine and use a new one when the connection becomes
// active. Idle is always false with compression, whose window is state.
func (m *Machine) Idle() bool {
	return m.in == Open && m.out == Open && !m.closeDecided && m.cause == "" && !m.aborted &&
		len(m.input) == 0 && m.AtBoundary() && !m.receivingMessage && m.control == nil &&
		m.Queued() == 0 && !m.sendingMessage && !m.pongPending && m.cfg.Compression == nil
}

// In returns the state of the peer's half.
func (m *Machine) In() Half { return m.in }

// Out returns the state of our half.
func (m *Machine) Out() Half { return m.out }

// State returns the state of the connection as RFC 6455 defines it.
func (m *Machine) State() State {
	switch {
	case m.Done():
		return StateClosed
	case m.in == Open && m.out == Open && !m.closeDecided && m.failure == nil:
		return StateOpen
	}
	return StateClosing
}

// ShouldCloseWrite reports whether the driver must close the transport for writing
// (TLS close_notify, then the TCP FIN) and continue to read. All output has been
// written when it becomes true.
func (m *Machine) ShouldCloseWrite() bool { return m.out == Gone && !m.aborted }

// Done reports whether the driver must close the transport: both directions have
// ended, or the connection was aborted.
func (m *Machine) Done() bool { return m.aborted || m.in == Gone && m.out == Gone }

// SetLimits replaces MaxMessage, MaxFragments and MaxLinger of the configuration, with the same
// defaults. A message that is being received, and exceeds a new limit already, fails the
// connection with its next frame.
func (m *Machine) SetLimits(maxMessage int64, maxFragments int, maxLinger int64) {
	m.cfg.MaxMessage, m.cfg.MaxFragments, m.cfg.MaxLinger = maxMessage, maxFragments, maxLinger
	m.cfg = m.cfg.withDefaults()
}
