package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serviceManager receives the messages of linger as systemd does.
type serviceManager struct {
	t    *testing.T
	conn *net.UnixConn
}

func newServiceManager(t *testing.T) serviceManager {
	t.Helper()
	address := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "socket"), Net: "unixgram"}
	conn, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", address.Name)
	return serviceManager{t, conn}
}

// await waits for a message that matches a pattern, and returns the messages before it.
func (m serviceManager) await(pattern string) (before []string) {
	m.t.Helper()
	message := make([]byte, 4096)
	_ = m.conn.SetReadDeadline(time.Now().Add(testTimeout))
	for {
		n, err := m.conn.Read(message)
		if err != nil {
			m.t.Fatalf("the service manager must receive %q; it has received %q, %v", pattern, before, err)
		}
		if regexp.MustCompile("^(?s:" + pattern + ")$").Match(message[:n]) {
			return before
		}
		before = append(before, string(message[:n]))
	}
}

func TestCommandRunNotifiesServiceManager(t *testing.T) {
	m := newServiceManager(t)
	t.Setenv("WATCHDOG_USEC", "200000") // the queue for the manager holds what is sent in some seconds
	p := startProgram(t, "", nil, "run", "--drain-delay=3s", writeApp(t, logger))
	m.await("READY=1")
	m.await("WATCHDOG=1")
	c := dial(t, p.url)
	m.await("STATUS=1 connections")
	_ = p.process.Process.Signal(syscall.SIGHUP)
	m.await(`RELOADING=1\nMONOTONIC_USEC=[0-9]+`)
	m.await("READY=1")
	_ = p.process.Process.Signal(syscall.SIGTERM)
	m.await(`STOPPING=1\nEXTEND_TIMEOUT_USEC=[0-9]+`)
	m.await("STATUS=draining: 1 of 1 connections left, .*")
	m.await("WATCHDOG=1") // also during the drain
	wantNext(t, c, "close 1012 server draining", "EOF")
	p.wantEnd(t, 0)
}

func TestCommandProxyNotifiesServiceManager(t *testing.T) {
	m := newServiceManager(t)
	p := startProgram(t, "", nil, "proxy", "--to=ws://127.0.0.1:1")
	m.await("READY=1")
	_ = p.process.Process.Signal(os.Interrupt)
	if before := m.await(`STOPPING=1\n.*`); strings.Contains(strings.Join(before, " "), "STOPPING") {
		t.Errorf("the end must be reported once; got %q", before)
	}
	p.wantEnd(t, 0)
}
