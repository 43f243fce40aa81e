package protocol

import (
	"bytes"
	"slices"
	"testing"
)

func TestAnnouncingCostsThePeerNothing(t *testing.T) {
	m := New(Config{})
	b := Header{Fin: true, Opcode: Binary, Masked: true, Length: 1 << 20}.Append(nil)
	events(m, append(b, "a few bytes"...))
	if cap(m.body) > 64 {
		t.Errorf("a header that announces 1 MiB and 11 bytes make a buffer of %d bytes", cap(m.body))
	}
}

func TestMessageBytesSurviveFragmentsOfEachSize(t *testing.T) {
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
			t.Fatalf("300 bytes in fragments of %d arrive as %d bytes, or changed", size, len(ev.Payload))
		}
	}
}

// TestOwnedMessageIsNotReused: a message that owns its payload keeps it when the
// next one arrives.
func TestOwnedMessageIsNotReused(t *testing.T) {
	m := New(Config{})
	m.Receive(mustEncode(t, Server, `text "fir" more | cont "st" | text "sec" more | cont "ond"`))
	first, _ := m.Next()
	second, _ := m.Next()
	if string(first.Payload) != "first" || string(second.Payload) != "second" || !first.Owned {
		t.Errorf("two fragmented messages arrive as %q and %q", first.Payload, second.Payload)
	}
}

func TestMessageLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		peer string
		want string
	}{
		{"exactly the size", Config{MaxMessage: 4}, `binary "1234"`, `message binary "1234"`},
		{"one byte more", Config{MaxMessage: 4}, `binary announce=5`, "message.size"},
		{"the longest length there is", Config{}, `binary announce=9223372036854775807`, "message.size"},
		{"a sum that would overflow", Config{MaxMessage: 1 << 62}, `binary "1" more | cont announce=9223372036854775807`, "message.size"},
		{"empty fragments up to the bound", Config{MaxFragments: 2}, `text "" more | cont ""`, `message text ""`},
		{"one empty fragment more", Config{MaxFragments: 2}, `text "" more | cont "" more | cont ""`, "message.fragments"},
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

func TestDefaultFragmentLimit(t *testing.T) {
	m := New(Config{})
	events(m, mustEncode(t, Server, `binary "" more`))
	cont := mustEncode(t, Server, `cont "" more`)
	for range 16384 - 1 {
		events(m, bytes.Clone(cont))
	}
	if m.Outcome().Violation != nil {
		t.Fatal("16,384 fragments are too many")
	}
	if events(m, cont); m.Outcome().Violation != errFragments {
		t.Error("16,385 fragments are not too many")
	}
}
