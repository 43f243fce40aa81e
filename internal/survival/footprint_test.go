package survival

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// footprint is what a process holds. Engines keep their memory outside of Go's heap, so
// only the resident memory shows those that were not closed.
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

// within tells whether nothing has grown by more than the bounds.
func (f footprint) within(before, grown footprint) bool {
	return f.heap <= before.heap+grown.heap && f.resident <= before.resident+grown.resident &&
		f.descriptors <= before.descriptors+grown.descriptors && f.goroutines <= before.goroutines+grown.goroutines
}

// comeBack waits for the process to hold no more than before, give or take what may have
// grown: idle HTTP connections and timers take a little to go.
func comeBack(t *testing.T, when string, before, grown footprint) footprint {
	t.Helper()
	now := measure()
	for deadline := time.Now().Add(20 * time.Second); !now.within(before, grown); now = measure() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Errorf("%s the process holds what it held before; it was %v, and is %v\n%s", when, before, now, stacks[:runtime.Stack(stacks, true)])
			break
		}
		<-time.After(100 * time.Millisecond)
	}
	return now
}
