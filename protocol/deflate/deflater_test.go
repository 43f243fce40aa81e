package deflate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

var sizes = []int{0, 1, 11, 12, 13, 127, 128, 129, 500, 4096, 32_767, 32_769, 70_000}

// everyWindow calls f with each size of window, with and without context takeover.
func everyWindow(f func(Window)) {
	for bits := minBits; bits <= maxBits; bits++ {
		f(Window{Bits: bits})
		f(Window{Bits: bits, NoContextTakeover: true})
	}
}

func expectRoundTrip(t *testing.T, d *Deflater, in *Inflater, pieces ...[]byte) {
	t.Helper()
	message := bytes.Join(pieces, nil)
	got, err := in.Inflate(nil, deflateAll(d, pieces...), len(message))
	if err != nil || !bytes.Equal(got, message) {
		t.Fatalf("with %+v, level %d, a message of %d bytes in %d frames is inflated to %d bytes with error %v",
			d.window, d.level, len(message), len(pieces), len(got), err)
	}
}

func TestDeflateInflateEveryWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	everyWindow(func(w Window) {
		d, in := NewDeflater(w, Options{}), NewInflater(w)
		for _, content := range contents {
			for _, size := range sizes {
				message := content.make(size)
				expectRoundTrip(t, d, in, message)
				expectRoundTrip(t, d, in, cut(r, message)...)
			}
		}
	})
}

func TestDeflateInflateEveryLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for level := 1; level <= 9; level++ {
		for _, noTakeover := range []bool{false, true} {
			w := Window{NoContextTakeover: noTakeover}
			d, in := NewDeflater(w, Options{Level: level}), NewInflater(w)
			for _, content := range contents {
				for _, size := range sizes {
					expectRoundTrip(t, d, in, cut(r, content.make(size))...)
				}
			}
		}
	}
}

func TestDeflateInflateLargeMessages(t *testing.T) {
	const size = 4 << 20
	for _, w := range []Window{{}, {Bits: 8, NoContextTakeover: true}} {
		for _, content := range contents {
			d, in := NewDeflater(w, Options{}), NewInflater(w)
			message := content.make(size)
			expectRoundTrip(t, d, in, message[:1<<20], message[1<<20:])
			expectRoundTrip(t, d, in, chat(3, 100))
		}
	}
}

// No distance may exceed the negotiated window (RFC 7692, section 7.1.2).
func TestDeflateDistances(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	everyWindow(func(w Window) {
		d := NewDeflater(w, Options{})
		var judge inspector
		for i := range 60 {
			// Repetitions at all distances, also near the size of the window.
			message := chat(uint64(i%4), 1+r.IntN(400))
			if i%5 == 0 {
				message = append(random(w.size()-8+r.IntN(16)), random(w.size())...)
			}
			plain := judge.inspect(t, deflateAll(d, cut(r, message)...))
			if !bytes.Equal(plain, message) {
				t.Fatalf("with %+v an independent reader inflates message %d of %d bytes incorrectly", w, i, len(message))
			}
			if judge.longest > w.size() {
				t.Fatalf("with %+v message %d refers %d bytes back, expected at most %d", w, i, judge.longest, w.size())
			}
			if w.NoContextTakeover && judge.beyond > 0 {
				t.Fatalf("with %+v message %d refers %d bytes before its beginning (RFC 7692, section 7.1.1)", w, i, judge.beyond)
			}
		}
		if judge.longest < w.size()/4 {
			t.Errorf("with %+v the longest distance is %d, expected more of the window to be used", w, judge.longest)
		}
	})
}

// Context takeover makes repeated messages short, small ones in particular.
func TestDeflateRepeatedMessage(t *testing.T) {
	for _, size := range []int{40, 100, 127, 128, 500, 5000, 16_000} {
		d := NewDeflater(Window{}, Options{})
		message := random(size)
		d.Deflate(nil, message, true)
		d.Deflate(nil, chat(1, 200), true)
		if got := d.Deflate(nil, message, true); len(got) > size/4 {
			t.Errorf("a repeated message of %d bytes becomes %d bytes, expected at most a quarter", size, len(got))
		}
	}
}

func TestDeflateFramesShareWindow(t *testing.T) {
	d := NewDeflater(Window{NoContextTakeover: true}, Options{})
	piece := random(1000)
	d.Deflate(nil, piece, false)
	if got := d.Deflate(nil, piece, true); len(got) > 100 {
		t.Errorf("a second frame equal to the first becomes %d bytes, expected at most 100 (RFC 7692, section 7.1.1)", len(got))
	}
	if cap(d.history.data) != 0 {
		t.Errorf("without context takeover %d bytes are kept after the message, expected none", cap(d.history.data))
	}
}

func TestDeflateAppends(t *testing.T) {
	d := NewDeflater(Window{}, Options{})
	for _, size := range []int{0, 50, 5000} {
		got := d.Deflate([]byte("header"), chat(1, size), true)
		if !bytes.HasPrefix(got, []byte("header")) {
			t.Errorf("a payload of %d bytes overwrites the beginning of dst: %q", size, got[:6])
		}
	}
}
