package deflate

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// FuzzInflate checks that any input gives a message within the limit, ErrTooBig or
// ErrCorrupt, and that the result agrees with the standard library.
func FuzzInflate(f *testing.F) {
	for _, m := range [][]byte{oneBlock, sharedWindow, storedBlock, lastBlock, twoBlocks, emptyBlock, bomb(1)} {
		f.Add(m, m, false)
	}
	f.Add(NewDeflater(Window{}, Options{}).Deflate(nil, chat(1, 700), true), lastBlockOf(chat(2, 300)), true)
	f.Fuzz(func(t *testing.T, first, second []byte, noTakeover bool) {
		const limit = 1 << 16
		in := NewInflater(Window{Bits: 9, NoContextTakeover: noTakeover})
		for i, message := range [][]byte{first, second} {
			got, err := in.Inflate(nil, message, limit)
			if len(got) > limit || err != nil && !errors.Is(err, ErrTooBig) && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("% x inflates to %d bytes with error %v", message, len(got), err)
			}
			rest := bytes.NewReader(append(bytes.Clone(message), ending...))
			want, stdErr := io.ReadAll(io.LimitReader(newStdReader(rest), limit+1))
			if i == 0 && stdErr == nil && rest.Len() == 0 && len(want) <= limit && !bytes.Equal(got, want) {
				t.Fatalf("% x inflates to %d bytes with error %v, and to %d by the standard library", message, len(got), err, len(want))
			}
			if err != nil {
				return
			}
		}
	})
}

// FuzzRoundTrip checks that messages in random frames are inflated correctly, one after
// the other, also if one end or both move to another process between two of them.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("Hello"), uint64(1), uint8(0))
	f.Add(chat(1, 2000), uint64(2), uint8(0xff))
	f.Add(random(300), uint64(3), uint8(8))
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, how uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		w := Window{Bits: minBits + int(how&7), NoContextTakeover: how&8 != 0}
		d, in := NewDeflater(w, Options{Level: 1 + int(how>>4)%9}), NewInflater(w)
		var judge inspector
		for range 4 {
			if r.IntN(2) == 0 {
				d = d.move(t)
			}
			if r.IntN(2) == 0 {
				in = in.move(t)
			}
			message := bytes.Repeat(data[r.IntN(len(data)+1):], 1+r.IntN(5))
			compressed := deflateAll(d, cut(r, message)...)
			got, err := in.Inflate(nil, compressed, len(message))
			if err != nil || !bytes.Equal(got, message) {
				t.Fatalf("with %+v a message of %d bytes is inflated to %d bytes with error %v", w, len(message), len(got), err)
			}
			if len(message) < 5000 && !bytes.Equal(judge.inspect(t, compressed), message) || judge.longest > w.size() {
				t.Fatalf("with %+v a message of %d bytes refers %d bytes back, or an independent reader inflates it differently", w, len(message), judge.longest)
			}
			if len(message) >= 5000 {
				judge.out = append(judge.out, message...)
			}
		}
	})
}

// FuzzNegotiation checks that the negotiated parameters are in range for any offer or
// answer.
func FuzzNegotiation(f *testing.F) {
	for _, text := range malformed {
		f.Add(text, 9, false)
	}
	f.Add("client_max_window_bits; server_max_window_bits=10", 0, true)
	f.Fuzz(func(t *testing.T, text string, bits int, noTakeover bool) {
		o := Options{WindowBits: bits, NoContextTakeover: noTakeover}
		p, answer, ok := Accept(params(text), o)
		if _, err := readParams(answer); ok && (err != nil || !inRange(p)) {
			t.Fatalf("the answer to %q is %v and the parameters are %+v: %v", text, answer, p, err)
		}
		if p, err := Confirm(o, params(text)); err == nil && !inRange(p) {
			t.Fatalf("the parameters for the answer %q are %+v", text, p)
		}
	})
}

func inRange(p Params) bool {
	return min(p.Server.Bits, p.Client.Bits) >= minBits && max(p.Server.Bits, p.Client.Bits) <= maxBits
}
