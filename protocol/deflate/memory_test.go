package deflate

import (
	"runtime"
	"testing"
)

// overhead is what a Deflater with its Inflater may take beside the windows.
const overhead = 512

// heap returns the bytes in use when all that can be collected has been. A pool
// survives one collection.
func heap() uint64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

type pair struct {
	out *Deflater
	in  *Inflater
}

// idlePairs returns connections that have talked and are silent now, and what each takes.
func idlePairs(t *testing.T, w Window, talk int) int {
	t.Helper()
	const count = 100
	before := heap()
	pairs := make([]pair, count)
	for i := range pairs {
		pairs[i] = pair{NewDeflater(w, Options{}), NewInflater(w)}
		for range talk / 1000 {
			expectRoundTrip(t, pairs[i].out, pairs[i].in, chat(uint64(i), 1000))
		}
	}
	after := heap()
	runtime.KeepAlive(pairs)
	return int(int64(after)-int64(before)) / count
}

func TestAnIdleConnectionHoldsItsWindowsAndNothingElse(t *testing.T) {
	for _, c := range []struct {
		window Window
		talk   int
		most   int
	}{
		{Window{Bits: 15}, 100_000, 2 << 15},
		{Window{Bits: 12}, 100_000, 2 << 12},
		{Window{Bits: 8}, 100_000, 2 << 8},
		{Window{Bits: 15}, 2_000, 2 * 4_000}, // grown by doubling
		{Window{Bits: 15, NoContextTakeover: true}, 100_000, 0},
	} {
		got := idlePairs(t, c.window, c.talk)
		t.Logf("%+v, after %d bytes each way: %d bytes for both directions", c.window, c.talk, got)
		if got > c.most+overhead {
			t.Errorf("with %+v an idle connection holds %d bytes after %d bytes each way, expected at most %d and %d for what describes them",
				c.window, got, c.talk, c.most, overhead)
		}
	}
}
