package wiretest

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// Exchange writes out and reads as many bytes as in has.
func Exchange(t testing.TB, peer net.Conn, out, in []byte) {
	if _, err := peer.Write(out); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(peer, in); err != nil {
		t.Fatal(err)
	}
}

// AllocsOf returns how often f allocates. It measures again, for up to Bound, while that is above the budget: after slow
// handlers, such as those of other tests on a busy machine, the event loops call up to 16,384 handlers on goroutines of their
// own.
func AllocsOf(budget float64, f func()) (allocs float64) {
	for deadline := time.Now().Add(Bound); ; {
		if allocs = testing.AllocsPerRun(1000, f); allocs <= budget || time.Now().After(deadline) {
			return allocs
		}
	}
}

// MemoryUse is the memory in use, in bytes.
type MemoryUse struct{ Heap, Stacks int }

// Memory returns the memory in use after the pools have been emptied.
func Memory() MemoryUse {
	for range 3 { // the pools take two collections
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return MemoryUse{int(m.HeapAlloc), int(m.StackInuse)}
}
