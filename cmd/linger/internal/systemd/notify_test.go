//go:build unix

package systemd_test

import (
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/systemd"
)

// manager is a service manager that receives the messages of this process.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

func newManager(t *testing.T) manager {
	t.Helper()
	folder, err := os.MkdirTemp("", "notify") //nolint:usetesting // t.TempDir may be too long for the name of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	address := &net.UnixAddr{Name: filepath.Join(folder, "socket"), Net: "unixgram"}
	conn, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", address.Name)
	return manager{t, conn}
}

// want checks the next message.
func (m manager) want(pattern string) {
	m.t.Helper()
	message := make([]byte, 4096)
	_ = m.conn.SetReadDeadline(time.Now().Add(time.Minute))
	n, err := m.conn.Read(message)
	if err != nil || !regexp.MustCompile("^"+pattern+"$").Match(message[:n]) {
		m.t.Fatalf("the service manager receives %q, %v, expected %q", message[:n], err, pattern)
	}
}

// notifier returns a notifier that has nothing left to send when the test ends.
func notifier(t *testing.T, log slog.Handler) *systemd.Notifier {
	t.Helper()
	n := systemd.New(slog.New(log))
	t.Cleanup(n.Close)
	return n
}

func TestNotifier(t *testing.T) {
	m := newManager(t)
	n := notifier(t, slog.DiscardHandler)
	n.Ready()
	n.Status("2 connections")
	n.Status("2 connections")
	n.Status("two\nlines")
	n.Stopping(90 * time.Second)
	m.want("READY=1")
	m.want("STATUS=2 connections")
	m.want("STATUS=two lines")
	m.want("STOPPING=1\nEXTEND_TIMEOUT_USEC=90000000")
}

func TestNotifierReloading(t *testing.T) {
	m := newManager(t)
	n := notifier(t, slog.DiscardHandler)
	n.Reloading()
	n.Ready()
	m.want(`RELOADING=1(\nMONOTONIC_USEC=[0-9]+)?`) // only Linux has the clock of systemd
	m.want("READY=1")
}

func TestNotifierWatch(t *testing.T) {
	m := newManager(t)
	t.Setenv("WATCHDOG_USEC", "2000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	n, stop, ended := notifier(t, slog.DiscardHandler), make(chan struct{}), make(chan struct{})
	calls := 0
	go func() {
		defer close(ended)
		n.Watch(stop, func() { calls++ })
	}()
	for range 5 {
		m.want("WATCHDOG=1")
	}
	close(stop)
	<-ended
	if calls < 5 {
		t.Errorf("alive is called %d times for 5 signs of life", calls)
	}
}

func TestNotifierWatchOfOtherProcess(t *testing.T) {
	newManager(t)
	t.Setenv("WATCHDOG_USEC", "2000")
	t.Setenv("WATCHDOG_PID", "1")
	notifier(t, slog.DiscardHandler).Watch(nil, func() { t.Error("the watchdog of another process is served") })
}

func TestNotifierWithoutManager(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	n := notifier(t, slog.DiscardHandler)
	n.Ready()
	n.Reloading()
	n.Stopping(time.Second)
	n.Watch(nil, func() { t.Error("there is no watchdog") })
}

// logged is a log whose lines are sent to a channel.
type logged chan string

func (l logged) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

func TestNotifierLogsFirstFailure(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "missing"))
	log := make(logged, 10)
	n := notifier(t, slog.NewTextHandler(log, nil))
	n.Ready()
	if got := <-log; !strings.Contains(got, "NOTIFY_SOCKET") {
		t.Errorf("a manager that cannot be reached must be logged; got %q", got)
	}
	n.Ready()
	m := newManager(t) // of the next message
	for n.Stopping(0); ; n.Stopping(0) {
		_ = m.conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if count, _ := m.conn.Read(make([]byte, 4096)); count > 0 {
			break
		}
	}
	if len(log) > 0 {
		t.Errorf("a second failure must not be logged; got %q", <-log)
	}
}

func TestNotifierManagerThatDoesNotRead(t *testing.T) {
	m := newManager(t)
	n := notifier(t, slog.DiscardHandler)
	for range 10_000 {
		n.Ready() // must not block
	}
	go func() { _, _ = io.Copy(io.Discard, m.conn) }()
}

// What has been reported before the end of the process is sent.
func TestNotifierClose(t *testing.T) {
	m := newManager(t)
	n := notifier(t, slog.DiscardHandler)
	n.Ready()
	n.Stopping(time.Second)
	n.Close()
	n.Ready() // too late
	n.Close() // has no effect
	m.want("READY=1")
	m.want("STOPPING=1\nEXTEND_TIMEOUT_USEC=1000000")
	_ = m.conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if count, err := m.conn.Read(make([]byte, 4096)); err == nil {
		t.Errorf("a message after Close is dropped; got one of %d bytes", count)
	}
}
