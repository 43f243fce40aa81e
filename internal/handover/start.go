package handover

import (
	"net"
	"os"
	"os/exec"
)

// FDVariable is the environment variable with the number of the descriptor that is the link in a new process.
const FDVariable = "LINGER_HANDOVER_FD"

// linkFD is the first descriptor after the standard streams. Those of ExtraFiles follow it.
const linkFD = 3

// Child is a new process that [Start] has started.
type Child struct {
	Process *os.Process
	Link    *net.UnixConn // for Give or Probe, which close it

	exited chan struct{}
	err    error // valid after exited
}

// Start starts a command as the new process: it gets the link as descriptor 3, and the files of ExtraFiles from descriptor 4 on. The
// caller must not call Wait of the command.
func Start(command *exec.Cmd) (*Child, error) {
	if supported != nil {
		return nil, supported
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env, FDVariable+"=3")
	command.ExtraFiles = append([]*os.File{theirs}, command.ExtraFiles...)
	if err := command.Start(); err != nil {
		_ = ours.Close()
		return nil, err
	}
	c := &Child{Process: command.Process, Link: ours, exited: make(chan struct{})}
	go func() {
		defer close(c.exited)
		c.err = command.Wait()
	}()
	return c, nil
}

// Exited returns a channel that is closed when the process has ended.
func (c *Child) Exited() <-chan struct{} { return c.exited }

// Err returns how the process has ended, as the Wait of the command does. It blocks until it has.
func (c *Child) Err() error {
	<-c.exited
	return c.err
}

// Kill ends the process, and returns when it has ended.
func (c *Child) Kill() {
	_ = c.Process.Kill() // it may have ended
	<-c.exited
}
