package process

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestChildHasNoOtherDescriptors checks that a child has no descriptors of this process except its pipes.
func TestChildHasNoOtherDescriptors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	spec, tr := shell("echo ready; exec sleep 1000")
	child := start(t, spec)
	eventually(t, "the child has started", func() bool { return len(tr.all()) == 1 })
	eventually(t, "the shell has become another program", func() bool {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child.command.Process.Pid))
		return err == nil && strings.TrimSpace(string(name)) == "sleep"
	})
	dir := fmt.Sprintf("/proc/%d/fd", child.command.Process.Pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(target, ":")
		if number, err := strconv.Atoi(entry.Name()); err != nil || number <= 6 || !inheritable(number) {
			open = append(open, entry.Name()+" "+kind)
		}
	}
	want := []string{"0 /dev/null", "1 pipe", "2 pipe", "3 pipe", "4 pipe", "5 pipe", "6 pipe"}
	if slices.Sort(open); !slices.Equal(open, want) {
		t.Errorf("the child has %q open, expected %q", open, want)
	}
}

// inheritable reports whether this process has a descriptor that all its children get. Go opens none, so the program that has started
// this process has opened it.
func inheritable(descriptor int) bool {
	flags, err := unix.FcntlInt(uintptr(descriptor), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

// TestChildHasBlockingDescriptors checks that the child can read and write its descriptors with blocking system calls.
func TestChildHasBlockingDescriptors(t *testing.T) {
	const nonblock = "04000" // O_NONBLOCK, octal
	spec, tr := shell("grep -h flags /proc/$$/fdinfo/3 /proc/$$/fdinfo/4 /proc/$$/fdinfo/5")
	waitEnded(t, start(t, spec))
	lines := tr.all()
	if len(lines) != 3 {
		t.Fatalf("the output is %q", lines)
	}
	for i, line := range lines {
		if flags := line[len(line)-5:]; flags[1] == nonblock[1] {
			t.Errorf("descriptor %d does not block: its flags are %s", i+3, flags)
		}
	}
}

func TestChildMemoryLimit(t *testing.T) {
	spec, _ := shell(`x=$(head -c 100000000 /dev/zero | tr '\0' x); sleep 1000`) // the shell has as much in memory
	spec.memory = 32 << 20
	got := waitEnded(t, start(t, spec))
	if !got.outOfMemory || !strings.HasPrefix(got.text, "was killed: it used ") || !strings.HasSuffix(got.text, ", and the limit is 32 MiB") {
		t.Errorf("the ending is %+v", got)
	}
}

func TestChildWithinMemoryLimitIsNotKilled(t *testing.T) {
	spec, _ := shell("read -r line <&3; exit 9")
	spec.memory = 64 << 20
	child := start(t, spec)
	time.Sleep(3 * memoryPeriod)
	if err := child.close(patience); err != nil || child.ending.text != "exited with status 9" {
		t.Errorf("the ending is %+v, %v", child.ending, err)
	}
}

const parentVariable = "LINGER_TEST_PARENT"

// TestParent is not a test: it is the process that TestChildrenEndWithTheirParent kills.
func TestParent(t *testing.T) {
	if os.Getenv(parentVariable) == "" {
		t.Skip("this runs as a process of TestChildrenEndWithTheirParent")
	}
	scripts := []string{
		"sleep 1000 & echo $! >&4; echo $$ >&4; wait",
		"trap '' HUP TERM; sleep 1000 & echo $! >&4; echo $$ >&4; while :; do :; done",
		"sleep 1000 & echo $! >&4; echo $$ >&4; kill -STOP $$",
	}
	for _, script := range scripts {
		spec, _ := shell(script)
		child := start(t, spec)
		in := bufio.NewReader(child.results)
		fmt.Printf("pid %d\npid %d\n", readNumber(t, in), readNumber(t, in))
	}
	fmt.Println("ready")
	time.Sleep(patience)
}

func TestChildrenEndWithTheirParent(t *testing.T) {
	parent := exec.Command(os.Args[0], "-test.run=^TestParent$")
	parent.Env = append(os.Environ(), parentVariable+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	ready := false
	for in := bufio.NewScanner(out); !ready && in.Scan(); ready = in.Text() == "ready" {
		var pid int
		if _, err := fmt.Sscanf(in.Text(), "pid %d", &pid); err == nil {
			pids = append(pids, pid)
		}
	}
	if !ready || len(pids) != 6 {
		t.Fatalf("the parent is not ready; it has written the process ids %d", pids)
	}
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("process %d has ended too early", pid)
		}
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	for _, pid := range pids {
		eventually(t, fmt.Sprintf("process %d has ended", pid), func() bool { return !alive(pid) })
	}
}
