//go:build unix

package main

import (
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// hangup sends SIGHUP to a process whose terminal is there for so long; forever is
// negative. It returns whether the application is loaded anew, and whether the server ends.
func hangup(t *testing.T, has bool, lasts time.Duration) (reloads, ends bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &signals{end: make(chan os.Signal, 2), reload: make(chan os.Signal, 1)}
		var terminal func() bool
		var there atomic.Bool
		if has {
			there.Store(lasts != 0)
			terminal = there.Load
		}
		if lasts > 0 {
			time.AfterFunc(lasts, func() { there.Store(false) })
		}
		hangups := make(chan os.Signal, 1)
		go s.sortHangups(hangups, terminal)
		hangups <- syscall.SIGHUP
		time.Sleep(time.Minute)
		reloads, ends = len(s.reload) > 0, len(s.end) > 0
		close(hangups)
	})
	return reloads, ends
}

func TestSIGHUPOfAProcessWithoutATerminalReloads(t *testing.T) {
	if reloads, ends := hangup(t, false, 0); !reloads || ends {
		t.Errorf("it reloads and goes on; reloads %v, ends %v", reloads, ends)
	}
}

func TestSIGHUPEndsTheServerWhoseTerminalHasGone(t *testing.T) {
	if reloads, ends := hangup(t, true, 0); reloads || !ends {
		t.Errorf("it ends and loads nothing; reloads %v, ends %v", reloads, ends)
	}
}

func TestSIGHUPEndsTheServerWhoseTerminalGoesSoon(t *testing.T) {
	if _, ends := hangup(t, true, time.Second); !ends {
		t.Error("a shell that sends SIGHUP closes the terminal soon after; the server goes on")
	}
}

func TestSIGHUPReloadsWhileTheTerminalIsThere(t *testing.T) {
	if reloads, ends := hangup(t, true, -1); !reloads || ends {
		t.Errorf("a signal of a program reloads; reloads %v, ends %v", reloads, ends)
	}
}
