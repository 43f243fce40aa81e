//go:build unix

package process

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds the wait for something that a test expects. It is long because the machine may be busy.
const patience = 60 * time.Second

// A transcript is the output of a child.
type transcript struct {
	mu    sync.Mutex
	lines []string // with the name of the stream, or the number of dropped lines
}

func (tr *transcript) print(stderr bool, line string) {
	tr.add(map[bool]string{false: "out: ", true: "err: "}[stderr] + line)
}

func (tr *transcript) drop(lines int) { tr.add(fmt.Sprintf("dropped: %d", lines)) }

func (tr *transcript) add(line string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.lines = append(tr.lines, line)
}

func (tr *transcript) all() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.lines)
}

// shell returns the spec of a child that runs a script of the shell, and its output.
func shell(script string) (childSpec, *transcript) {
	tr := new(transcript)
	return childSpec{path: "/bin/sh", args: []string{"-c", script}, env: os.Environ(), printLine: tr.print, reportDropped: tr.drop}, tr
}

// start starts a child that is killed at the end of the test.
func start(t *testing.T, spec childSpec) *child {
	t.Helper()
	c, err := startChild(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.kill()
		waitEnded(t, c)
		_ = c.close(0)
	})
	return c
}

// waitEnded waits for the end of a child, and returns its ending.
func waitEnded(t *testing.T, c *child) ending {
	t.Helper()
	if !c.endsWithin(patience) {
		t.Fatal("the child has not ended")
	}
	return c.ending
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("this has not become true: %s", what)
		}
	}
}

// alive reports whether a process exists and has not ended.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !bytes.Contains(status, []byte(") Z ")) // an orphan may wait to be reaped
}

// readNumber reads a line with a number.
func readNumber(t *testing.T, in *bufio.Reader) int {
	t.Helper()
	line, err := in.ReadString('\n')
	number, convertErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convertErr != nil {
		t.Fatalf("a line with a number was expected, and got %q, %v", line, err)
	}
	return number
}

func TestChildHasPipesOnDescriptors(t *testing.T) {
	spec, _ := shell(`read -r line <&3; echo "$line and $DIRECTION" >&4; read -r answer <&5; exit "$answer"`)
	spec.env = append(spec.env, "DIRECTION=back")
	c := start(t, spec)
	if _, err := io.WriteString(c.calls, "forth\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(c.results).ReadString('\n')
	if line != "forth and back\n" {
		t.Errorf("descriptor 4 returned %q, %v", line, err)
	}
	if _, err := io.WriteString(c.answers, "3\n"); err != nil {
		t.Fatal(err)
	}
	if got := waitEnded(t, c).text; got != "exited with status 3" {
		t.Errorf("the ending is %q", got)
	}
}

func TestChildRunsInItsDirectory(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	spec, tr := shell("pwd -P")
	spec.dir = dir
	waitEnded(t, start(t, spec))
	if got := tr.all(); !slices.Equal(got, []string{"out: " + dir}) {
		t.Errorf("the output is %q", got)
	}
}

func TestStartChildNamesWhatCannotBeStarted(t *testing.T) {
	spec, _ := shell("")
	spec.path = filepath.Join(t.TempDir(), "absent")
	before := descriptors(t)
	_, err := startChild(spec)
	if err == nil || !strings.Contains(err.Error(), spec.path) || !strings.Contains(err.Error(), "cannot be started") {
		t.Errorf("the error is %v", err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors are open, and %d were before", after, before)
	}
}

func TestChildEnding(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"success", "exit 0", "exited with status 0"},
		{"a status", "exit 64", "exited with status 64"},
		{"a signal", "kill -SEGV $$", "was killed by signal 11 (SIGSEGV)"},
		{"it closes its descriptors first", "exec 0<&- 1>&- 2>&- 3<&- 4>&- 5<&- 6<&-; exit 2", "exited with status 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, _ := shell(c.script)
			if got := waitEnded(t, start(t, spec)); got.text != c.want || got.outOfMemory {
				t.Errorf("the ending is %+v, expected %q", got, c.want)
			}
		})
	}
}

func TestChildEndingHasLastErrors(t *testing.T) {
	spec, _ := shell(`i=0; while [ $i -lt 40 ]; do echo "error $i" >&2; i=$((i+1)); done; printf 'no end' >&2; exit 1`)
	got := waitEnded(t, start(t, spec)).stderr
	if len(got) != maxErrorLines || got[0] != "error 9" || got[maxErrorLines-1] != "no end" {
		t.Errorf("the last lines are %q", got)
	}
}

func TestChildEndingReportsExhaustedHeap(t *testing.T) {
	spec, _ := shell(`echo "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory" >&2; kill -ABRT $$`)
	if got := waitEnded(t, start(t, spec)); !got.outOfMemory || got.text != "was killed by signal 6 (SIGABRT)" {
		t.Errorf("the ending is %+v", got)
	}
}

func TestChildKill(t *testing.T) {
	for _, c := range []struct{ name, script string }{
		{"a child that waits", "echo ready; sleep 1000"},
		{"a child that ignores signals", "trap '' TERM INT HUP; echo ready; while :; do sleep 1000; done"},
		{"a stopped child", "echo ready; kill -STOP $$"},
		{"a child that computes", "echo ready; while :; do :; done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, tr := shell(c.script)
			child := start(t, spec)
			eventually(t, "the child has started", func() bool { return len(tr.all()) == 1 })
			var killers sync.WaitGroup
			for range 4 {
				killers.Go(child.kill)
			}
			killers.Wait()
			if got := waitEnded(t, child); got.text != "was killed by signal 9 (SIGKILL)" || got.outOfMemory {
				t.Errorf("the ending is %+v", got)
			}
			child.kill() // has no effect
		})
	}
}

func TestChildDoesNotOutliveItsLeader(t *testing.T) {
	for _, c := range []struct {
		name, script string
		end          func(*child)
	}{
		{"when the child exits", "sleep 1000 & echo $! >&4; exit 0", func(*child) {}},
		{"when the child is killed", "sleep 1000 & echo $! >&4; wait", (*child).kill},
		{"when only the child is killed", "sleep 1000 & echo $! >&4; wait", func(c *child) { _ = c.command.Process.Kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, _ := shell(c.script)
			child := start(t, spec)
			pid := readNumber(t, bufio.NewReader(child.results))
			c.end(child)
			waitEnded(t, child)
			eventually(t, "the grandchild has ended", func() bool { return !alive(pid) })
		})
	}
}

// TestChildEndsAlthoughItsOutputIsOpen starts a process that leaves the group of the child and keeps its output open.
func TestChildEndsAlthoughItsOutputIsOpen(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("the program setsid is not installed")
	}
	spec, tr := shell(`setsid sh -c 'echo $$ >&4; exec sleep 1000' & sleep 1; echo last; exit 5`)
	child := start(t, spec)
	pid := readNumber(t, bufio.NewReader(child.results))
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	if got := waitEnded(t, child).text; got != "exited with status 5" {
		t.Errorf("the ending is %q", got)
	}
	if got := tr.all(); !slices.Equal(got, []string{"out: last"}) {
		t.Errorf("the output is %q", got)
	}
}

func TestChildClose(t *testing.T) {
	t.Run("a child that exits at the end of its calls", func(t *testing.T) {
		spec, tr := shell("cat <&3; exit 7")
		child := start(t, spec)
		if _, err := io.WriteString(child.calls, "bye\n"); err != nil {
			t.Fatal(err)
		}
		if err := child.close(patience); err != nil {
			t.Error(err)
		}
		if got := child.ending.text; got != "exited with status 7" {
			t.Errorf("the ending is %q", got)
		}
		if got := tr.all(); !slices.Equal(got, []string{"out: bye"}) {
			t.Errorf("the output is %q", got)
		}
		if err := child.close(0); err != nil {
			t.Errorf("a second close fails: %v", err)
		}
	})
	t.Run("a child that does not", func(t *testing.T) {
		spec, _ := shell("sleep 1000")
		child := start(t, spec)
		if err := child.close(time.Millisecond); err != nil {
			t.Error(err)
		}
		if got := child.ending.text; got != "was killed by signal 9 (SIGKILL)" {
			t.Errorf("the ending is %q", got)
		}
	})
}

func TestChildOutput(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         []string
	}{
		{"lines", `printf 'one\n\ntwo\r\n'`, []string{"out: one", "out: ", "out: two"}},
		{"a last line without an end", `printf 'one\ntwo'`, []string{"out: one", "out: two"}},
		{"standard error", `echo wrong >&2`, []string{"err: wrong"}},
		{"bytes that are not UTF-8", `printf 'a\377b\n'`, []string{"out: a\uFFFDb"}},
		{
			"a line that is too long", `head -c 100000 /dev/zero | tr '\0' x; echo; echo next`,
			[]string{"out: " + strings.Repeat("x", maxLine) + cutMark, "out: next"},
		},
		{"a line that is just not too long", `head -c 65536 /dev/zero | tr '\0' x; echo`, []string{"out: " + strings.Repeat("x", maxLine)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, tr := shell(c.script)
			waitEnded(t, start(t, spec))
			if got := tr.all(); !slices.Equal(got, c.want) {
				t.Errorf("the output is %.200q, expected %.200q", got, c.want)
			}
		})
	}
}

// TestChildOutputFlood writes much more than is queued while no line is printed.
func TestChildOutputFlood(t *testing.T) {
	const lines = 200_000
	spec, _ := shell(fmt.Sprintf(`i=0; while [ $i -lt %d ]; do echo "line $i"; i=$((i+1)); done; echo end >&4; read -r go <&5; echo last`, lines))
	release := make(chan struct{})
	printed, dropped := 0, 0
	spec.printLine = func(_ bool, line string) {
		<-release
		if line != "last" && line != fmt.Sprintf("line %d", printed+dropped) {
			t.Errorf("%q is printed after %d printed and %d dropped lines", line, printed, dropped)
		}
		printed++
	}
	spec.reportDropped = func(n int) { dropped += n }
	child := start(t, spec)
	if line, err := bufio.NewReader(child.results).ReadString('\n'); err != nil || line != "end\n" {
		t.Fatalf("the child has not written everything: %q, %v", line, err)
	}
	close(release)
	if _, err := io.WriteString(child.answers, "\n"); err != nil {
		t.Fatal(err)
	}
	waitEnded(t, child)
	if printed+dropped != lines+1 {
		t.Errorf("%d lines were printed and %d were dropped, of %d", printed, dropped, lines+1)
	}
	if dropped == 0 || printed > 2*maxOutput/lineOverhead {
		t.Errorf("%d lines were printed, which is more than the limit", printed)
	}
}

// TestChildEndsAlthoughNothingIsPrinted has a print that blocks.
func TestChildEndsAlthoughNothingIsPrinted(t *testing.T) {
	spec, _ := shell("echo one; echo two; exit 4")
	block := make(chan struct{})
	defer close(block)
	spec.printLine = func(bool, string) { <-block }
	if got := waitEnded(t, start(t, spec)).text; got != "exited with status 4" {
		t.Errorf("the ending is %q", got)
	}
}

// TestChildrenLeaveNothing starts and ends many children.
func TestChildrenLeaveNothing(t *testing.T) {
	run := func() {
		var all sync.WaitGroup
		for i := range 20 {
			spec, _ := shell("cat <&3")
			spec.memory = 1 << 40
			child := start(t, spec)
			all.Go(func() {
				if i%2 == 0 {
					child.kill()
				}
				if err := child.close(patience); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	run() // what is made once is made
	openBefore, goroutinesBefore := descriptors(t), runtime.NumGoroutine()
	for range 5 {
		run()
	}
	eventually(t, "the descriptors are those of before", func() bool { return descriptors(t) <= openBefore })
	eventually(t, "the goroutines are those of before", func() bool { return runtime.NumGoroutine() <= goroutinesBefore })
}

// descriptors returns the number of open descriptors of this process. On systems that do not list them, it returns 0.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return len(entries)
}
