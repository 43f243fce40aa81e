package survival

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// footprint is the resources that a process uses; sizes are in bytes. Engines have memory
// outside of Go's heap, so only the resident memory includes engines that were not closed.
type footprint struct{ heap, resident, descriptors, goroutines int }

func measure() footprint {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f := footprint{heap: int(m.HeapAlloc), goroutines: runtime.NumGoroutine()}
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		f.descriptors = len(entries)
	}
	if pages, err := os.ReadFile("/proc/self/statm"); err == nil {
		var all, resident int
		_, _ = fmt.Sscan(string(pages), &all, &resident)
		f.resident = resident * os.Getpagesize()
	}
	return f
}

func (f footprint) String() string {
	return fmt.Sprintf("heap %.1f MiB, resident %.1f MiB, %d descriptors, %d goroutines",
		float64(f.heap)/(1<<20), float64(f.resident)/(1<<20), f.descriptors, f.goroutines)
}

// within reports whether no resource has grown by more than its bound.
func (f footprint) within(before, grown footprint) bool {
	return f.heap <= before.heap+grown.heap && f.resident <= before.resident+grown.resident &&
		f.descriptors <= before.descriptors+grown.descriptors && f.goroutines <= before.goroutines+grown.goroutines
}

// waitFootprint waits until the process uses no more than before, plus grown, and returns
// its footprint. It waits because idle HTTP connections and timers end with a delay.
func waitFootprint(t *testing.T, when string, before, grown footprint) footprint {
	t.Helper()
	now := measure()
	for deadline := time.Now().Add(20 * time.Second); !now.within(before, grown); now = measure() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Errorf("%s the process uses %v, and used %v before\n%s", when, now, before, stacks[:runtime.Stack(stacks, true)])
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	return now
}
