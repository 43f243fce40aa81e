package deflate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestAHistoryIsTheLastBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, limit := range []int{256, 1 << 15} {
		h := history{limit: limit}
		var all []byte
		for range 300 {
			piece := random(r.IntN(2 * limit / (1 + r.IntN(40))))
			h.add(piece)
			all = append(all, piece...)
			want := all[max(0, len(all)-limit):]
			if !bytes.Equal(h.data, want) {
				t.Fatalf("after %d bytes a history of %d bytes holds %d, expected the last %d", len(all), limit, len(h.data), len(want))
			}
			if cap(h.data) > limit {
				t.Fatalf("a history of %d bytes takes %d", limit, cap(h.data))
			}
		}
	}
}

func TestAHistoryTakesWhatHasPassed(t *testing.T) {
	h := history{limit: 1 << 15}
	h.add(make([]byte, 100))
	h.add(make([]byte, 50))
	if cap(h.data) > 300 {
		t.Errorf("a history takes %d bytes after 150 have passed, expected at most twice as many", cap(h.data))
	}
	if got := len(h.last(60)); got != 60 {
		t.Errorf("the last 60 bytes of 150 are %d", got)
	}
	if got := len(h.last(1000)); got != 150 {
		t.Errorf("the last 1000 bytes of 150 are %d, expected all", got)
	}
	if h.forget(); cap(h.data) != 0 {
		t.Errorf("a forgotten history still takes %d bytes", cap(h.data))
	}
}

func TestAWindowWithoutBitsIsTheLargest(t *testing.T) {
	for bits, want := range map[int]int{0: 32768, 8: 256, 9: 512, 15: 32768} {
		if got := (Window{Bits: bits}).size(); got != want {
			t.Errorf("a window of %d bits has %d bytes, expected %d", bits, got, want)
		}
	}
}
