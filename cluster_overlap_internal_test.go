package linger

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestOverlap checks that each of the publications 1 to n is delivered once and in order, however two processes receive them: the old one from
// the first until it gives up, the new one from some publication on, until the last.
func TestOverlap(t *testing.T) {
	const n = 30
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := newOverlap()
		begin, end := 1+r.Uint64N(n), r.Uint64N(n+1) // the first that arrives here, and the last that is passed on
		if begin > end+1 {
			begin = end + 1
		}
		var delivered []uint64
		deliver := func(p publication) { delivered = append(delivered, p.sequence) }
		passed, arrived, gaveUp := uint64(0), begin-1, false
		for passed < end || arrived < n || !gaveUp {
			switch {
			case passed < end && r.IntN(2) == 0:
				passed++
				if id := (publicationID{7, passed}); o.passOn(id) {
					deliver(publication{publicationID: id})
				}
			case passed == end && !gaveUp && r.IntN(4) == 0:
				gaveUp = true
				if dropped := o.end(deliver); dropped != 0 {
					t.Fatalf("seed %d: nothing is dropped within the bounds; got %d", seed, dropped)
				}
			case arrived < n:
				arrived++
				if p := (publication{publicationID: publicationID{7, arrived}}); o.arrived(p) {
					deliver(p)
				}
			}
		}
		if len(delivered) != n || !slices.IsSorted(delivered) || len(slices.Compact(delivered)) != n {
			t.Fatalf("seed %d: 1 to %d are delivered once and in order; got %v", seed, n, delivered)
		}
		if got := uint64(len(o.passed)); got != min(begin-1, end) {
			t.Fatalf("seed %d: what was passed on and never arrives is remembered, %d publications; got %d", seed, min(begin-1, end), got)
		}
	}
}

func TestOverlapBound(t *testing.T) {
	o := newOverlap()
	big := publication{Payload: Binary(make([]byte, maxHeld/4)), publicationID: publicationID{7, 0}}
	for range 5 {
		big.sequence++
		o.arrived(big)
	}
	kept := 0
	if dropped := o.end(func(publication) { kept++ }); dropped != 2 || kept != 3 {
		t.Errorf("what is kept is bounded by maxHeld; %d were kept and %d dropped", kept, dropped)
	}
}
