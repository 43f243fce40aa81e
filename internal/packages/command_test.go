package packages_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
)

// TestCommand runs scenarios in TypeScript with "linger run", and their clients. One of them is a project of Workers, in a folder with
// a wrangler file.
func TestCommand(t *testing.T) {
	if why := installed(); why != "" {
		t.Skip("the packages are not tested: " + why)
	}
	program := buildCommand(t)
	for _, name := range []string{"hono.tsx", "yjs.ts"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := startCommand(t, program, "testdata", "run", "--port=0", "--var=SECRET=from the environment", "scenarios/"+name)
			runClient(t, clientOf(name), url)
		})
	}
	t.Run("project", func(t *testing.T) {
		t.Parallel()
		url := startCommand(t, program, "testdata/project", "run", "--port=0", "--data="+t.TempDir(), "--sleep-after="+objectSleepAfter.String())
		runClient(t, clientOf("objects.tsx"), url)
	})
}

// buildCommand builds the linger command and returns its path.
func buildCommand(t *testing.T) string {
	t.Helper()
	program, err := testprogram.Build("../..", testprogram.Command, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var runsAt = regexp.MustCompile(` runs at (http://\S+)/$`)

// startCommand starts the command in a folder and returns the URL that it prints. At the end of the test it is shut down,
// and its exit status has to be 0. If the test has failed, what the command has printed is in its output.
func startCommand(t *testing.T, program, folder string, args ...string) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir, command.Stdout, command.Stderr = folder, write, write
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = timeout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close() // the command has a duplicate
	var output bytes.Buffer
	url, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(io.TeeReader(read, &output)); lines.Scan(); {
			if found := runsAt.FindStringSubmatch(lines.Text()); found != nil {
				url <- found[1]
			}
		}
	}()
	t.Cleanup(func() { // t.Context is cancelled before
		<-ended
		_ = command.Wait()
		if status := command.ProcessState.ExitCode(); status != 0 || t.Failed() {
			t.Errorf("the command ends with status %d, expected 0, and has printed:\n%s", status, output.String())
		}
	})
	select {
	case at := <-url:
		return at
	case <-ended:
	case <-time.After(timeout):
	}
	t.Fatal("the command does not print its URL")
	return ""
}
