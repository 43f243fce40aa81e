package protocol

// Half is the state of one direction of a connection. Two halves and a few
// facts replace one long list of states, since a half-open connection is
// exactly one half finished and the other not.
type Half uint8

// The states of a half, in the order they are passed through.
const (
	Open     Half = iota // data may pass
	Finished             // a Close frame has passed
	Gone                 // EOF has passed
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

// State is the state of the whole connection in the words of RFC 6455.
type State uint8

// The states, derived from the halves.
const (
	StateOpen    State = iota // RFC 6455, section 4.1: the handshake is done
	StateClosing              // RFC 6455, section 7.1.3: a Close was sent or received
	StateClosed               // RFC 6455, section 7.1.4: TCP is closed
)

// String returns the RFC's word in upper case.
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
