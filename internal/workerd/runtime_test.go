package workerd_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
)

// timeout bounds each wait for a runtime.
const timeout = time.Minute

// server is a process that serves a project.
type server struct {
	url     string // such as http://127.0.0.1:1234
	command *exec.Cmd
	output  *output
	ended   chan struct{} // closed when all output has been read
}

// stop kills the process. Its storage has to survive that.
func (s *server) stop() {
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	<-s.ended
}

// output is what a process has written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// starter starts a runtime that serves the project in a folder. The output of the process is added to out.
type starter func(folder string, out *output) (*server, error)

// startWorkerd starts workerd, which reports its port on a descriptor of its own.
func startWorkerd(folder string, out *output) (*server, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, "serve", "--experimental", "wrangler.jsonc", "--socket-addr=http=127.0.0.1:0", "--control-fd=3")
	command.ExtraFiles = []*os.File{write}
	command.Stdout, command.Stderr = out, out
	return start(command, folder, out, read, write, func(line string) string {
		var event struct{ Port int }
		if json.Unmarshal([]byte(line), &event) != nil || event.Port == 0 {
			return ""
		}
		return fmt.Sprintf("http://127.0.0.1:%d", event.Port)
	})
}

// buildLinger builds the command once, and returns a starter for it.
func buildLinger(t *testing.T) starter {
	t.Helper()
	linger, err := testprogram.Build("../..", testprogram.Command, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	runsAt := regexp.MustCompile(` runs at (http://\S+)/$`)
	return func(folder string, out *output) (*server, error) {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		command := exec.Command(linger, "run", "--port=0")
		command.Stdout, command.Stderr = write, write
		return start(command, folder, out, io.NopCloser(io.TeeReader(read, out)), write, func(line string) string {
			if found := runsAt.FindStringSubmatch(line); found != nil {
				return found[1]
			}
			return ""
		})
	}
}

// start starts a command in a folder, and waits for the line of its output that has its URL.
func start(command *exec.Cmd, folder string, out *output, read io.ReadCloser, write *os.File, urlIn func(line string) string) (*server, error) {
	command.Dir = folder
	if err := command.Start(); err != nil {
		return nil, errors.Join(err, read.Close(), write.Close())
	}
	_ = write.Close() // the process has a duplicate
	s := &server{command: command, output: out, ended: make(chan struct{})}
	url := make(chan string, 1)
	go func() {
		defer close(s.ended)
		defer func() { _ = read.Close() }()
		lines := bufio.NewScanner(read)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if found := urlIn(lines.Text()); found != "" && len(url) == 0 {
				url <- found
			}
		}
	}()
	select {
	case s.url = <-url:
		return s, nil
	case <-s.ended:
		_ = command.Wait()
		return nil, errors.New("it ends instead of serving")
	case <-time.After(timeout):
		s.stop()
		return nil, errors.New("it does not report its port")
	}
}
