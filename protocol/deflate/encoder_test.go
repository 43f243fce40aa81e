package deflate

import (
	"bytes"
	"testing"
)

func TestEveryEncodedPieceEndsInAFlush(t *testing.T) {
	piece := bytes.Repeat([]byte("linger on "), 50)
	for name, p := range map[string]*pool[encoder]{
		"small": smallEncoders, "fastest": levelEncoders[1], "smallest": levelEncoders[9], "256 bytes of window": windowEncoders[minBits],
	} {
		e := p.take()
		got := e.encode([]byte("before "), nil, piece)
		p.give(e)
		if !bytes.HasPrefix(got, []byte("before ")) || !bytes.HasSuffix(got, tail) {
			t.Errorf("%s: %q does not keep what was there, or does not end in a flush", name, got)
		}
		plain, err := NewInflater(Window{}).Inflate(nil, bytes.TrimSuffix(got[len("before "):], tail), len(piece))
		if err != nil || !bytes.Equal(plain, piece) {
			t.Errorf("%s: the piece does not inflate to itself: %v", name, err)
		}
	}
}

func TestADictionaryServesThePieceBehindIt(t *testing.T) {
	words := []byte("the quick brown fox jumps over the lazy dog and then sleeps in the sun for an hour or two, as foxes do when nobody is looking, or so they say")
	for name, p := range map[string]*pool[encoder]{"small": smallEncoders, "large": levelEncoders[1]} {
		e := p.take()
		alone, behind := len(e.encode(nil, nil, words)), len(e.encode(nil, words, words))
		p.give(e)
		if behind > alone/2 {
			t.Errorf("%s: words that are in the dictionary take %d bytes, and %d without it", name, behind, alone)
		}
	}
}
