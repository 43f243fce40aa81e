package browser_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs are the binaries that the tests run, by their folder from the root of the repository.
var programs = map[string]string{"cmd/linger": "", "examples/chat-go": ""}

// TestMain builds the programs, as a user would.
func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "linger-browser")
	if err != nil {
		fmt.Fprintln(os.Stderr, "there is a temporary folder; got", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }() // the system clears its temporary folder too
	for name := range programs {
		programs[name] = filepath.Join(folder, filepath.Base(name)+".exe")
		build := exec.Command("go", "build", "-buildvcs=false", "-o", programs[name], "./"+name)
		build.Dir, build.Stderr = "../..", os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, name, "builds; got", err)
			return 1
		}
	}
	return m.Run()
}

// program is an example that runs.
type program struct {
	name    string
	args    []string
	url     string // http://host:port
	process *exec.Cmd
	printed chan string // all of it, when the program has ended
}

// start runs one of the programs from the root of the repository until the test ends.
func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{name: name, args: args, process: exec.Command(programs[name], args...), printed: make(chan string, 1)}
	p.process.Dir, p.process.Stdout, p.process.Stderr = "../..", write, write
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close() // the program has its own
	t.Cleanup(func() { _ = p.process.Process.Kill() })
	urls := make(chan string, 1)
	go p.read(read, urls)
	select {
	case p.url = <-urls:
	case all := <-p.printed:
		t.Fatalf("%s prints where it runs; it ended and has printed %q", name, all)
	case <-time.After(patience):
		t.Fatalf("%s prints where it runs; it does not", name)
	}
	return p
}

var runsAt = regexp.MustCompile(` runs at (http://\S+)/$`)

// read takes what the program prints.
func (p *program) read(from io.ReadCloser, urls chan<- string) {
	var all strings.Builder
	for lines := bufio.NewScanner(from); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if found := runsAt.FindStringSubmatch(lines.Text()); found != nil {
			urls <- found[1]
		}
	}
	_ = from.Close()
	p.printed <- all.String()
}

// again starts a program that has ended once more, at the address it had.
func (p *program) again(t *testing.T) {
	t.Helper()
	args := slices.Clone(p.args)
	for i, arg := range args {
		args[i] = strings.Replace(arg, "127.0.0.1:0", strings.TrimPrefix(p.url, "http://"), 1)
	}
	*p = *start(t, p.name, args...)
}

// interrupt sends the signal that stops a program in order.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// wantEnd waits for the program's end, with status 0.
func (p *program) wantEnd(t *testing.T) {
	t.Helper()
	late := time.AfterFunc(patience, func() { _ = p.process.Process.Kill() })
	defer late.Stop()
	all := <-p.printed
	if err := p.process.Wait(); err != nil {
		t.Fatalf("the program ends with status 0; got %v, and it has printed:\n%s", err, all)
	}
}
