package deflate

import (
	"bytes"
	"testing"
)

// A prepared message can be sent between other messages on connections of every window
// that is large enough.
func TestPrepareEveryWindow(t *testing.T) {
	for prepared := minBits; prepared <= maxBits; prepared++ {
		for _, size := range []int{0, 100, 3000, 50_000} {
			message := chat(9, size)
			compressed := Prepare(nil, message, Options{WindowBits: prepared})
			everyWindow(func(w Window) {
				if w.bits() < prepared {
					return
				}
				d, in := NewDeflater(w, Options{}), NewInflater(w)
				expectRoundTrip(t, d, in, chat(1, 300))
				got, err := in.Inflate(nil, compressed, size)
				if err != nil || !bytes.Equal(got, message) {
					t.Fatalf("a message of %d bytes prepared for %d bits is inflated to %d bytes with error %v with %+v", size, prepared, len(got), err, w)
				}
				d.Sent(message)
				expectRoundTrip(t, d, in, chat(9, 300))
				expectRoundTrip(t, d, in, chat(1, 2000))
			})
		}
	}
}

func TestPrepareReferences(t *testing.T) {
	for bits := minBits; bits <= maxBits; bits++ {
		var judge inspector
		judge.out = chat(9, 40_000) // earlier data that must not be referred to
		message := chat(9, 40_000)
		plain := judge.inspect(t, Prepare(nil, message, Options{WindowBits: bits}))
		if !bytes.Equal(plain, message) || judge.beyond > 0 || judge.longest > 1<<bits {
			t.Errorf("a message prepared for %d bits refers %d bytes back, %d before its beginning; expected at most %d and none",
				bits, judge.longest, judge.beyond, 1<<bits)
		}
	}
}

// Without Sent the windows of the two ends would differ, and later messages would be
// corrupt.
func TestDeflaterSent(t *testing.T) {
	d := NewDeflater(Window{}, Options{})
	message := random(2000)
	d.Sent(message)
	if got := d.Deflate(nil, message, true); len(got) > 200 {
		t.Errorf("a message that was sent prepared becomes %d bytes the second time, expected at most 200", len(got))
	}
	noTakeover := NewDeflater(Window{NoContextTakeover: true}, Options{})
	if noTakeover.Sent(message); cap(noTakeover.history.data) != 0 {
		t.Errorf("without context takeover %d bytes of a prepared message are kept, expected none", cap(noTakeover.history.data))
	}
}

func TestPrepareAppends(t *testing.T) {
	if got := Prepare([]byte("header"), nil, Options{}); string(got) != "header\x00" {
		t.Errorf("an empty message appended to a header is %q, expected the header and the octet 0 (RFC 7692, section 7.2.3.6)", got)
	}
}
