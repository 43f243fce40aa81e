package wiretest

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// descriptors returns how many this process has open, or 0 where the system does
// not say.
func Descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd") // Linux
	return len(entries)
}

// wantNothingLeft fails unless descriptors and goroutines come back to what they
// were.
func WantNothingLeft(t *testing.T, fds, goroutines int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(15 * time.Second); ; <-tick.C {
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

const LeakBound = 50 * time.Millisecond
