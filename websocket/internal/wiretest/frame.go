// Package wiretest has the peers for tests of connections. They write and read their bytes themselves: of the code that is
// tested they use the frame header and the masking, and nothing else.
package wiretest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/lingerws/linger/protocol"
)

var peerKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// Frame returns a frame as the peer of a connection in this role sends it.
func Frame(role protocol.Role, op protocol.Opcode, payload []byte) []byte {
	h := protocol.Header{Fin: true, Opcode: op, Length: int64(len(payload))}
	if role == protocol.Server { // the peer is a client
		h.Masked, h.Key = true, peerKey
	}
	b := append(h.Append(nil), payload...)
	if h.Masked {
		protocol.Mask(h.Key, 0, b[len(b)-len(payload):])
	}
	return b
}

// TextFrame returns a text message as a client sends it.
func TextFrame(s string) []byte { return Frame(protocol.Server, protocol.Text, []byte(s)) }

// CloseFrame returns a Close frame as a client sends it.
func CloseFrame(code uint16, reason string) []byte {
	return Frame(protocol.Server, protocol.CloseFrame, CloseBody(code, reason))
}

// CloseBody returns the payload of a Close frame.
func CloseBody(code uint16, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// Violation returns a frame of a client with an undefined opcode.
func Violation() []byte { return []byte{0x83, 0x80, 0, 0, 0, 0} }

// Received is a frame that the peer has read.
type Received struct {
	Op      protocol.Opcode
	Payload []byte
}

func (r Received) String() string {
	switch {
	case r.Op == protocol.CloseFrame && len(r.Payload) == 0:
		return "close"
	case r.Op == protocol.CloseFrame && len(r.Payload) == 2:
		return fmt.Sprintf("close %d", binary.BigEndian.Uint16(r.Payload))
	case r.Op == protocol.CloseFrame:
		return fmt.Sprintf("close %d %q", binary.BigEndian.Uint16(r.Payload), r.Payload[2:])
	case len(r.Payload) > 40:
		return fmt.Sprintf("%v of %d", r.Op, len(r.Payload))
	case len(r.Payload) == 0:
		return r.Op.String()
	}
	return fmt.Sprintf("%v %q", r.Op, r.Payload)
}

// Parse returns the first frame of b and its size, which is 0 if b does not contain a whole frame.
func Parse(b []byte) (f Received, n int) {
	h, n, v := protocol.ParseHeader(b)
	if v != nil || n == 0 || int64(len(b)-n) < h.Length {
		return Received{}, 0
	}
	f = Received{h.Opcode, bytes.Clone(b[n : n+int(h.Length)])}
	if h.Masked {
		protocol.Mask(h.Key, 0, f.Payload)
	}
	return f, n + int(h.Length)
}

// ReadFrame reads one frame of a server.
func ReadFrame(r io.Reader) (Received, error) { return readFrame(r, protocol.Server) }

// readFrame reads one frame of a connection in this role, which must be legal, and masked if it is from a client (RFC 6455,
// section 5.1).
func readFrame(r io.Reader, role protocol.Role) (Received, error) {
	head := make([]byte, 2, protocol.MaxHeader)
	if _, err := io.ReadFull(r, head); err != nil {
		return Received{}, err
	}
	size := 2 + map[byte]int{126: 2, 127: 8}[head[1]&0x7F]
	if head[1]&0x80 != 0 {
		size += 4
	}
	head = head[:size]
	if _, err := io.ReadFull(r, head[2:]); err != nil {
		return Received{}, err
	}
	h, _, v := protocol.ParseHeader(head)
	if v != nil || h.Masked != (role == protocol.Client) {
		return Received{}, &illegalFrame{role, h, v}
	}
	payload := make([]byte, h.Length)
	_, err := io.ReadFull(r, payload)
	if h.Masked {
		protocol.Mask(h.Key, 0, payload)
	}
	return Received{h.Opcode, payload}, err
}

// illegalFrame is the error of a frame that a connection must not send.
type illegalFrame struct {
	role      protocol.Role
	header    protocol.Header
	violation *protocol.Violation // nil if only the masking is wrong
}

func (e *illegalFrame) Error() string {
	return fmt.Sprintf("a %v must send a legal frame, masked as its role requires; got %+v, %v", e.role, e.header, e.violation)
}
