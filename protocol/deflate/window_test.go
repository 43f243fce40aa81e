package deflate

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestHistoryWrite(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, limit := range []int{256, 1 << 15} {
		h := history{limit: limit}
		var all []byte
		for range 300 {
			piece := random(r.IntN(2 * limit / (1 + r.IntN(40))))
			h.write(piece)
			all = append(all, piece...)
			want := all[max(0, len(all)-limit):]
			if !bytes.Equal(h.data, want) {
				t.Fatalf("after %d bytes a history with limit %d has %d, expected the last %d", len(all), limit, len(h.data), len(want))
			}
			if cap(h.data) > limit {
				t.Fatalf("a history with limit %d uses %d bytes", limit, cap(h.data))
			}
		}
	}
}

func TestHistoryMemory(t *testing.T) {
	h := history{limit: 1 << 15}
	h.write(make([]byte, 100))
	h.write(make([]byte, 50))
	if cap(h.data) > 300 {
		t.Errorf("a history uses %d bytes after 150 were written, expected at most 300", cap(h.data))
	}
	if got := len(h.last(60)); got != 60 {
		t.Errorf("last(60) of 150 bytes returns %d", got)
	}
	if got := len(h.last(1000)); got != 150 {
		t.Errorf("last(1000) of 150 bytes returns %d, expected 150", got)
	}
	if h.reset(); cap(h.data) != 0 {
		t.Errorf("a history uses %d bytes after reset", cap(h.data))
	}
}

func TestWindowSize(t *testing.T) {
	for bits, want := range map[int]int{0: 32768, 8: 256, 9: 512, 15: 32768} {
		if got := (Window{Bits: bits}).size(); got != want {
			t.Errorf("a window of %d bits has %d bytes, expected %d", bits, got, want)
		}
	}
}
