package protocol

import (
	"testing"
	"unicode/utf8"
)

// checkInPieces reports whether utf8Check accepts the concatenated pieces as complete
// text.
func checkInPieces(pieces ...[]byte) bool {
	var c utf8Check
	for _, p := range pieces {
		if !c.write(p) {
			return false
		}
	}
	return c.complete()
}

// interestingBytes are the bounds of the table of RFC 3629, section 4.
var interestingBytes = []byte{0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF,
	0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5}

// TestUTF8CheckSequences compares utf8Check with unicode/utf8 for all sequences of four
// interesting bytes, in all segmentations.
func TestUTF8CheckSequences(t *testing.T) {
	for _, a := range interestingBytes {
		for _, b := range interestingBytes {
			for _, c := range interestingBytes {
				for _, d := range interestingBytes {
					compareWithUTF8(t, []byte{a, b, c, d})
				}
			}
		}
	}
}

func compareWithUTF8(t *testing.T, p []byte) {
	t.Helper()
	want := utf8.Valid(p)
	for first := range len(p) + 1 {
		for second := first; second <= len(p); second++ {
			if got := checkInPieces(p[:first], p[first:second], p[second:]); got != want {
				t.Fatalf("% x, segmented at %d and %d, is valid: %t, expected %t", p, first, second, got, want)
			}
		}
	}
}

// TestUTF8CheckRunes checks each rune of the basic plane, and every 61st of the others.
func TestUTF8CheckRunes(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) || r > 0x10100 && r < 0x10FF00 && r%61 != 0 {
			continue
		}
		p := utf8.AppendRune(nil, r)
		if !checkInPieces(p) || !checkInPieces(p[:1], p[1:]) || !checkInPieces(p[:len(p)-1], p[len(p)-1:]) {
			t.Fatalf("%U is refused", r)
		}
	}
}

func TestUTF8CheckText(t *testing.T) {
	text := []byte("plain, κόσμε, 你好, 👋🏽, \u0000, \U0010FFFF, the end")
	for cut := range text {
		if !checkInPieces(text[:cut], text[cut:]) {
			t.Errorf("valid text, segmented at %d, is refused", cut)
		}
	}
}

// A prefix is refused exactly if it cannot be completed to valid text.
func TestUTF8CheckFirstInvalidByte(t *testing.T) {
	for _, c := range []struct {
		bytes string
		wrong int // the index of the first invalid byte
	}{
		{"ok\x80", 2}, {"\xc0\xaf", 0}, {"\xc1", 0}, {"\xf5", 0}, {"\xff", 0},
		{"\xc3\x28", 1}, {"\xe0\x9f", 1}, {"\xe0\x80\x80", 1}, {"\xed\xa0", 1}, {"\xf0\x8f", 1},
		{"\xf4\x90", 1}, {"\xe2\x82\x28", 2}, {"\xf0\x9f\x92\x28", 3}, {"\xe2A", 1},
	} {
		for end := range len(c.bytes) + 1 {
			var check utf8Check
			if got, want := check.write([]byte(c.bytes[:end])), end <= c.wrong; got != want {
				t.Errorf("the first %d bytes of % x are accepted: %t, expected %t", end, c.bytes, got, want)
			}
		}
	}
}
