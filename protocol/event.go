package protocol

// EventKind says what an [Event] tells.
type EventKind uint8

// The kinds of events.
const (
	EventMessage   EventKind = iota // a whole message: Opcode, Payload
	EventPiece                      // with Config.Pieces, part of a message: Opcode, Payload, Last
	EventPing                       // a ping, answered already: Payload
	EventPong                       // a pong: Payload
	EventPeerClose                  // half-open mode only: the peer has finished, we have not: Status
	EventFailing                    // with Config.DeferFailure: the peer has broken a rule, our Close waits for Machine.Fail
	EventClosed                     // the terminal event, the last one: see Machine.Outcome
)

// Event is one thing that happened, in order of arrival.
type Event struct {
	Kind   EventKind
	Opcode Opcode // Text or Binary, for EventMessage and EventPiece
	Last   bool   // the message ends with this piece
	Status Status // for EventPeerClose

	// Payload is valid as long as what Receive was given, unless Owned says that it
	// belongs to whoever got the event.
	Payload []byte
	Owned   bool
}
