//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// killGroup kills the processes of a group.
func killGroup(leader int) error { return syscall.Kill(-leader, syscall.SIGKILL) }

// signalName returns the number and the name of the signal that has ended a process. It reports false if the process has exited
// by itself.
func endSignal(state *os.ProcessState) (text string, number int, ok bool) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return "", 0, false
	}
	signal := status.Signal()
	return fmt.Sprintf("%d (%s)", int(signal), unix.SignalName(signal)), int(signal), true
}

// openInspector sends the signal at which node opens its inspector.
func (c *child) openInspector() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.exited {
		return errors.New("the process has ended")
	}
	return syscall.Kill(c.command.Process.Pid, syscall.SIGUSR1)
}
