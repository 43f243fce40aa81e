package cluster

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzFrames takes in frames of other nodes in the order of the input, which has a byte with the length before each of them.
func FuzzFrames(f *testing.F) {
	from := address{"a", 1}
	whole := appendFrame(nil, frame{from: from, sequence: 1, flags: flagFirst | flagLast, payload: []byte("x")})
	first := appendFrame(nil, frame{from: from, sequence: 2, flags: flagFirst, payload: []byte("y")})
	last := appendFrame(nil, frame{from: from, sequence: 3, flags: flagLast, payload: []byte("z")})
	var seed []byte
	for _, b := range [][]byte{whole, first, last, whole, last, first, {1, 2}} {
		seed = append(append(seed, byte(len(b))), b...)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, input []byte) {
		const most = 64
		limit := &assembly{maxRecord: most, maxBytes: 3 * most}
		var s senders
		sequences := map[address]uint64{}
		for len(input) > 0 {
			n := min(int(input[0]), len(input)-1)
			message := input[1 : 1+n]
			input = input[1+n:]
			fr, ok := parseFrame(message)
			if !ok {
				continue
			}
			if again := appendFrame(nil, fr); !bytes.Equal(again, message) {
				t.Errorf("a frame of %x is encoded as %x", message, again)
			}
			record, complete, _ := s.accept(fr, limit)
			if complete && fr.sequence <= sequences[fr.from] {
				t.Errorf("frame %d of %v was delivered after frame %d", fr.sequence, fr.from, sequences[fr.from])
			}
			sequences[fr.from] = max(sequences[fr.from], fr.sequence)
			if len(record) > max(most, n) || limit.bytes.Load() > limit.maxBytes || len(s.list) > maxSenders {
				t.Errorf("a record has %d bytes, %d bytes are incomplete, of %d senders, which is over the bounds", len(record), limit.bytes.Load(), len(s.list))
			}
		}
		s.clear(limit)
		if limit.bytes.Load() != 0 {
			t.Errorf("%d bytes are counted after the end of all senders, expected 0", limit.bytes.Load())
		}
	})
}

// FuzzBeat parses heartbeats of other nodes.
func FuzzBeat(f *testing.F) {
	f.Add(beat{from: address{"a", 7}, kind: beatHello, term: 2, serving: true, replace: true, joined: true, version: "1.0"}.record())
	f.Fuzz(func(t *testing.T, record []byte) {
		b, ok := parseBeat(record)
		if !ok {
			return
		}
		if again, ok := parseBeat(b.record()); !ok || again != b {
			t.Errorf("%+v is parsed from its record as %+v", b, again)
		}
	})
}

// FuzzPath converts keys to subjects and back.
func FuzzPath(f *testing.F) {
	f.Add("object/C/a.b=c//")
	f.Fuzz(func(t *testing.T, path string) {
		tokens := escapePath(path)
		if back, ok := unescapePath(tokens); !ok || back != path {
			t.Errorf("%q becomes %q and then %q", path, tokens, back)
		}
		if strings.ContainsAny(tokens, "*> \t\r\n\x00") || strings.Contains("."+tokens+".", "..") {
			t.Errorf("%q becomes %q, which is not a subject", path, tokens)
		}
		_, _ = unescapePath(path)
	})
}

// A process that is cut off loses its incomplete record. When the link is restored, its frames of before the cut are refused if later
// ones have come.
func TestSendersInterrupt(t *testing.T) {
	limit := &assembly{maxRecord: 100, maxBytes: 100}
	var s senders
	from, other := address{"a", 1}, address{"b", 1}
	for _, sender := range []address{from, other} {
		if _, _, why := s.accept(frame{sender, 5, flagFirst, []byte("part")}, limit); why != faultNone {
			t.Fatalf("the first part is accepted; got fault %d", why)
		}
	}
	s.interrupt(from, limit)
	if got := limit.bytes.Load(); got != int64(len("part")) {
		t.Errorf("only the incomplete record of the other process is left; got %d bytes", got)
	}
	whole := func(sender address, sequence uint64) fault {
		_, _, why := s.accept(frame{sender, sequence, flagFirst | flagLast, []byte("whole")}, limit)
		return why
	}
	if why := whole(from, 4); why != faultOrder {
		t.Errorf("a frame of before the last one is refused; got fault %d", why)
	}
	if why := whole(from, 6); why != faultNone {
		t.Errorf("the next record is delivered; got fault %d", why)
	}
}

func TestSendersGap(t *testing.T) {
	limit := &assembly{maxRecord: 100, maxBytes: 100}
	var s senders
	steps := []struct {
		sequence uint64
		flags    byte
		payload  string
		record   string
		why      fault
	}{
		{5, flagFirst, "a", "", faultNone},
		{6, 0, "b", "", faultNone},
		{7, flagLast, "c", "abc", faultNone},
		{7, flagFirst | flagLast, "again", "", faultOrder},
		{8, flagFirst, "a", "", faultNone},
		{10, flagLast, "c", "", faultGap},
		{11, flagFirst, "a", "", faultNone},
		{12, flagFirst | flagLast, "x", "x", faultGap},
		{13, flagLast, "y", "", faultGap},
		{14, flagFirst, strings.Repeat("z", 60), "", faultNone},
		{15, flagLast, strings.Repeat("z", 60), "", faultSize},
		{16, flagFirst | flagLast, "end", "end", faultNone},
	}
	for _, step := range steps {
		record, complete, why := s.accept(frame{address{"a", 1}, step.sequence, step.flags, []byte(step.payload)}, limit)
		if string(record) != step.record || complete != (step.record != "") || why != step.why {
			t.Errorf("frame %d yields %q, complete %t, fault %d, expected %q and fault %d", step.sequence, record, complete, why, step.record, step.why)
		}
	}
	if limit.bytes.Load() != 0 {
		t.Errorf("%d bytes are counted without an incomplete record, expected 0", limit.bytes.Load())
	}
}
