package websocket

// piece is part of a message.
type piece struct {
	op   MessageType
	data []byte
	last bool // the message ends with it
}
