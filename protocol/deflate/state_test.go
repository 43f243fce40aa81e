package deflate

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// move returns a Deflater with the state of d, as another process has it.
func (d *Deflater) move(t *testing.T) *Deflater {
	t.Helper()
	next := NewDeflater(d.Window(), Options{Level: d.level, Threshold: d.threshold})
	if err := next.Restore(d.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	d.history.data = bytes.Repeat([]byte("x"), len(d.history.data)) // a window that is shared would be found
	return next
}

// move returns an Inflater with the state of i, as another process has it.
func (i *Inflater) move(t *testing.T) *Inflater {
	t.Helper()
	next := NewInflater(i.Window())
	if err := next.Restore(i.AppendState(nil)); err != nil {
		t.Fatal(err)
	}
	i.history.data = bytes.Repeat([]byte("x"), len(i.history.data))
	return next
}

// One end moves before each frame that it sends and each message that it receives, and the other end notices nothing: what
// is sent is the same, byte for byte, as from an end that does not move.
func TestMoveBetweenFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	everyWindow(func(w Window) {
		still, moving := NewDeflater(w, Options{}), NewDeflater(w, Options{})
		stillIn, movingIn := NewInflater(w), NewInflater(w)
		for i, size := range append([]int{0, 1, 40, 127, 128, 129, 500, 5000, 33_000}, 60, 60, 60) {
			message := chat(uint64(i), size)
			var want, got []byte
			pieces := cut(r, message)
			for j, piece := range pieces {
				last := j == len(pieces)-1
				moving = moving.move(t)
				want, got = still.Deflate(want, piece, last), moving.Deflate(got, piece, last)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("with %+v message %d of %d bytes becomes %d bytes after a move, expected the %d bytes without one", w, i, size, len(got), len(want))
			}
			movingIn = movingIn.move(t)
			for name, in := range map[string]*Inflater{"moved": movingIn, "still": stillIn} {
				plain, err := in.Inflate(nil, got, size)
				if err != nil || !bytes.Equal(plain, message) {
					t.Fatalf("with %+v message %d of %d bytes is inflated by the Inflater that has %s to %d bytes with error %v", w, i, size, name, len(plain), err)
				}
			}
		}
	})
}

// A message that was compressed once for many connections is in the window that moves.
func TestMoveAfterPrepared(t *testing.T) {
	message := chat(7, 3000)
	d, in := NewDeflater(Window{}, Options{}), NewInflater(Window{})
	for _, compressed := range [][]byte{Prepare(nil, message, Options{}), nil} {
		if compressed != nil {
			d.Sent(message)
		} else {
			d = d.move(t)
			if compressed = d.Deflate(nil, message, true); len(compressed) > 200 {
				t.Errorf("a message that was sent before the move becomes %d bytes after it, expected a reference of at most 200", len(compressed))
			}
		}
		if plain, err := in.Inflate(nil, compressed, len(message)); err != nil || !bytes.Equal(plain, message) {
			t.Fatalf("the peer inflates %d bytes with error %v", len(plain), err)
		}
	}
}

func TestAppendStateSize(t *testing.T) {
	for _, c := range []struct {
		w    Window
		want int
	}{
		{Window{}, 1 << 15}, {Window{Bits: 9}, 1 << 9}, {Window{NoContextTakeover: true}, 0},
	} {
		d, in := NewDeflater(c.w, Options{}), NewInflater(c.w)
		expectRoundTrip(t, d, in, chat(1, 100_000))
		if a, b := len(d.AppendState(nil)), len(in.AppendState(nil)); a != c.want || b != c.want {
			t.Errorf("with %+v the states have %d and %d bytes, expected %d: the window", c.w, a, b, c.want)
		}
	}
}

func TestRestoreTooLarge(t *testing.T) {
	state := make([]byte, 1<<9+1)
	w := Window{Bits: 9}
	if err := NewDeflater(w, Options{}).Restore(state); !errors.Is(err, ErrState) {
		t.Errorf("a Deflater is restored with more than its window: %v", err)
	}
	if err := NewInflater(w).Restore(state); !errors.Is(err, ErrState) {
		t.Errorf("an Inflater is restored with more than its window: %v", err)
	}
}

func BenchmarkMove(b *testing.B) {
	for _, bits := range []int{9, 12, 15} {
		b.Run(fmt.Sprint(bits), func(b *testing.B) {
			w := Window{Bits: bits}
			d := NewDeflater(w, Options{})
			d.Sent(chat(1, w.size()))
			var state []byte
			b.ReportAllocs()
			for b.Loop() {
				state = d.AppendState(state[:0])
				if err := NewDeflater(w, Options{}).Restore(state); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
