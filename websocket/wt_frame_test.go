package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/lingerws/linger/protocol"
)

// The peer of these tests writes and reads its bytes itself: it shares the frame
// header with the connection, and nothing else.

var peerKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame returns one frame as the peer of role sends it.
func frame(role protocol.Role, op protocol.Opcode, payload []byte) []byte {
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

func textFrame(s string) []byte { return frame(protocol.Server, protocol.Text, []byte(s)) }

func closeFrame(code uint16, reason string) []byte {
	return frame(protocol.Server, protocol.CloseFrame, closeBody(code, reason))
}

func closeBody(code uint16, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, code), reason...)
}

// violation is a frame with an opcode nobody has defined.
func violation() []byte { return []byte{0x83, 0x80, 0, 0, 0, 0} }

// received is a frame the peer has read.
type received struct {
	op      protocol.Opcode
	payload []byte
}

func (r received) String() string {
	switch {
	case r.op == protocol.CloseFrame && len(r.payload) == 0:
		return "close"
	case r.op == protocol.CloseFrame && len(r.payload) == 2:
		return fmt.Sprintf("close %d", binary.BigEndian.Uint16(r.payload))
	case r.op == protocol.CloseFrame:
		return fmt.Sprintf("close %d %q", binary.BigEndian.Uint16(r.payload), r.payload[2:])
	case len(r.payload) > 40:
		return fmt.Sprintf("%v of %d", r.op, len(r.payload))
	case len(r.payload) == 0:
		return r.op.String()
	}
	return fmt.Sprintf("%v %q", r.op, r.payload)
}

// parse takes the first whole frame off b; n is 0 if there is none.
func parse(b []byte) (f received, n int) {
	h, n, v := protocol.ParseHeader(b)
	if v != nil || n == 0 || int64(len(b)-n) < h.Length {
		return received{}, 0
	}
	f = received{h.Opcode, bytes.Clone(b[n : n+int(h.Length)])}
	if h.Masked {
		protocol.Mask(h.Key, 0, f.payload)
	}
	return f, n + int(h.Length)
}

// readFrame reads one frame of a server.
func readFrame(r io.Reader) (received, error) {
	head := make([]byte, 2, protocol.MaxHeader)
	if _, err := io.ReadFull(r, head); err != nil {
		return received{}, err
	}
	more := 0
	switch head[1] {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	head = head[:2+more]
	if _, err := io.ReadFull(r, head[2:]); err != nil {
		return received{}, err
	}
	h, _, v := protocol.ParseHeader(head)
	if v != nil {
		return received{}, v
	}
	payload := make([]byte, h.Length)
	_, err := io.ReadFull(r, payload)
	return received{h.Opcode, payload}, err
}
