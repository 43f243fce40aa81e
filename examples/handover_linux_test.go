package examples_test

import (
	"fmt"
	"syscall"
	"testing"
)

func init() { programs["examples/handover"] = "" } // builds on Linux only

// TestHandover replaces the process twice while a client is connected.
func TestHandover(t *testing.T) {
	t.Parallel()
	counter := start(t, "examples/handover", "-listen="+anyPort)
	ann := connect(t, counter, "/")
	process := counter.process.Process.Pid
	t.Cleanup(func() { _ = syscall.Kill(process, syscall.SIGKILL) })
	ann.say("hello")
	ann.wants(fmt.Sprintf("text message 1, process %d", process))
	for i := 2; i <= 3; i++ {
		before := process
		if err := syscall.Kill(process, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		process = counter.wantTakeover(t, before)
		ann.say("hello")
		ann.wants(fmt.Sprintf("text message %d, process %d", i, process))
	}
	bob := connect(t, counter, "/")
	bob.say("hello")
	bob.wants(fmt.Sprintf("text message 1, process %d", process))
	bob.leave()
	ann.leave()
}

// wantTakeover waits until another process answers, and returns its PID.
func (p *program) wantTakeover(t *testing.T, before int) (process int) {
	t.Helper()
	for process = before; process == before; {
		c := connect(t, p, "/")
		c.say("who")
		got, err := c.c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscanf(got, "text message 1, process %d", &process); err != nil {
			t.Fatalf("the answer is %q", got)
		}
		c.leave()
	}
	return process
}
