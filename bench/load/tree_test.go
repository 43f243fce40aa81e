//go:build linux

package load

import (
	"io"
	"os/exec"
	"testing"
	"time"
)

// shell starts a shell with a script, whose input ends with the test. It returns its process ID and what it prints.
func shell(t *testing.T, script string) (pid int, output io.Reader) {
	t.Helper()
	command := exec.Command("sh", "-c", script)
	input, err1 := command.StdinPipe()
	output, err2 := command.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = command.Wait() // the status does not matter
	})
	return command.Process.Pid, output
}

// line waits for a line of output.
func line(t *testing.T, output io.Reader) {
	t.Helper()
	if _, err := output.Read(make([]byte, 100)); err != nil {
		t.Fatal("the shell has not printed a line:", err)
	}
}

func TestTreeCPU(t *testing.T) {
	const compute = `i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done`
	t.Run("a child that runs", func(t *testing.T) {
		pid, output := shell(t, `exec 3<&0; (`+compute+`; echo done; read x <&3; echo end) & wait`)
		line(t, output)
		own, err1 := CPU(pid)
		all, err2 := TreeCPU(pid)
		if err1 != nil || err2 != nil || all-own < 10*time.Millisecond {
			t.Errorf("a process has used %v, and with a child that computes %v (%v, %v)", own, all, err1, err2)
		}
	})
	t.Run("a child that has ended", func(t *testing.T) {
		pid, output := shell(t, `(`+compute+`); echo done; read x`)
		line(t, output)
		own, err1 := CPU(pid)
		all, err2 := TreeCPU(pid)
		if err1 != nil || err2 != nil || all-own < 10*time.Millisecond {
			t.Errorf("a process has used %v, and with a child that has computed %v (%v, %v)", own, all, err1, err2)
		}
	})
}

func TestTreeRSS(t *testing.T) {
	pid, output := shell(t, `exec 3<&0; (echo started; read x <&3; echo end) & wait`)
	line(t, output)
	one, err1 := RSS(pid)
	all, processes, err2 := TreeRSS(pid)
	anonymous, _, err3 := TreeAnonymous(pid)
	if err1 != nil || err2 != nil || err3 != nil || processes != 2 || all <= one || anonymous >= all || anonymous == 0 {
		t.Errorf("a process has %d bytes; with its child %d, of which %d without files, and %d processes (%v, %v, %v)", one, all, anonymous, processes, err1, err2, err3)
	}
}

func TestTreeErrors(t *testing.T) {
	const unused = 1 << 26 // above the largest process ID of Linux
	if _, err := TreeCPU(unused); err == nil {
		t.Error("TreeCPU of a process that does not exist returned no error")
	}
	if _, _, err := TreeRSS(unused); err == nil {
		t.Error("TreeRSS of a process that does not exist returned no error")
	}
	for _, text := range []string{"", "1 (a", "x (a) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 1 1", "1 (a) S 1 1 1 0 -1 4194560 1 1 1 1 1 1 x 1"} {
		if _, err := parseStat(text); err == nil {
			t.Errorf("parseStat of %q returned no error", text)
		}
	}
	p, err := parseStat("7 (a) b) S 3 1 1 0 -1 4194560 1 1 1 1 1 1 4 5 20 0")
	if want := (process{7, 3, 9 * tick}); err != nil || p != want {
		t.Errorf("parseStat returns %v, %v, expected %v", p, err, want)
	}
}
