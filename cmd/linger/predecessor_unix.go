//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// closeOnExec keeps a descriptor from being inherited by child processes.
func closeOnExec(fd int) { syscall.CloseOnExec(fd) }

// notifyUpgrade starts the handling of SIGUSR2, which otherwise ends the process.
func (s *signals) notifyUpgrade() { signal.Notify(s.upgrade, syscall.SIGUSR2) }
