package examples_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
)

// timeout bounds each wait.
const timeout = time.Minute

// programs are the paths of the binaries that the tests run, by folder relative to the root of the repository.
var programs = map[string]string{"cmd/linger": "", "examples/chat-go": "", "examples/cluster-go": "", "examples/proxy": ""}

// TestMain builds the programs.
func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	folder, err := os.MkdirTemp("", "linger-examples")
	if err != nil {
		fmt.Fprintln(os.Stderr, "creating a temporary folder:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(folder) }() // errors are harmless in a temporary folder
	for name := range programs {
		if programs[name], err = testprogram.Build("..", name, folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// program is a running program.
type program struct {
	url     string // http://host:port
	process *exec.Cmd
	output  chan string // receives the output when the program has ended
}

// start starts one of the programs in the root of the repository. It is stopped at the end of the test.
func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{process: exec.Command(programs[name], args...), output: make(chan string, 1)}
	p.process.Dir, p.process.Stdout, p.process.Stderr = "..", write, write
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close() // the program has a duplicate
	t.Cleanup(func() { _ = p.process.Process.Kill() })
	urls := make(chan string, 1)
	go p.read(read, urls)
	select {
	case p.url = <-urls:
	case all := <-p.output:
		t.Fatalf("%s has ended without printing its URL: %q", name, all)
	case <-time.After(timeout):
		t.Fatalf("%s does not print its URL", name)
	}
	return p
}

var runsAt = regexp.MustCompile(` runs at (http://\S+)/$`)

// read reads the output of the program.
func (p *program) read(from io.ReadCloser, urls chan<- string) {
	var all strings.Builder
	for lines := bufio.NewScanner(from); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if found := runsAt.FindStringSubmatch(lines.Text()); found != nil {
			urls <- found[1]
		}
	}
	_ = from.Close()
	p.output <- all.String()
}

// interrupt sends SIGINT, which shuts the program down gracefully.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// wantEnd waits until the program ends, checks that its exit status is 0, and returns its output.
func (p *program) wantEnd(t *testing.T) string {
	t.Helper()
	late := time.AfterFunc(timeout, func() { _ = p.process.Process.Kill() })
	defer late.Stop()
	all := <-p.output
	if err := p.process.Wait(); err != nil {
		t.Fatalf("the program fails: %v; its output is:\n%s", err, all)
	}
	return all
}
