package acme_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
	"github.com/lingerws/linger/websocket"
)

const bound = time.Minute

// build builds the command.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "linger-acme")
	if err != nil {
		return "", err
	}
	built = folder
	return testprogram.Build("../..", testprogram.Command, folder)
})

var built string // the folder of the command, if build has been called

func TestMain(m *testing.M) {
	status := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(status)
}

// output is what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

const application = `
addEventListener("websocketupgrade", (event) => event.accept());
addEventListener("websocketmessage", ({ source, data }) => source.send(data));
`

// linger is a running command.
type linger struct {
	process *exec.Cmd
	output  *output
}

// start starts linger run with listeners as the descriptors from 3 on.
func start(t *testing.T, folder string, listeners []*net.TCPListener, args ...string) *linger {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "app.js"), []byte(application), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &linger{exec.Command(program, append([]string{"run", "--isolation=none"}, append(args, "app.js")...)...), new(output)}
	l.process.Dir, l.process.Stdout, l.process.Stderr = folder, l.output, l.output
	for _, listener := range listeners {
		file, err := listener.File()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		l.process.ExtraFiles = append(l.process.ExtraFiles, file)
	}
	if err := l.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.process.Process.Signal(syscall.SIGINT)
		_ = l.process.Wait()
		if t.Failed() {
			t.Logf("linger: %s", l.output)
		}
	})
	return l
}

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func portOf(l *net.TCPListener) int { return l.Addr().(*net.TCPAddr).Port }

// dial opens a WebSocket on localhost, and returns it with the serial number of the certificate there. It tries until there is one.
func dial(t *testing.T, port int, a authority) (conn *websocket.Conn, serial string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	config := &tls.Config{RootCAs: a.issued, VerifyConnection: func(state tls.ConnectionState) error {
		serial = state.PeerCertificates[0].SerialNumber.String()
		return nil
	}}
	for {
		conn, err := websocket.Dial(ctx, fmt.Sprintf("wss://localhost:%d/", port), &websocket.DialOptions{TLSConfig: config})
		if err == nil {
			return conn, serial
		}
		if ctx.Err() != nil {
			t.Fatalf("a client connects with TLS; got %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func wantEcho(t *testing.T, conn *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := conn.Write(ctx, websocket.Text, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := conn.Read(ctx); err != nil || string(text) != "hello" {
		t.Errorf("the server echoes; got %q, %v", text, err)
	}
}

// echo opens a WebSocket, expects an echo, and returns the serial number of the certificate.
func echo(t *testing.T, port int, a authority) (serial string) {
	t.Helper()
	conn, serial := dial(t, port, a)
	defer conn.CloseNow()
	wantEcho(t, conn)
	return serial
}

// The authority connects to port 443 only.
func TestCommandWithTLSChallenge(t *testing.T) {
	secure, folder := listen(t), t.TempDir()
	a := startAuthority(t, 1, portOf(secure), 24*time.Hour)
	args := []string{"--listen=fd:3", "--acme-domain=localhost", "--acme-agree-tos", "--acme-email=me@example.com", "--acme-ca=" + a.directory, "--acme-ca-root=" + a.rootFile}
	first := start(t, folder, []*net.TCPListener{secure}, args...)
	serial := echo(t, portOf(secure), a)
	if log := first.output.String(); !strings.Contains(log, "certificate issued") || !strings.Contains(log, fmt.Sprintf("runs at https://localhost:%d/", portOf(secure))) {
		t.Errorf("the certificate and the URL are printed; got %s", log)
	}
	_ = first.process.Process.Signal(syscall.SIGINT)
	_ = first.process.Wait()

	// The next process uses the certificate that is stored.
	start(t, folder, []*net.TCPListener{secure}, args...)
	if again := echo(t, portOf(secure), a); again != serial {
		t.Errorf("a certificate is issued once; got %s and %s", serial, again)
	}
}

// The authority connects to port 80 only, whose other requests are redirected.
func TestCommandWithHTTPChallenge(t *testing.T) {
	secure, plain := listen(t), listen(t)
	a := startAuthority(t, portOf(plain), 1, 24*time.Hour)
	start(t, t.TempDir(), []*net.TCPListener{secure, plain}, "--listen=fd:3", "--listen=http://fd:4", "--tls-redirect",
		"--acme-domain=localhost", "--acme-agree-tos", "--acme-ca="+a.directory, "--acme-ca-root="+a.rootFile)
	echo(t, portOf(secure), a)
	client := &http.Client{Timeout: bound, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(fmt.Sprintf("http://localhost:%d/", portOf(plain)))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if want := fmt.Sprintf("https://localhost:%d/", portOf(secure)); response.Header.Get("Location") != want {
		t.Errorf("other requests are redirected to %s; got %s", want, response.Header.Get("Location"))
	}
}

// A certificate is renewed while a connection stays open.
func TestCommandRenews(t *testing.T) {
	secure := listen(t)
	a := startAuthority(t, 1, portOf(secure), 20*time.Second)
	running := start(t, t.TempDir(), []*net.TCPListener{secure}, "--listen=fd:3", "--acme-domain=localhost", "--acme-agree-tos",
		"--acme-ca="+a.directory, "--acme-ca-root="+a.rootFile, "--acme-check-interval=1s")
	kept, first := dial(t, portOf(secure), a)
	defer kept.CloseNow()
	for deadline := time.Now().Add(bound); time.Now().Before(deadline); time.Sleep(time.Second) {
		if echo(t, portOf(secure), a) != first {
			if !strings.Contains(running.output.String(), "renewal=true") {
				t.Errorf("the renewal is logged; got %s", running.output)
			}
			wantEcho(t, kept)
			return
		}
	}
	t.Error("the certificate is renewed")
}
