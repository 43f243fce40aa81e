//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// hangups returns the signals that ask for a reload, as SIGHUP does of other servers,
// and what to call when nobody waits for them any longer.
func hangups() (signals <-chan os.Signal, stop func()) {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGHUP)
	return ch, func() { signal.Stop(ch) }
}
