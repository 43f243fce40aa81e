//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// terminalTime is how long a terminal may take to close after SIGHUP.
	terminalTime = 10 * time.Second

	// terminalStep is the interval at which the terminal is checked during terminalTime.
	terminalStep = 50 * time.Millisecond
)

// notifyHangup starts the handling of SIGHUP. If the controlling terminal of the process has hung up, SIGHUP causes a
// graceful shutdown (POSIX, General Terminal Interface: Modem Disconnect). Otherwise a program has sent it, and it causes
// a reload, as it does in other servers. A process that was started with nohup continues without its terminal.
func (s *signals) notifyHangup() {
	terminal := hasTerminal
	if signal.Ignored(syscall.SIGHUP) || !hasTerminal() {
		terminal = nil
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go s.dispatchHangups(hangups, terminal)
}

// dispatchHangups passes each SIGHUP on as a request for a reload or for a shutdown. terminal reports whether the
// controlling terminal still exists; it is nil if the end of the terminal must not end the process.
func (s *signals) dispatchHangups(hangups <-chan os.Signal, terminal func() bool) {
	for range hangups {
		if terminal == nil || terminal() {
			trySend(s.reload, syscall.SIGHUP)
		}
		if terminal != nil && s.terminalCloses(hangups, terminal) {
			trySend(s.shutdown, syscall.SIGHUP)
			terminal = nil
		}
	}
}

// terminalCloses waits for the terminal to close, and reports whether it does within terminalTime: a shell and some
// terminal programs send SIGHUP before they close it. Further SIGHUPs during the wait cause reloads.
func (s *signals) terminalCloses(hangups <-chan os.Signal, terminal func() bool) bool {
	step := time.NewTicker(terminalStep)
	defer step.Stop()
	timeout := time.After(terminalTime)
	for terminal() {
		select {
		case <-hangups:
			trySend(s.reload, syscall.SIGHUP)
		case <-step.C:
		case <-timeout:
			return false
		}
	}
	return true
}

// hasTerminal reports whether the process has a controlling terminal (POSIX, section 10.1, /dev/tty).
func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	_ = tty.Close()
	return true
}
