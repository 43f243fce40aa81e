package protocol

import (
	"bytes"
	"testing"
)

// wantHeaderFault returns the violation in the first two bytes of a header, if any. It
// is independent of the parser.
func wantHeaderFault(first, second byte) *Violation {
	control := first&0x08 != 0
	switch first & 0x0F {
	case 0, 1, 2, 8, 9, 10:
	default:
		return errOpcode
	}
	if control && first&0x80 == 0 {
		return errControlFragment
	}
	if control && second&0x7F > 125 {
		return errControlLength
	}
	return nil
}

func TestParseHeaderFirstTwoBytes(t *testing.T) {
	rest := []byte{1, 0, 0, 1, 0, 0, 0, 0, 9, 9, 9, 9}
	for pair := range 1 << 16 {
		first, second := byte(pair>>8), byte(pair)
		b := append([]byte{first, second}, rest...)
		if second&0x7F == 127 {
			b[2] = 0 // the top bit is tested elsewhere
		}
		h, n, got := ParseHeader(b)
		if want := wantHeaderFault(first, second); got != want {
			t.Fatalf("the header % x gives the violation %v, expected %v", b[:2], got, want)
		}
		if got != nil {
			continue
		}
		if h.Fin != (first >= 0x80) || h.RSV != first>>4&7 || byte(h.Opcode) != first&15 || h.Masked != (second >= 0x80) {
			t.Fatalf("the header % x is parsed as %+v", b[:2], h)
		}
		if again := h.Append(nil); !bytes.Equal(again, b[:n]) {
			t.Fatalf("the header % x is encoded again as % x", b[:n], again)
		}
	}
}

func TestParseHeaderLengths(t *testing.T) {
	for _, c := range []struct {
		bytes  []byte
		length int64
		fault  *Violation
	}{
		{[]byte{0x82, 0}, 0, nil},
		{[]byte{0x82, 125}, 125, nil},
		{[]byte{0x82, 126, 0, 0}, 0, errLengthForm},
		{[]byte{0x82, 126, 0, 125}, 0, errLengthForm},
		{[]byte{0x82, 126, 0, 126}, 126, nil},
		{[]byte{0x82, 126, 0xFF, 0xFF}, 65535, nil},
		{[]byte{0x82, 127, 0, 0, 0, 0, 0, 0, 0, 5}, 0, errLengthForm},
		{[]byte{0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 0, errLengthForm},
		{[]byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 65536, nil},
		{[]byte{0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 1<<63 - 1, nil},
		{[]byte{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, 0, errLengthSign},
		{[]byte{0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 0, errLengthSign},
	} {
		h, n, fault := ParseHeader(c.bytes)
		if fault != c.fault {
			t.Errorf("the header % x gives the violation %v, expected %v", c.bytes, fault, c.fault)
		}
		if fault == nil && (n != len(c.bytes) || h.Length != c.length) {
			t.Errorf("the header % x has %d bytes and the length %d, expected %d and %d", c.bytes, n, h.Length, len(c.bytes), c.length)
		}
	}
}

func TestParseHeaderIncomplete(t *testing.T) {
	for _, length := range []int64{0, 125, 126, 65535, 65536} {
		whole := Header{Fin: true, Opcode: Binary, Masked: true, Key: testKey, Length: length}.Append(nil)
		for cut := range whole {
			if _, n, fault := ParseHeader(whole[:cut]); n != 0 || fault != nil {
				t.Errorf("%d of %d bytes of a header give %d and %v, expected 0 and no violation", cut, len(whole), n, fault)
			}
		}
		if len(whole) > MaxHeader {
			t.Errorf("a header of %d bytes is longer than MaxHeader", len(whole))
		}
	}
}

func TestParseHeaderEarliestFault(t *testing.T) {
	for _, c := range []struct {
		bytes []byte
		fault *Violation
	}{
		{[]byte{0x83}, errOpcode},
		{[]byte{0x8B}, errOpcode},
		{[]byte{0x09}, errControlFragment},
		{[]byte{0x89, 0xFE}, errControlLength},
	} {
		if _, _, fault := ParseHeader(c.bytes); fault != c.fault {
			t.Errorf("the bytes % x give the violation %v, expected %v", c.bytes, fault, c.fault)
		}
	}
}

func TestHeaderAppend(t *testing.T) {
	h := Header{Fin: true, RSV: 4, Opcode: Text, Masked: true, Key: [4]byte{1, 2, 3, 4}, Length: 300}
	got := h.Append([]byte("before"))
	want := append([]byte("before"), 0xC1, 0xFE, 0x01, 0x2C, 1, 2, 3, 4)
	if !bytes.Equal(got, want) {
		t.Errorf("the header is encoded as % x, expected % x", got, want)
	}
}

func TestOpcode(t *testing.T) {
	words := map[Opcode]string{0: "cont", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
	for op := range Opcode(16) {
		word, known := words[op]
		if !known {
			word = "reserved"
		}
		if op.String() != word || op.isKnown() != known || op.IsControl() != (op >= 8) {
			t.Errorf("opcode %d is %q, known %t, control %t", op, op, op.isKnown(), op.IsControl())
		}
	}
}
