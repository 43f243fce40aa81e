package linger

import "github.com/lingerws/linger/protocol"

// Payload is the content of a message. What a handler is given is its own, unless
// Options.LendPayloads is set; what it sends is copied.
type Payload struct {
	Data   []byte
	Binary bool // else Data is text and UTF-8
}

// Text returns a text payload. Text that is not UTF-8 is refused when it is sent.
func Text(s string) Payload { return Payload{Data: []byte(s)} }

// Binary returns a binary payload.
func Binary(b []byte) Payload { return Payload{Data: b, Binary: true} }

// String returns the data as a string.
func (p Payload) String() string { return string(p.Data) }

func (p Payload) opcode() protocol.Opcode {
	if p.Binary {
		return protocol.Binary
	}
	return protocol.Text
}
