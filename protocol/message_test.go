package protocol

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestMachineReceiveBufferSize(t *testing.T) {
	m := New(Config{})
	b := Header{Fin: true, Opcode: Binary, Masked: true, Length: 1 << 20}.Append(nil)
	events(m, append(b, "a few bytes"...))
	if cap(m.body) > 64 {
		t.Errorf("a header that announces 1 MiB and 11 bytes of payload allocate %d bytes, expected at most 64", cap(m.body))
	}
}

func TestMachineReceiveFragments(t *testing.T) {
	want := pattern(300)
	for size := 1; size <= len(want); size++ {
		var wire []byte
		op := Binary
		for chunk := range slices.Chunk(want, size) {
			h := Header{Opcode: op, Masked: true, Key: testKey, Length: int64(len(chunk))}
			wire = h.Append(wire)
			start := len(wire)
			wire = append(wire, chunk...)
			Mask(testKey, 0, wire[start:])
			op = Continuation
		}
		wire = Header{Fin: true, Opcode: Continuation, Masked: true}.Append(wire)
		m := New(Config{})
		m.Receive(wire)
		ev, ok := m.Next()
		if !ok || !bytes.Equal(ev.Payload, want) {
			t.Fatalf("300 bytes in fragments of %d are delivered as %d bytes, or changed", size, len(ev.Payload))
		}
	}
}

// The payload of a message that is Owned does not change when the next one arrives.
func TestMachineReceiveOwned(t *testing.T) {
	m := New(Config{})
	m.Receive(mustEncode(t, Server, `text "fir" more | cont "st" | text "sec" more | cont "ond"`))
	first, _ := m.Next()
	second, _ := m.Next()
	if string(first.Payload) != "first" || string(second.Payload) != "second" || !first.Owned {
		t.Errorf("two fragmented messages are delivered as %q and %q", first.Payload, second.Payload)
	}
}

func TestMachineReceiveLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		peer string
		want string
	}{
		{"at the size limit", Config{MaxMessage: 4}, `binary "1234"`, `message binary "1234"`},
		{"one byte above the limit", Config{MaxMessage: 4}, `binary announce=5`, "message.size"},
		{"the greatest length", Config{}, `binary announce=9223372036854775807`, "message.size"},
		{"a sum that would overflow", Config{MaxMessage: 1 << 62}, `binary "1" more | cont announce=9223372036854775807`, "message.size"},
		{"empty fragments up to the limit", Config{MaxFragments: 2}, `text "" more | cont ""`, `message text ""`},
		{"one empty fragment more", Config{MaxFragments: 2}, `text "" more | cont "" more | cont ""`, "message.fragments"},
		{"one long fragment more", Config{MaxFragments: 1}, `binary "x"*100 more | cont "x"*100`, "message.fragments"},
	} {
		m := New(c.cfg)
		got := events(m, mustEncode(t, Server, c.peer))
		if v := m.Outcome().Violation; v != nil {
			got = []string{v.ID}
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q, expected %q", c.name, got, c.want)
		}
	}
}

// With MaxFragments 0 the overhead of fragments is limited: any number of them is accepted
// within MaxMessage, but only a limited number of short ones.
func TestMaxFragmentsDefault(t *testing.T) {
	const unbounded = 40_000
	for _, c := range []struct {
		name string
		cfg  Config
		size int // the size of each fragment
		most int // the number of fragments that are accepted; unbounded if there is no limit
	}{
		{"4 MiB of 64 bytes", Config{MaxMessage: 4 << 20}, 64, 1 << 16},
		{"4 MiB of 100 bytes", Config{MaxMessage: 4 << 20}, 100, 4 << 20 / 100},
		{"empty ones", Config{}, 0, 16384},
		{"one byte each", Config{}, 1, 16384 * 64 / 63},
		{"32 bytes each", Config{MaxMessage: 4 << 20}, 32, 2 * 16384},
		{"empty pieces", Config{Pieces: true}, 0, 16384},
		{"pieces of one byte", Config{Pieces: true, MaxMessage: unbounded}, 1, unbounded},
		{"compressed pieces", Config{Pieces: true, Compression: fakeCompression{}}, 0, 16384},
		{"a limit on the number", Config{MaxFragments: 100}, 64, 100},
		{"a limit on the number, with pieces", Config{Pieces: true, MaxFragments: 100}, 1, 100},
		{"no limit", Config{MaxFragments: -1}, 0, unbounded},
		{"no limit, with pieces", Config{MaxFragments: -1, Pieces: true}, 0, unbounded},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Role, c.cfg.MaskKey = Client, fixedKey // the peer of a client does not mask
			m := New(c.cfg)
			frame := Header{Opcode: Continuation, Length: int64(c.size)}.Append(nil)
			frame = append(frame, make([]byte, c.size)...)
			first := bytes.Clone(frame)
			first[0] = byte(Binary)
			if c.cfg.Compression != nil {
				first[0] |= 0x40
			}
			for i := range c.most {
				b := frame
				if i == 0 {
					b = first
				}
				if events(m, b); m.Outcome().Violation != nil {
					t.Fatalf("fragment %d gives %v, expected %d to be accepted", i+1, m.Outcome().Violation, c.most)
				}
			}
			if c.most == unbounded || c.cfg.MaxFragments == 0 && c.size >= fragmentCost {
				return
			}
			if events(m, frame); m.Outcome().Violation != errFragments {
				t.Errorf("fragment %d gives the violation %v, expected %v", c.most+1, m.Outcome().Violation, errFragments)
			}
		})
	}
}

// After the greatest number of empty fragments a long fragment is still accepted.
func TestMaxFragmentsDefaultLongAfterShort(t *testing.T) {
	m := New(Config{})
	events(m, mustEncode(t, Server, `binary "" more`))
	for range 16384 - 1 {
		events(m, mustEncode(t, Server, `cont "" more`))
	}
	long := `cont "` + strings.Repeat("x", 64) + `"`
	if got := events(m, mustEncode(t, Server, long)); len(got) != 1 || m.Outcome().Violation != nil {
		t.Errorf("a last fragment of 64 bytes gives %q and the violation %v, expected a message", got, m.Outcome().Violation)
	}
	if got := events(m, mustEncode(t, Server, `text "" more | cont "next"`)); len(got) != 1 {
		t.Errorf("the next message gives %q and the violation %v, expected a count from zero", got, m.Outcome().Violation)
	}
}
