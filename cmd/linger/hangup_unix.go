//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The wait for a terminal that closes after its hang-up was signalled.
const (
	terminalTime = 10 * time.Second
	terminalStep = 50 * time.Millisecond
)

// expectHangup begins to heed SIGHUP. When the controlling terminal of the process has
// hung up, the server ends in order (POSIX, General Terminal Interface: Modem
// Disconnect). Otherwise the signal was sent by a program, and asks for a reload, as it
// does of other servers. A process that nohup started outlives its terminal.
func (s *signals) expectHangup() {
	terminal := hasTerminal
	if signal.Ignored(syscall.SIGHUP) || !hasTerminal() {
		terminal = nil
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go s.sortHangups(hangups, terminal)
}

// sortHangups sends each SIGHUP to where it belongs. terminal reports whether the
// controlling terminal is there; it is nil if the end of the terminal does not matter.
func (s *signals) sortHangups(hangups <-chan os.Signal, terminal func() bool) {
	for range hangups {
		if terminal == nil || terminal() {
			offer(s.reload, syscall.SIGHUP)
		}
		if terminal != nil && s.terminalCloses(hangups, terminal) {
			offer(s.end, syscall.SIGHUP)
			terminal = nil
		}
	}
}

// terminalCloses reports whether a terminal closes soon: a shell and some terminal
// programs send SIGHUP before they close it.
func (s *signals) terminalCloses(hangups <-chan os.Signal, terminal func() bool) bool {
	step := time.NewTicker(terminalStep)
	defer step.Stop()
	over := time.After(terminalTime)
	for terminal() {
		select {
		case <-hangups:
			offer(s.reload, syscall.SIGHUP)
		case <-step.C:
		case <-over:
			return false
		}
	}
	return true
}

// hasTerminal reports whether the process has a controlling terminal: POSIX, section
// 10.1, /dev/tty.
func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	_ = tty.Close()
	return true
}
