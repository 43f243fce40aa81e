package wiretest

import (
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

func Exchange(t testing.TB, peer net.Conn, out, in []byte) {
	if _, err := peer.Write(out); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(peer, in); err != nil {
		t.Fatal(err)
	}
}

// allocsOf measures how often f allocates, again if that is above the budget: after slow handlers, which those of other
// tests and all on a busy machine may be, the event loops call up to 16,384 handlers on goroutines of their own.
func AllocsOf(budget float64, f func()) (allocs float64) {
	for deadline := time.Now().Add(30 * time.Second); ; {
		if allocs = testing.AllocsPerRun(1000, f); allocs <= budget || time.Now().After(deadline) {
			return allocs
		}
	}
}

type memoryUse struct{ Heap, Stacks int }

// memory returns the bytes in use.
func Memory() memoryUse {
	for range 3 { // the pools take two collections
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return memoryUse{int(m.HeapAlloc), int(m.StackInuse)}
}
