package testclient

import (
	"strings"

	"github.com/lingerws/linger/protocol"
)

// Violation is a sequence of frames of which the last ones violate the protocol.
type Violation struct {
	Name string
	peer []raw
	Want []string // what an echo server sends, without pongs: "text good", "close 1002 reason"
	Pong bool     // whether it sends a pong, because a ping precedes the violation
}

// raw is a frame, which need not be valid.
type raw struct {
	head    byte   // the first byte: FIN, reserved bits and opcode
	payload string // the unmasked payload
	wrong   bool   // whether masking is that of the other role
}

const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10
)

// Bytes returns the frames as a peer with the given role sends them.
func (v Violation) Bytes(role protocol.Role) (b []byte) {
	for _, f := range v.peer {
		n := len(b)
		h := protocol.Header{Length: int64(len(f.payload)), Masked: (role == protocol.Client) != f.wrong, Key: [4]byte{1, 2, 3, 4}}
		b = append(h.Append(b), f.payload...)
		b[n] = f.head
		if h.Masked {
			protocol.Mask(h.Key, 0, b[len(b)-len(f.payload):])
		}
	}
	return b
}

// Violations returns violations for a peer with the given role. Those with numbers are cases of the Autobahn test suite.
func Violations(role protocol.Role) []Violation {
	good := raw{head: fin | 1, payload: "good"}
	ping := raw{head: fin | 9, payload: "p"}
	rsv, opcode := "close 1002 reserved bits must be 0", "close 1002 unknown opcode"
	all := []Violation{
		{"3.2 text with RSV2", []raw{good, {head: fin | rsv2 | 1, payload: "bad"}, ping}, []string{"text good", rsv}, false},
		{"3.3 text with RSV2 and RSV3", []raw{good, {head: fin | rsv2 | rsv3 | 1, payload: "bad"}, ping}, []string{"text good", rsv}, false},
		{"3.4 text with RSV1", []raw{good, {head: fin | rsv1 | 1, payload: "bad"}, ping}, []string{"text good", rsv}, false},
		{"4.1.3 opcode 5", []raw{good, {head: fin | 5}, ping}, []string{"text good", opcode}, false},
		{"4.1.4 opcode 6 with a payload", []raw{good, {head: fin | 6, payload: "bad"}, ping}, []string{"text good", opcode}, false},
		{"4.1.5 opcode 7 with a payload", []raw{good, {head: fin | 7, payload: "bad"}, ping}, []string{"text good", opcode}, false},
		{"4.2.3 opcode 13", []raw{good, {head: fin | 13}, ping}, []string{"text good", opcode}, false},
		{"4.2.4 opcode 14 with a payload", []raw{good, {head: fin | 14, payload: "bad"}, ping}, []string{"text good", opcode}, false},
		{"4.2.5 opcode 15 with a payload", []raw{good, {head: fin | 15, payload: "bad"}, ping}, []string{"text good", opcode}, false},
		{"5.15 a continuation without a message", []raw{{head: 1, payload: "frag1"}, {head: fin, payload: "frag2"},
			{head: 0, payload: "frag3"}, {head: fin | 1, payload: "frag4"}},
			[]string{"text frag1frag2", "close 1002 continuation without a message"}, false},
		{"text that is not UTF-8", []raw{good, {head: fin | 1, payload: "a\xff"}, good}, []string{"text good", "close 1007 text must be UTF-8"}, false},
		{"a message inside a message", []raw{good, {head: 2, payload: "a"}, good}, []string{"text good", "close 1002 new message inside a message"}, false},
		{"a Close with a code that must not be sent", []raw{good, {head: fin | 8, payload: "\x03\xed"}, good},
			[]string{"text good", "close 1002 close code must not be sent"}, false},
		{"a Close with one byte", []raw{good, {head: fin | 8, payload: "x"}}, []string{"text good", "close 1002 close body must be empty or hold a code"}, false},
		{"a fragmented ping", []raw{good, {head: 9, payload: "p"}}, []string{"text good", "close 1002 control frames must not be fragmented"}, false},
		{"after three messages and a ping", []raw{good, good, good, ping, {head: fin | 5}}, []string{"text good", "text good", "text good", opcode}, true},
		{"after an empty message", []raw{{head: fin | 2}, {head: fin | 5}}, []string{"binary ", opcode}, false},
		{"without a preceding message", []raw{{head: fin | 5}, good}, []string{opcode}, false},
	}
	mask := "close 1002 client frames must be masked"
	if role == protocol.Server {
		mask = "close 1002 server frames must not be masked"
	}
	return append(all, Violation{"a wrong mask", []raw{good, {head: fin | 1, payload: "bad", wrong: true}, good}, []string{"text good", mask}, false})
}

// SendViolation sends the frames of a violation, in writes of at most chunk bytes, and returns what it receives up to a
// Close.
func (c *Client) SendViolation(frames []byte, chunk int) ([]string, error) {
	for len(frames) > 0 {
		n := min(chunk, len(frames))
		if _, err := c.conn.Write(frames[:n]); err != nil {
			return nil, err
		}
		frames = frames[n:]
	}
	for all := []string{}; ; {
		text, err := c.Receive()
		all = append(all, strings.TrimSuffix(text, " unclean"))
		if err != nil || strings.HasPrefix(text, "close ") {
			return all, err
		}
	}
}
