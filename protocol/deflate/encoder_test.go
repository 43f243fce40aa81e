package deflate

import (
	"bytes"
	"testing"
)

func TestEncoderFlush(t *testing.T) {
	piece := bytes.Repeat([]byte("linger on "), 50)
	for name, p := range map[string]*pool[encoder]{
		"small": smallEncoders, "fastest": levelEncoders[1], "smallest": levelEncoders[9], "256 bytes of window": windowEncoders[minBits],
	} {
		e := p.get()
		got := e.encode([]byte("before "), nil, piece)
		p.put(e)
		if !bytes.HasPrefix(got, []byte("before ")) || !bytes.HasSuffix(got, tail) {
			t.Errorf("%s: %q does not begin with dst or does not end with a flush", name, got)
		}
		plain, err := NewInflater(Window{}).Inflate(nil, bytes.TrimSuffix(got[len("before "):], tail), len(piece))
		if err != nil || !bytes.Equal(plain, piece) {
			t.Errorf("%s: the piece is inflated incorrectly: %v", name, err)
		}
	}
}

func TestEncoderDictionary(t *testing.T) {
	words := []byte("the quick brown fox jumps over the lazy dog and then sleeps in the sun for an hour or two, as foxes do when nobody is looking, or so they say")
	for name, p := range map[string]*pool[encoder]{"small": smallEncoders, "large": levelEncoders[1]} {
		e := p.get()
		without, with := len(e.encode(nil, nil, words)), len(e.encode(nil, words, words))
		p.put(e)
		if with > without/2 {
			t.Errorf("%s: words that are in the dictionary take %d bytes, and %d without it; expected at most half", name, with, without)
		}
	}
}
