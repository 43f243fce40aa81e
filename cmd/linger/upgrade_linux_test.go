package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
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

// upgraded is a server that is upgraded by a signal.
type upgraded struct {
	*program
	id string // the file of the process id
}

// startUpgradable starts a command of linger with --pid-file.
func startUpgradable(t *testing.T, command string, args ...string) upgraded {
	t.Helper()
	id := filepath.Join(t.TempDir(), "pid")
	p := upgraded{startProgram(t, "", nil, append([]string{command, "--pid-file=" + id, "--admin-listen=off"}, args...)...), id}
	for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if text, err := os.ReadFile(id); err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(p.process.Process.Pid) {
			return p
		}
	}
	t.Fatal("the process must write its id into the file")
	return p
}

// upgrade sends SIGUSR2, and waits until another process serves. It is killed at the end of the test.
func (p upgraded) upgrade(t *testing.T) {
	t.Helper()
	old := pidIn(t, p.id).Pid
	_ = p.process.Process.Signal(syscall.SIGUSR2)
	for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if successor := pidIn(t, p.id); successor.Pid != old {
			t.Cleanup(func() { _ = successor.Kill() })
			return
		}
	}
	t.Fatal("a new process must take over")
}

// A connection with TLS stays in the old process, which serves it until it ends. The listener moves.
func TestUpgradeWithTLS(t *testing.T) {
	p := startUpgradable(t, "run", "--tls-cert="+writeCertificate(t), writeApp(t, logger))
	options := &websocket.DialOptions{TLSConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // its address is random
	url := strings.Replace(p.url, "http", "wss", 1)
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	stays, err := websocket.Dial(ctx, url, options)
	if err != nil {
		t.Fatal(err)
	}
	echoes(ctx, t, stays)
	p.upgrade(t)
	echoes(ctx, t, stays)
	comes, err := websocket.Dial(ctx, url, options)
	if err != nil {
		t.Fatal(err)
	}
	echoes(ctx, t, comes)
	if err := stays.Close(protocol.CloseNormal, ""); err != nil {
		t.Fatal(err)
	}
	p.wantEnd(t, 0)
	echoes(ctx, t, comes)
	comes.CloseNow()
}

func echoes(ctx context.Context, t *testing.T, c *websocket.Conn) {
	t.Helper()
	if err := c.Write(ctx, protocol.Text, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(ctx); err != nil || string(got) != "hello" {
		t.Fatalf("the server echoes; got %q, %v", got, err)
	}
}

// The listener of a proxy moves, and its connections stay in the old process until they end.
func TestUpgradeOfProxy(t *testing.T) {
	backend := startProgram(t, "", nil, "run", "--admin-listen=off", writeApp(t, logger))
	p := startUpgradable(t, "proxy", "--to="+strings.Replace(backend.url, "http", "ws", 1))
	stays := dial(t, p.url)
	p.upgrade(t)
	comes := dial(t, p.url)
	for _, c := range []*testclient.Client{stays, comes} {
		if err := c.Send(protocol.Text, "hello"); err != nil {
			t.Fatal(err)
		}
		wantNext(t, c, "text hello")
	}
	if err := stays.Close(protocol.CloseNormal, ""); err != nil {
		t.Fatal(err)
	}
	wantNext(t, stays, "close 1000", "EOF")
	p.wantEnd(t, 0)
	if err := comes.Send(protocol.Text, "again"); err != nil {
		t.Fatal(err)
	}
	wantNext(t, comes, "text again")
}

// A response that is under way is completed by the old process, which ends after it. The next request on the connection is not read there.
func TestUpgradeDuringResponse(t *testing.T) {
	p := startUpgradable(t, "run", writeApp(t, `
addEventListener("fetch", (event) => {
	const { readable, writable } = new TransformStream();
	const writer = writable.getWriter();
	const text = new TextEncoder();
	event.waitUntil((async () => {
		await writer.write(text.encode("begun"));
		await new Promise((resolve) => setTimeout(resolve, 2000));
		await writer.write(text.encode(" and ended"));
		await writer.close();
	})());
	event.respondWith(new Response(readable));
});`))
	client := http.Client{Timeout: testTimeout}
	response, err := client.Get(p.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	begun := make([]byte, len("begun"))
	if _, err := io.ReadFull(response.Body, begun); err != nil {
		t.Fatal(err)
	}
	p.upgrade(t)
	rest, err := io.ReadAll(response.Body)
	if err != nil || string(rest) != " and ended" {
		t.Errorf("the response is completed; got %q, %v", rest, err)
	}
	p.wantEnd(t, 0)
	again, err := client.Get(p.url)
	if err != nil {
		t.Fatalf("the new process answers the next request; got %v", err)
	}
	_ = again.Body.Close()
}

// A signal to end stops an upgrade whose new process is not ready, and ends the process as at other times.
func TestUpgradeEndsWithProcess(t *testing.T) {
	p := startUpgradable(t, "run", writeApp(t, logger))
	c := dial(t, p.url)
	_ = p.process.Process.Signal(syscall.SIGUSR2)
	_ = p.process.Process.Signal(syscall.SIGINT)
	wantNext(t, c, "close 1001 server shutting down", "EOF")
	p.wantEnd(t, 0)
}
