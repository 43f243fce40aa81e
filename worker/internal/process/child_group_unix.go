//go:build unix && !linux

package process

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// prepareGroup makes a command start in a process group of its own.
func prepareGroup(command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return nil
}

// tieToGroup has no effect on this system: a child ends at the end of its descriptor 3.
func tieToGroup(*os.File, int) {}

// enlargePipe has no effect on this system.
func enlargePipe(*os.File) {}

// awaitExit reports that this system has no such wait.
func awaitExit(int) bool { return false }

// residentMemory fails on this system.
func residentMemory(int) (int64, error) { return 0, errors.ErrUnsupported }
