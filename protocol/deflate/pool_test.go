package deflate

import (
	"sync"
	"testing"
)

func TestPoolTakeDoesNotWait(t *testing.T) {
	p := newPool(func() *encoder { return &encoder{} })
	const count = 1000
	held := map[*encoder]bool{}
	for range count {
		held[p.take()] = true
	}
	if len(held) != count {
		t.Errorf("%d states are lent at once, each to one caller; got %d", count, len(held))
	}
	for s := range held {
		p.give(s)
	}
}

func TestManyConnectionsAtOnce(t *testing.T) {
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

// A state that came back from an error serves the next connection as a new one does.
func TestAnErrorLeavesNothingInThePool(t *testing.T) {
	for range 50 {
		_, _ = NewInflater(Window{}).Inflate(nil, []byte{0x06, 0x00}, 10)
		_, _ = NewInflater(Window{}).Inflate(nil, storedBlock[:7], 10)
		_, _ = NewInflater(Window{}).Inflate(nil, storedBlock, 3)
		if got, err := NewInflater(Window{}).Inflate(nil, oneBlock, 10); err != nil || string(got) != "Hello" {
			t.Fatalf("after an error on another connection Hello inflates to %q with error %v", got, err)
		}
	}
}
