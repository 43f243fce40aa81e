package main

import (
	"bufio"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// wantOnTerminal waits until the text on a terminal matches a pattern.
func wantOnTerminal(t *testing.T, lines *bufio.Reader, pattern string) {
	t.Helper()
	want := regexp.MustCompile(pattern)
	var shown strings.Builder
	for !want.MatchString(shown.String()) {
		line, err := lines.ReadString('\n')
		shown.WriteString(strings.ReplaceAll(line, "\r", ""))
		if err != nil {
			t.Fatalf("the terminal must show a match of\n%s\nit has shown\n%s\nand reading it has failed with %v", pattern, shown.String(), err)
		}
	}
}

// startOnTerminal starts linger with its log on a terminal.
func startOnTerminal(t *testing.T, environment string, args ...string) (*program, *bufio.Reader) {
	t.Helper()
	master, slave := terminal(t)
	p := startScript(t, environment+` exec linger "$@" >/dev/null 2>&3`, slave, &syscall.SysProcAttr{Setsid: true}, args...)
	_ = slave.Close()
	return p, terminalReader(t, master)
}

// terminalReader returns a reader of a terminal that fails after testTimeout.
func terminalReader(t *testing.T, master *os.File) *bufio.Reader {
	t.Helper()
	timer := time.AfterFunc(testTimeout, func() { _ = master.Close() })
	t.Cleanup(func() { timer.Stop() })
	return bufio.NewReader(master)
}

func TestCommandRunShowsExceptionOnTerminal(t *testing.T) {
	t.Parallel()
	app := writeApp(t, `
addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", handle);
function handle({ data }) {
	throw new TypeError(data, { cause: new Error("why") });
}`)
	for environment, pattern := range map[string]string{
		"NO_COLOR=1 TERM=xterm": `(?m)^\S+ ERROR uncaught exception event=websocketmessage connection=\S+\n` +
			`TypeError: wrong\n    5 \| \tthrow new TypeError\(data, .*\n      \| \t +\^\n    at handle \(.*app\.js:5:\d+\)\n` +
			`  caused by Error: why\n      5 \| \tthrow new TypeError.*\n.*\^\n      at handle \(.*app\.js:5:\d+\)\n`,
		"TERM=xterm": `\x1b\[31mERROR\x1b\[0m \x1b\[1muncaught exception\x1b\[0m`,
		"TERM=dumb":  ` ERROR uncaught exception event=`,
	} {
		p, shown := startOnTerminal(t, "unset NO_COLOR FORCE_COLOR; export "+environment+";", "run", app)
		c := dial(t, p.url)
		if err := c.Send(protocol.Text, "wrong"); err != nil {
			t.Fatal(err)
		}
		wantOnTerminal(t, shown, pattern)
	}
}

func TestCommandRunShowsFailedReloadOnTerminal(t *testing.T) {
	t.Parallel()
	app := writeApp(t, echo)
	p, shown := startOnTerminal(t, "NO_COLOR=1", "run", app)
	if err := os.WriteFile(app, []byte("\nconst ;"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = p.process.Process.Signal(syscall.SIGHUP)
	wantOnTerminal(t, shown, `(?m)ERROR application not reloaded: the last version stays in place\n.*Expected identifier.*\n\n +\S*app\.js:2:7:\n +2 .* const ;\n.*\^`)
}

func TestCommandRunLogFormatOnTerminal(t *testing.T) {
	t.Parallel()
	p, shown := startOnTerminal(t, "", "run", "--log-format=text", writeApp(t, echo))
	response, err := http.Get(p.url) // the server handles signals before it serves requests
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	_ = p.process.Process.Signal(syscall.SIGTERM)
	wantOnTerminal(t, shown, `(?m)^time=\S+ level=INFO msg="shutting down" signal=terminated connections=0$`)
	p.wantEnd(t, 0)
}

func TestCommandRunLoadErrorWithForcedColors(t *testing.T) {
	t.Parallel()
	p := exec.Command("linger", "run", writeApp(t, "\nconst ;"))
	p.Env = append(os.Environ(), "FORCE_COLOR=1")
	shown, err := p.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitFailure {
		t.Errorf("the exit status must be %d; got %v", exitFailure, err)
	}
	if want := regexp.MustCompile(`^linger: cannot load \S+app\.js:\n\n.*\x1b\[.*Expected identifier.*\n\n +\S*app\.js:2:7:`); !want.Match(shown) {
		t.Errorf("the error must contain an excerpt in colours; got\n%s", shown)
	}
}
