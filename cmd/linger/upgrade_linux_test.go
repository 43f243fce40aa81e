package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// The service manager gets the id of the new process in the message that ends the reload, or the end of the reload only if the upgrade fails.
func TestUpgradeNotifiesServiceManager(t *testing.T) {
	m := newServiceManager(t)
	t.Setenv("WATCHDOG_USEC", "200000")
	t.Setenv("WATCHDOG_PID", "1") // that of another process: this one sends no signs of life, and the new one does
	app := writeApp(t, logger)
	id := filepath.Join(t.TempDir(), "pid")
	p := startProgram(t, "", nil, "run", "--pid-file="+id, app)
	m.await("READY=1")
	c := dial(t, p.url)
	m.await("STATUS=1 connections")

	working, err := os.ReadFile(app)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, app, "const ;")
	_ = p.process.Process.Signal(syscall.SIGUSR2)
	m.await(`RELOADING=1\nMONOTONIC_USEC=[0-9]+`)
	m.await("READY=1")

	overwrite(t, app, string(working))
	_ = p.process.Process.Signal(syscall.SIGUSR2)
	m.await(`RELOADING=1\nMONOTONIC_USEC=[0-9]+`)
	before := m.await(`MAINPID=[0-9]+\nREADY=1`)
	if strings.Contains(strings.Join(before, " "), "STOPPING") {
		t.Errorf("the service goes on; got %q", before)
	}
	p.wantEnd(t, 0)
	successor := pidIn(t, id)
	t.Cleanup(func() { _ = successor.Kill() })
	m.await("WATCHDOG=1")
	if err := c.Send(protocol.Text, "hello"); err != nil {
		t.Fatal(err)
	}
	wantNext(t, c, "text hello")

	_ = successor.Signal(syscall.SIGINT)
	m.await(`STOPPING=1\nEXTEND_TIMEOUT_USEC=[0-9]+`)
	wantNext(t, c, "close 1001 server shutting down", "EOF")
	awaitRemoval(t, id)
}

// pidIn returns the process whose id is in a file.
func pidIn(t *testing.T, file string) *os.Process {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	process, _ := os.FindProcess(pid)
	return process
}

// awaitRemoval waits until a file does not exist.
func awaitRemoval(t *testing.T, file string) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(file); os.IsNotExist(err) {
			return
		}
	}
	t.Errorf("the process must remove %s at its end", file)
}
