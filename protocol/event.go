package protocol

// EventKind is the kind of an [Event].
type EventKind uint8

// The kinds of events.
const (
	// EventMessage is a complete message. Opcode and Payload are set.
	EventMessage EventKind = iota

	// EventPiece is a part of a message, with Config.Pieces. Opcode, Payload and Last
	// are set.
	EventPiece

	// EventPing is a ping, which the machine has answered. Payload is set.
	EventPing

	// EventPong is a pong. Payload is set.
	EventPong

	// EventPeerClose is the peer's Close, in half-open mode and before ours. Status is
	// set. The application may continue to send until it closes.
	EventPeerClose

	// EventFailing is a violation by the peer, with Config.DeferFailure. Our Close
	// waits for Machine.Fail.
	EventFailing

	// EventClosed is the terminal event. Machine.Outcome returns what it contains.
	EventClosed
)

// Event is something that the peer's input or the end of the connection has caused.
// Events are returned in order of arrival.
type Event struct {
	Kind   EventKind
	Opcode Opcode // Text or Binary, for EventMessage and EventPiece
	Last   bool   // for EventPiece: the message ends with this piece
	Status Status // for EventPeerClose

	// Payload is the application data. It lies in the bytes passed to Receive, and is
	// valid as long as they are, unless Owned is set.
	Payload []byte

	// Owned reports that Payload is a separate buffer, which belongs to the caller.
	Owned bool
}
