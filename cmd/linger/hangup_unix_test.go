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

func TestDispatchHangups(t *testing.T) {
	const never = time.Duration(-1)
	for name, c := range map[string]struct {
		hasTerminal bool
		closesAfter time.Duration // when the terminal closes; negative if it never does
		reloads     bool
		shutsDown   bool
	}{
		"without a terminal SIGHUP reloads":                           {false, never, true, false},
		"while the terminal exists SIGHUP reloads":                    {true, never, true, false},
		"after the terminal has closed SIGHUP shuts down":             {true, 0, false, true},
		"if the terminal closes soon after SIGHUP, it shuts down too": {true, time.Second, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &signals{shutdown: make(chan os.Signal, 2), reload: make(chan os.Signal, 1)}
				var terminal func() bool
				var exists atomic.Bool
				if c.hasTerminal {
					exists.Store(c.closesAfter != 0)
					terminal = exists.Load
				}
				if c.closesAfter > 0 {
					time.AfterFunc(c.closesAfter, func() { exists.Store(false) })
				}
				hangups := make(chan os.Signal, 1)
				go s.dispatchHangups(hangups, terminal)
				hangups <- syscall.SIGHUP
				time.Sleep(time.Minute)
				if reloads, shutsDown := len(s.reload) > 0, len(s.shutdown) > 0; reloads != c.reloads || shutsDown != c.shutsDown {
					t.Errorf("reloads must be %v and shuts down %v; got %v, %v", c.reloads, c.shutsDown, reloads, shutsDown)
				}
				close(hangups)
			})
		})
	}
}
