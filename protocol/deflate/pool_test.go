package deflate

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// However many connections send at once, no more states exist than are lent.
func TestNoMoreStatesAreInUseThanAreLent(t *testing.T) {
	var made, inUse, most atomic.Int64
	p := newPool(func() *encoder { made.Add(1); return &encoder{} })
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			for range 50 {
				s := p.take()
				now := inUse.Add(1)
				for was := most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
				}
				runtime.Gosched() // lets the others try
				inUse.Add(-1)
				p.give(s)
			}
		})
	}
	all.Wait()
	if got := most.Load(); got > int64(cap(lent)) {
		t.Errorf("%d states were in use at once, expected at most %d", got, cap(lent))
	}
	if made.Load() == 0 || len(lent) != 0 {
		t.Errorf("%d states were made and %d are still lent, expected some and none", made.Load(), len(lent))
	}
}

func TestTheNextWaitsWhenAllAreLent(t *testing.T) {
	p := newPool(func() *encoder { return &encoder{} })
	var held []*encoder
	for range cap(lent) {
		held = append(held, p.take())
	}
	select {
	case lent <- struct{}{}:
		t.Fatalf("with %d states lent there is room for one more", len(held))
	default:
	}
	got := make(chan *encoder)
	go func() { got <- p.take() }()
	p.give(held[0])
	p.give(<-got)
	for _, s := range held[1:] {
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
	if len(lent) != 0 {
		t.Errorf("%d states are still lent after all is done", len(lent))
	}
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
		if len(lent) != 0 {
			t.Fatalf("%d states are still lent after an error", len(lent))
		}
	}
}
