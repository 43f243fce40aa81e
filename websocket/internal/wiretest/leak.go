package wiretest

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// Descriptors returns the number of descriptors that the process has open, or 0 on systems where that is not available.
func Descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd") // Linux
	return len(entries)
}

// WantNothingLeft fails unless the numbers of descriptors and goroutines return to these within Bound.
func WantNothingLeft(t *testing.T, fds, goroutines int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(Bound); ; <-tick.C {
		nowFds, nowGoroutines := Descriptors(), runtime.NumGoroutine()
		if nowFds <= fds && nowGoroutines <= goroutines {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("nothing may be left: there were %d descriptors and %d goroutines, there are %d and %d",
				fds, goroutines, nowFds, nowGoroutines)
			return
		}
	}
}

// LeakBound is for the timeouts of connections in tests of leaks.
const LeakBound = 50 * time.Millisecond
