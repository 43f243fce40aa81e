//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyReload has SIGHUP ask for a reload, as it does of other servers.
func notifyReload(signals chan<- os.Signal) { signal.Notify(signals, syscall.SIGHUP) }
