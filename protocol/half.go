package protocol

// Half is the state of one direction of a connection. A connection is described by
// its two halves, so that no separate state is needed for a half-open connection.
type Half uint8

// The states of a half. A half only moves forward, and may skip Finished.
const (
	// Open is the state before a Close. Data frames may pass in this direction.
	Open Half = iota

	// Finished is the state after a Close frame has passed. No data frame may follow
	// it in this direction (RFC 6455, section 5.5.1), except that with
	// Config.HalfCloseNegotiated the peer's data is still processed after our Close.
	// https://www.rfc-editor.org/rfc/rfc6455#section-5.5.1
	Finished

	// Gone is the state after this direction of the transport has ended. No bytes
	// pass any more. When both halves are gone the connection is closed (RFC 6455,
	// section 7.1.4). https://www.rfc-editor.org/rfc/rfc6455#section-7.1.4
	Gone
)

// String returns "open", "finished" or "gone".
func (h Half) String() string {
	switch h {
	case Open:
		return "open"
	case Finished:
		return "finished"
	case Gone:
		return "gone"
	}
	return "?"
}

// State is the state of a connection as RFC 6455 defines it.
type State uint8

// The states of a connection. They are derived from the two halves.
const (
	// StateOpen is the state after the opening handshake: both halves are open, and
	// neither end has closed (RFC 6455, section 4.1).
	// https://www.rfc-editor.org/rfc/rfc6455#section-4.1
	StateOpen State = iota

	// StateClosing is the state from the first Close, violation or EOF until both
	// directions have ended. Either end may still have data to send in half-open mode
	// (RFC 6455, section 7.1.3). https://www.rfc-editor.org/rfc/rfc6455#section-7.1.3
	StateClosing

	// StateClosed is the state after both directions have ended, or after an abort.
	// Nothing is sent or received; the driver closes the transport (RFC 6455, section
	// 7.1.4). https://www.rfc-editor.org/rfc/rfc6455#section-7.1.4
	StateClosed
)

// String returns the name that RFC 6455 gives the state: "OPEN", "CLOSING" or
// "CLOSED".
func (s State) String() string {
	switch s {
	case StateOpen:
		return "OPEN"
	case StateClosing:
		return "CLOSING"
	case StateClosed:
		return "CLOSED"
	}
	return "?"
}
