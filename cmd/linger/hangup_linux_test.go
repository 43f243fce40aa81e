package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
)

const echo = `
addEventListener("websocketupgrade", (event) => { event.accept(); });
addEventListener("websocketmessage", ({ source, data }) => source.send(data));`

// terminal opens a pseudoterminal, which is closed at the end of the test.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = master.Close(), slave.Close() }) // they may already be closed
	return master, slave
}

// onTerminal starts a command of linger with a shell script that leads a session on a terminal. The terminal hangs up
// when master is closed. log is the path of the file that the log is written to.
func onTerminal(t *testing.T, script string, args ...string) (p *program, master *os.File, log string) {
	t.Helper()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // otherwise the process ignores SIGHUP if this one does, as under nohup
	defer signal.Stop(hangups)
	master, slave := terminal(t)
	log = filepath.Join(t.TempDir(), "log")
	p = startScript(t, script+" <&3 2>"+log, slave, &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}, args...)
	_ = slave.Close() // the process has inherited it
	return p, master, log
}

// wantEcho fails the test unless the server echoes a message.
func wantEcho(t *testing.T, p *program) {
	t.Helper()
	c := dial(t, p.url)
	if err := c.Send(protocol.Text, "hello"); err != nil {
		t.Fatal(err)
	}
	wantNext(t, c, "text hello")
}

// wantLog waits until a log file contains want.
func wantLog(t *testing.T, log, want string) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(log)
		if err == nil && strings.Contains(string(text), want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log must contain %q; it is %q, %v", want, text, err)
		}
	}
}

func TestCommandRunTerminalHangupShutsDown(t *testing.T) {
	app := writeApp(t, echo)
	for name, c := range map[string]struct {
		script string
		args   []string
	}{
		"run":                 {`exec linger "$@" >&3`, []string{"run", app}},
		"run --watch":         {`exec linger "$@"`, []string{"run", "--watch", app}},
		"run in a shell":      {`linger "$@" >&3`, []string{"run", app}},
		"run with a JSON log": {`exec linger "$@" >/dev/null`, []string{"run", "--log-format=json", app}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, master, log := onTerminal(t, c.script, c.args...)
			client := dial(t, p.url)
			_ = master.Close()
			wantNext(t, client, "close 1012 server draining", "EOF")
			wantLog(t, log, "hangup")
			if name != "run in a shell" { // the shell does not wait for its child
				p.wantEnd(t, 0)
			}
		})
	}
}

func TestCommandProxyTerminalHangupShutsDown(t *testing.T) {
	t.Parallel()
	backend := startProgram(t, ">/dev/null", nil, "run", writeApp(t, echo))
	p, master, _ := onTerminal(t, `exec linger "$@" >&3`, "proxy", "--to="+strings.Replace(backend.url, "http", "ws", 1))
	client := dial(t, p.url)
	_ = master.Close()
	wantNext(t, client, "close 1012 server draining", "EOF")
	p.wantEnd(t, 0)
}

func TestCommandRunSIGHUPWithTerminalReloads(t *testing.T) {
	t.Parallel()
	p, master, log := onTerminal(t, `exec linger "$@" >&3`, "run", writeApp(t, echo))
	_ = p.process.Process.Signal(syscall.SIGHUP)
	wantLog(t, log, "application reloaded")
	wantEcho(t, p)
	client := dial(t, p.url)
	_ = master.Close()
	wantNext(t, client, "close 1012 server draining", "EOF")
	p.wantEnd(t, 0)
}

func TestCommandRunUnderNohupSurvivesTerminal(t *testing.T) {
	t.Parallel()
	p, master, log := onTerminal(t, `trap "" HUP; exec linger "$@" >/dev/null`, "run", writeApp(t, echo))
	_ = master.Close()
	wantLog(t, log, "application reloaded") // the signal of the hangup has arrived
	wantEcho(t, p)
	_ = p.process.Process.Signal(syscall.SIGTERM)
	p.wantEnd(t, 0)
}

// A server whose outputs are a terminal that has hung up, under nohup or in a container, goes on without them.
func TestCommandRunSurvivesHungUpOutput(t *testing.T) {
	app := writeApp(t, logger)
	for name, script := range map[string]string{
		"nohup":                   `trap "" HUP; exec nohup linger "$@" >&3 2>&3`,
		"ignored SIGHUP":          `trap "" HUP; exec linger "$@" >&3 2>&3`,
		"not its own terminal":    `exec linger "$@" >&3 2>&3`,
		"JSON, and both the same": `trap "" HUP; exec linger "$@" --log-format=json >&3 2>&1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			master, slave := terminal(t)
			session := &syscall.SysProcAttr{Setsid: true, Setctty: name != "not its own terminal", Ctty: 3}
			p := startScript(t, script, slave, session, "run", app)
			_ = slave.Close()
			c := dial(t, p.url)
			_ = master.Close()
			for i := range 5 {
				text := fmt.Sprint("message ", i)
				if err := c.Send(protocol.Text, text); err != nil {
					t.Fatal(err)
				}
				wantNext(t, c, "text "+text)
			}
			c.Abort()
			_ = p.process.Process.Signal(syscall.SIGTERM)
			p.wantEnd(t, 0)
		})
	}
}

func TestCommandRunSIGHUPWithoutTerminalReloads(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	session := &syscall.SysProcAttr{Setsid: true}
	p := startScript(t, `exec linger "$@" >/dev/null 2>`+log, nil, session, "run", writeApp(t, echo))
	_ = p.process.Process.Signal(syscall.SIGHUP)
	wantLog(t, log, "application reloaded")
	proxyLog := filepath.Join(t.TempDir(), "log")
	front := startScript(t, `exec linger "$@" >/dev/null 2>`+proxyLog, nil, session, "proxy", "--to="+strings.Replace(p.url, "http", "ws", 1))
	client := dial(t, front.url)
	_ = front.process.Process.Signal(syscall.SIGHUP)
	wantLog(t, proxyLog, "configuration reloaded")
	if err := client.Send(protocol.Text, "hello"); err != nil {
		t.Fatal(err)
	}
	wantNext(t, client, "text hello")
	_ = front.process.Process.Signal(syscall.SIGTERM)
	wantNext(t, client, "close 1012 server draining", "EOF")
	front.wantEnd(t, 0)
}
