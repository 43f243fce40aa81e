//go:build !unix

package process

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
)

// prepareGroup fails: this system cannot start a child with the descriptors that the worker protocol needs.
func prepareGroup(*exec.Cmd) error {
	return errors.New("workers in child processes need Linux, macOS or BSD, and this is " + runtime.GOOS + "; use the embedded engine")
}

func tieToGroup(*os.File, int)                       {}
func enlargePipe(*os.File)                           {}
func awaitExit(int) bool                             { return false }
func killGroup(int) error                            { return errors.ErrUnsupported }
func residentMemory(int) (int64, error)              { return 0, errors.ErrUnsupported }
func endSignal(*os.ProcessState) (string, int, bool) { return "", 0, false }

func (*child) openInspector() error { return errors.ErrUnsupported }
