package protocol

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// conversations returns all conversations in testdata.
func conversations(f *testing.F) []*conversation {
	f.Helper()
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no conversations found: %v", err)
	}
	var all []*conversation
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		c, err := parseConversation(string(text))
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// peerBytes returns all bytes that the peer sends in the conversation.
func (c *conversation) peerBytes(f *testing.F, role Role) []byte {
	f.Helper()
	var b []byte
	for _, t := range c.turns {
		if what, ok := strings.CutPrefix(t.input, "peer "); ok {
			b = append(b, mustEncode(f, role, what)...)
		}
	}
	return b
}

const fuzzInput = 8 << 10 // the maximum length of the input

// FuzzMachineReceive passes arbitrary bytes to a machine. It must not panic or violate
// an invariant, and the result must not depend on the segmentation of the input.
func FuzzMachineReceive(f *testing.F) {
	for _, c := range conversations(f) {
		for _, role := range c.roles {
			if b := c.peerBytes(f, role); len(b) <= fuzzInput {
				f.Add(role == Client, c.cfg.HalfOpen, uint64(len(b)), b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, client, halfOpen bool, seed uint64, b []byte) {
		role := Server
		if client {
			role = Client
		}
		b = b[:min(len(b), fuzzInput)]
		cfg := Config{HalfOpen: halfOpen, DeferFailure: seed&1 != 0, MaxMessage: 4 << 10, MaxFragments: 50}
		random := rand.New(rand.NewPCG(seed, 0))
		whole := transcript(t, cfg, role, b, func() int { return len(b) })
		cuts := map[string]func() int{
			"byte by byte": func() int { return 1 },
			"at random":    func() int { return 1 + random.IntN(40) },
		}
		for how, cut := range cuts {
			if got := transcript(t, cfg, role, b, cut); got != whole {
				t.Errorf("with input segmented %s the result is\n%s\nexpected that with one segment\n%s", how, got, whole)
			}
		}
	})
}

// transcript plays b and then EOF, and returns all events and all output. cut returns the
// size of the next segment.
func transcript(t *testing.T, cfg Config, role Role, b []byte, cut func() int) string {
	t.Helper()
	p := newPlayer(cfg, role)
	var events strings.Builder
	var wire []byte
	// Output is written after each event, so that its timing does not depend on cut.
	pump := func() {
		for {
			ev, ok := p.m.Next()
			out := p.m.Output(nil)
			p.saw.wrote(out)
			p.m.Wrote(len(out))
			wire = append(wire, out...)
			if !ok && len(out) == 0 || p.saw.err() != nil {
				break
			}
			if ok {
				p.saw.event(ev)
				fmt.Fprintf(&events, "%s %q\n", describeEvent(ev), ev.Payload)
			}
		}
		p.saw.check()
	}
	for len(b) > 0 {
		n := min(cut(), len(b))
		p.m.Receive(bytes.Clone(b[:n]))
		pump()
		b = b[n:]
	}
	fmt.Fprintf(&events, "%s, %s, close for writing %t\n", halves(p.m), describeOutcome(p.m.Outcome()), p.m.ShouldCloseWrite())
	p.m.ReceiveEOF()
	pump()
	if err := p.saw.err(); err != nil {
		t.Error(err)
	}
	return events.String() + fmt.Sprintf("%x", wire)
}

// inputsToMix are the inputs of FuzzMachineInputs, in the notation of conversations.
var inputsToMix = append(slices.Clone(stateInputs),
	`app close 1000`, `app close 1005`, `app discard 4001 "now"`, `app discard 1005`, `app binary "x"*5000`, `app binary "b" more`, `app cont "c" more`,
	"app cont \"\xff\"", "app text \"\xe2\" more", `app ping "x"*126`,
	`peer binary "x"*3000`, `peer cont "c"`, `peer cont "c" more`, `peer pong "p"`, `peer close`, `peer close 1005`,
	`peer ping "x"*125`, `peer text "a" | ping "b" | close 1000 | text "c"`, `peer text "t" rsv1`, `peer text "t" flip-mask`,
	`peer text hex:e2 more`, `peer text hex:ff`, `peer binary announce=100`, `peer binary announce=1000000`, `peer raw 81`,
	`peer raw 89`, `peer binary "x"*126`, `write 1`, `write 3000`, `write 5000`, `timer`, `stall`, `write`, `write`)

// FuzzMachineInputs plays inputs of the peer, the application, the driver and the timers
// in any order. No invariant may be violated, and a connection that has begun to close
// must end by its timers alone.
func FuzzMachineInputs(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		seed := make([]byte, 1+random.IntN(30))
		for i := range seed {
			seed[i] = byte(random.IntN(256))
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, steps []byte) {
		if len(steps) == 0 {
			return
		}
		role := Role(steps[0] & 1)
		cfg := Config{HalfOpen: steps[0]&2 != 0, DeferFailure: steps[0]&32 != 0, MaxMessage: 4000, MaxFragments: 3, MaxLinger: 10_000}
		p := newPlayer(cfg, role)
		p.chunk = int(steps[0] >> 2 & 3)
		p.lazy = steps[0]&16 != 0
		steps = steps[1:min(len(steps), 60)]
		var path []string
		for _, step := range steps {
			path = append(path, inputsToMix[int(step)%len(inputsToMix)])
			if _, err := p.play(path[len(path)-1]); err != nil {
				t.Fatalf("after %q: %v", path, err)
			}
		}
		expectEnd(t, p, path)
	})
}

// expectEnd fires timers only, and fails the test unless they end the connection.
func expectEnd(t *testing.T, p *player, path []string) {
	t.Helper()
	if p.m.State() == StateOpen {
		return
	}
	for range 5 {
		if _, err := p.play("timer"); err != nil {
			t.Fatalf("after %q and timers: %v", path, err)
		}
	}
	if !p.m.Done() {
		t.Errorf("after %q and five timers the connection has not ended", path)
	}
}

// FuzzParseHeader checks that a parsed header is encoded again to the same bytes, and
// that no prefix of it is parsed as a complete header.
func FuzzParseHeader(f *testing.F) {
	for _, length := range []int64{0, 125, 126, 65535, 65536, 1<<63 - 1} {
		for _, op := range []Opcode{Text, Ping} {
			f.Add(Header{Fin: true, Opcode: op, Masked: true, Key: testKey, Length: length}.Append(nil))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, fault := ParseHeader(b)
		if fault != nil && n != 0 {
			t.Errorf("the header % x gives a violation and the length %d", b, n)
		}
		if fault != nil || n == 0 {
			return
		}
		if again := h.Append(nil); !bytes.Equal(again, b[:n]) {
			t.Errorf("the header % x is encoded again as % x", b[:n], again)
		}
		for cut := range n {
			if _, m, fault := ParseHeader(b[:cut]); m != 0 || fault != nil {
				t.Errorf("%d bytes of the header % x give %d and %v, expected 0 and no violation", cut, b[:n], m, fault)
			}
		}
	})
}

// FuzzUTF8Check checks that utf8Check agrees with unicode/utf8 however the text is
// segmented, and that a text that it accepts can be completed.
func FuzzUTF8Check(f *testing.F) {
	for _, s := range []string{"", "plain", "κόσμε", "👋🏽", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf"} {
		f.Add([]byte(s), uint(1), uint(2))
	}
	f.Fuzz(func(t *testing.T, p []byte, first, second uint) {
		first %= uint(len(p) + 1)
		second = first + second%(uint(len(p)+1)-first)
		if got := checkInPieces(p[:first], p[first:second], p[second:]); got != utf8.Valid(p) {
			t.Errorf("% x, segmented at %d and %d, is valid: %t, expected %t", p, first, second, got, !got)
		}
		var check utf8Check
		if check.write(p) && !canBeCompleted(p) {
			t.Errorf("% x is accepted but cannot be completed", p)
		}
	})
}

// canBeCompleted reports whether p is valid with some bytes after it.
func canBeCompleted(p []byte) bool {
	for _, tail := range []string{"", "\x80", "\xbf", "\x80\x80", "\xbf\xbf", "\x80\x80\x80", "\xbf\xbf\xbf", "\x90\x80\x80"} {
		if utf8.Valid(append(slices.Clip(p), tail...)) {
			return true
		}
	}
	return false
}

// FuzzMask compares Mask with masking byte by byte.
func FuzzMask(f *testing.F) {
	f.Add([]byte("hello"), []byte{1, 2, 3, 4}, uint(0), uint(2))
	f.Add(pattern(100), []byte{0xFF, 0, 0x80, 7}, uint(3), uint(33))
	f.Fuzz(func(t *testing.T, p, k []byte, pos, cut uint) {
		var key [4]byte
		copy(key[:], k)
		start := int(pos % (1 << 30))
		want := bytes.Clone(p)
		plainMask(key, start, want)
		at := int(cut % uint(len(p)+1))
		got := bytes.Clone(p)
		Mask(key, Mask(key, start, got[:at]), got[at:])
		if !bytes.Equal(got, want) {
			t.Errorf("% x with key % x from offset %d, segmented at %d, is masked as % x, expected % x", p, key, start, at, got, want)
		}
	})
}
