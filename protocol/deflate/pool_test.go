package deflate

import (
	"sync"
	"testing"
)

func TestPoolGet(t *testing.T) {
	p := newPool(func() *encoder { return &encoder{} })
	const count = 1000
	held := map[*encoder]bool{}
	for range count {
		held[p.get()] = true
	}
	if len(held) != count {
		t.Errorf("%d calls return %d different states", count, len(held))
	}
	for s := range held {
		p.put(s)
	}
}

func TestDeflateInflateConcurrent(t *testing.T) {
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			w := Window{Bits: minBits + i%8, NoContextTakeover: i%3 == 0}
			d, in := NewDeflater(w, Options{Level: 1 + i%9}), NewInflater(w)
			for j := range 10 {
				expectRoundTrip(t, d, in, chat(uint64(i), 50+j*400), chat(uint64(j), 100))
			}
		})
	}
	all.Wait()
}

// A state that is returned to the pool after an error works for the next connection.
func TestInflateAfterError(t *testing.T) {
	for range 50 {
		_, _ = NewInflater(Window{}).Inflate(nil, []byte{0x06, 0x00}, 10)
		_, _ = NewInflater(Window{}).Inflate(nil, storedBlock[:7], 10)
		_, _ = NewInflater(Window{}).Inflate(nil, storedBlock, 3)
		if got, err := NewInflater(Window{}).Inflate(nil, oneBlock, 10); err != nil || string(got) != "Hello" {
			t.Fatalf("after an error on another connection Hello inflates to %q with error %v", got, err)
		}
	}
}
