package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// logger is an application that prints much for each message and echoes it. After a message "hang" its close event never
// completes.
const logger = `
let hang = false;
addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", ({ source, data }) => {
	if (data === "hang") hang = true;
	for (let i = 0; i < 20; i++) { console.log(data, "x".repeat(1000)); console.error(data, "x".repeat(1000)); }
	source.send(data);
	throw new Error(data);
});
addEventListener("websocketclose", () => { if (hang) return new Promise(() => {}); });`

// readers are the states of the other end of an output. Each function returns the target of a redirection in the notation
// of the shell, and the file that the process inherits as descriptor 3, if there is one.
var readers = map[string]func(t *testing.T) (target string, file *os.File){
	"whose reader has gone": func(t *testing.T) (string, *os.File) {
		reader, writer := pipe(t)
		go func() {
			_, _ = bufio.NewReader(reader).ReadString('\n')
			_ = reader.Close()
		}()
		return "&3", writer
	},
	"whose reader was never there": func(t *testing.T) (string, *os.File) {
		reader, writer := pipe(t)
		_ = reader.Close()
		return "&3", writer
	},
	"whose reader stalls": func(t *testing.T) (string, *os.File) {
		_, writer := pipe(t)
		return "&3", writer
	},
	"on a full disk": func(*testing.T) (string, *os.File) { return "/dev/full", nil },
	"that is closed": func(*testing.T) (string, *os.File) { return "&-", nil },
}

func pipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = reader.Close(), writer.Close() })
	return reader, writer
}

// program is a linger process with redirected outputs. The test chooses its address, because the process may be unable to
// print one.
type program struct {
	process *exec.Cmd
	url     string
	ended   chan error
}

// startProgram starts a command of linger with these redirections of the shell.
func startProgram(t *testing.T, redirections string, file *os.File, args ...string) *program {
	t.Helper()
	return startScript(t, `exec linger "$@" `+redirections, file, nil, args...)
}

// startScript starts a command of linger with a shell script, which gets args as its arguments, and waits until the
// command listens.
func startScript(t *testing.T, script string, file *os.File, attributes *syscall.SysProcAttr, args ...string) *program {
	t.Helper()
	address := fmt.Sprintf("127.%d.%d.%d:18080", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
	p := &program{url: "http://" + address, ended: make(chan error, 1)}
	p.process = exec.Command("sh", append([]string{"-c", script, "sh", args[0], "--listen=" + address}, args[1:]...)...)
	p.process.SysProcAttr = attributes
	if file != nil {
		p.process.ExtraFiles = []*os.File{file}
	}
	if err := p.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.process.Wait() }()
	t.Cleanup(func() { _ = p.process.Process.Kill() }) // it may have exited
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server must listen on %s; it does not after %v: %v", address, testTimeout, err)
		}
	}
}

// wantEnd waits until the process ends, and fails the test if it does not end with status.
func (p *program) wantEnd(t *testing.T, status int) {
	t.Helper()
	select {
	case err := <-p.ended:
		got := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			got = exit.ExitCode()
		}
		if got != status {
			t.Errorf("the server must end with status %d; got %v", status, err)
		}
	case <-time.After(testTimeout):
		t.Errorf("the server must end; it still runs after %v", testTimeout)
	}
}

// writeApp writes an application to a temporary file and returns its path.
func writeApp(t *testing.T, source string) string {
	t.Helper()
	app := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(app, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return app
}

func dial(t *testing.T, url string) *testclient.Client {
	t.Helper()
	c, err := testclient.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Abort)
	return c
}

// wantNext fails the test unless the client receives these next.
func wantNext(t *testing.T, c *testclient.Client, want ...string) {
	t.Helper()
	for _, want := range want {
		if got, err := c.Receive(); err != nil || got != want {
			t.Fatalf("the client must receive %q next; got %q, %v", want, got, err)
		}
	}
}

// TestCommandRunSurvivesReaderOfOutput makes the application and the server write much more than fits into a pipe, with
// each output in each of the states in readers.
func TestCommandRunSurvivesReaderOfOutput(t *testing.T) {
	app := writeApp(t, logger)
	for state, reader := range readers {
		for name, outputs := range map[string]string{
			"standard output": ">TARGET 2>/dev/null",
			"standard error":  "2>TARGET >/dev/null",
			"both":            ">TARGET 2>TARGET",
		} {
			t.Run(name+" "+state, func(t *testing.T) {
				t.Parallel()
				format := "text"
				if name == "both" {
					format = "json"
				}
				target, file := reader(t)
				p := startProgram(t, strings.ReplaceAll(outputs, "TARGET", target), file, "run", "--log-format="+format, app)
				c := dial(t, p.url)
				for i := range 20 {
					text := fmt.Sprint("message ", i)
					if err := c.Send(protocol.Text, text); err != nil {
						t.Fatal(err)
					}
					wantNext(t, c, "text "+text)
				}
				_ = p.process.Process.Signal(syscall.SIGTERM)
				wantNext(t, c, "close 1012 server draining", "EOF")
				p.wantEnd(t, 0)
			})
		}
	}
}

func TestCommandRunSecondSignalWithBlockedLog(t *testing.T) {
	t.Parallel()
	_, writer := pipe(t)
	p := startProgram(t, ">&3 2>&3", writer, "run", "--shutdown-timeout=1h", writeApp(t, logger))
	c := dial(t, p.url)
	for _, text := range []string{"1", "2", "3", "4", "hang"} {
		if err := c.Send(protocol.Text, text); err != nil {
			t.Fatal(err)
		}
		wantNext(t, c, "text "+text)
	}
	again := time.NewTicker(100 * time.Millisecond) // signals within signalWindow count as the first one
	defer again.Stop()
	for range 600 {
		_ = p.process.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-p.ended:
			p.ended <- err
			p.wantEnd(t, 128+int(syscall.SIGTERM))
			return
		case <-again.C:
		}
	}
	t.Error("a second signal must end the process although its output is blocked; it still runs")
}

func TestCommandProxySurvivesReaderOfOutput(t *testing.T) {
	for state, reader := range readers {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			target, file := reader(t)
			p := startProgram(t, ">"+target+" 2>"+target, file, "proxy", "--to=ws://127.0.0.1:1")
			for range 5 {
				_, err := testclient.Dial(p.url)
				if failure, ok := errors.AsType[*handshake.Failure](err); !ok || failure.Status != 502 {
					t.Fatalf("each request to an unreachable backend must get 502; got %v", err)
				}
			}
			_ = p.process.Process.Signal(syscall.SIGTERM)
			p.wantEnd(t, 0)
		})
	}
}

func TestCommandRunReportsDroppedLines(t *testing.T) {
	t.Parallel()
	reader, writer := pipe(t)
	p := startProgram(t, ">&3 2>/dev/null", writer, "run", writeApp(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", ({ source, data }) => {
			for (let i = 0; i < 12000; i++) console.log("x".repeat(1000));
			source.send(data);
		});`))
	_ = writer.Close() // the server has inherited it
	c := dial(t, p.url)
	if err := c.Send(protocol.Text, "go"); err != nil {
		t.Fatal(err)
	}
	wantNext(t, c, "text go")
	_ = p.process.Process.Signal(syscall.SIGTERM)
	read := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(reader)
		read <- string(text)
	}()
	wantNext(t, c, "close 1012 server draining", "EOF")
	p.wantEnd(t, 0)
	_, rest, found := strings.Cut(<-read, "lines of this output were dropped here")
	var dropped int
	if _, err := fmt.Sscanf(rest[strings.Index(rest, "lines="):], "lines=%d", &dropped); !found || err != nil || dropped < 1 || dropped > 12000 {
		t.Errorf("a line must contain the number of dropped lines; got %.100q, %d, %v", rest, dropped, err)
	}
}
