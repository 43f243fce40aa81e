package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	// pipeSize is the number of bytes that the pipes for frames hold, where the system allows it.
	pipeSize = 1 << 20

	// outputTime bounds the wait for the rest of the output after the end of a child. A process that has left the
	// process group of the child may keep its output open for ever.
	outputTime = 500 * time.Millisecond

	// killTime bounds the wait of close for a child that was killed. It can be exceeded only if the system does not
	// end the process, for example because of a network file system that does not respond.
	killTime = 5 * time.Second
)

// childSpec is what a child is started with.
type childSpec struct {
	path string   // the executable
	args []string // without the name of the executable
	env  []string // the whole environment, as of [os.Environ]
	dir  string   // the working directory; "" for that of this process

	// memory is the limit of the resident memory in bytes, above which the child is killed; 0 for none. Only Linux
	// applies it.
	memory int64

	// printLine is called with each line of the output of the child, without its end, and reportDropped with the number of lines
	// that follow and were dropped, because they came faster than printLine returned. One goroutine calls both.
	printLine     func(stderr bool, line string)
	reportDropped func(lines int)
}

// A child is a process that Linger has started, with the processes of its process group. It ends at the latest when this
// process ends. Its methods may be called from any goroutine.
type child struct {
	calls   *os.File // the write end of descriptor 3 of the child; it has deadlines
	results *os.File // the read end of descriptor 4
	answers *os.File // the write end of descriptor 5

	ended  chan struct{} // closed when the child has ended and its output is complete
	ending ending        // may be read when ended is closed

	command *exec.Cmd
	output  *output
	memory  int64

	mu      sync.Mutex
	exited  bool   // the process id may belong to another process
	verdict string // why Linger has killed the child, if it was not by kill
}

// startChild starts a process. The error says what could not be started.
func startChild(spec childSpec) (*child, error) {
	p, err := openChildPipes()
	if err != nil {
		return nil, fmt.Errorf("the pipes for %s cannot be opened: %w", spec.path, err)
	}
	defer p.closeTheirs()
	command := exec.Command(spec.path, spec.args...)
	command.Env, command.Dir = spec.env, spec.dir
	command.Stdout, command.Stderr, command.ExtraFiles = p.stdout.theirs, p.stderr.theirs, p.extraFiles()
	if err = prepareGroup(command); err == nil {
		err = command.Start()
	}
	if err != nil {
		p.closeOurs()
		return nil, fmt.Errorf("%s cannot be started: %w", spec.path, err)
	}
	tieToGroup(p.lifeline.theirs, command.Process.Pid)
	c := &child{
		calls: p.calls.ours, results: p.results.ours, answers: p.answers.ours,
		ended: make(chan struct{}), command: command, memory: spec.memory,
		output: startOutput(spec, p.stdout.ours, p.stderr.ours),
	}
	if c.memory > 0 {
		memoryWatch.add(c)
	}
	go c.wait(p.lifeline.ours)
	return c, nil
}

// wait waits for the end of the process and of its output.
func (c *child) wait(lifeline *os.File) {
	state, err := c.reap()
	memoryWatch.remove(c)
	_ = lifeline.Close() // nothing was written to it
	c.output.finish(outputTime)
	c.ending = describeEnding(state, err, c.verdict, c.output.lastErrors())
	close(c.ended)
}

// reap waits for the end of the process, and kills the rest of its group.
func (c *child) reap() (*os.ProcessState, error) {
	pid := c.command.Process.Pid
	if !awaitExit(pid) {
		defer c.markExited()
		err := c.command.Wait()
		_ = killGroup(pid) // the system does not use the number of a group again while the group has processes
		return c.command.ProcessState, waitError(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = killGroup(pid) // it contains at least the process that has ended
	err := c.command.Wait()
	c.exited = true
	return c.command.ProcessState, waitError(err)
}

func (c *child) markExited() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exited = true
}

// waitError returns the error of a wait that did not return the state of a process.
func waitError(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

// kill ends the processes of the group at once. It returns before they have ended. If they have, it has no effect.
func (c *child) kill() { c.killBecause("") }

// killBecause kills the group, and has the ending say why.
func (c *child) killBecause(verdict string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.exited {
		return
	}
	if c.verdict == "" {
		c.verdict = verdict
	}
	_ = killGroup(c.command.Process.Pid) // it fails only if no process is left
}

// close closes the pipes on which the child receives, which makes it exit, and kills it if it has not ended after the given time. The
// error means that it could not be killed either.
func (c *child) close(within time.Duration) error {
	_ = c.calls.Close() // the errors are those of a second call
	_ = c.answers.Close()
	defer func() { _ = c.results.Close() }()
	if c.endsWithin(within) {
		return nil
	}
	c.kill()
	if !c.endsWithin(killTime) {
		return fmt.Errorf("process %d does not end, although it was killed", c.command.Process.Pid)
	}
	return nil
}

// endsWithin waits for the end, and reports whether it has come.
func (c *child) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.ended:
		return true
	case <-timer.C:
		return false
	}
}
