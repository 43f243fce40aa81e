package interop_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// A server after HAProxy gets the addresses of clients from both versions of the PROXY protocol.
func TestHAProxy(t *testing.T) {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		if os.Getenv("TESTS_REQUIRE_FRONTENDS") != "" {
			t.Fatal(err)
		}
		t.Skip("HAProxy is not installed")
	}
	for _, option := range []string{"send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options unique-id,crc32c"} {
		t.Run(option, func(t *testing.T) {
			server := serveAddresses(t)
			front := startHAProxy(t, program, server, option)
			conn, err := websocket.Dial(within(t), "ws://"+front, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			kind, message, err := conn.Read(within(t))
			if err != nil || kind != websocket.Text {
				t.Fatalf("the server sends the address of the client; got %v, %v", kind, err)
			}
			if want := conn.LocalAddr().String(); string(message) != want {
				t.Errorf("the client has the address %s; the server got %s", want, message)
			}
			if err := conn.Close(4001, "bye"); err != nil {
				t.Errorf("the closing handshake passes HAProxy; got %v", err)
			}
		})
	}
}

// serveAddresses starts a server that sends each client its address.
func serveAddresses(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from := websocket.ProxyProtocol{
		From:    []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Refused: func(_ net.Addr, problem error) { t.Errorf("HAProxy sends valid headers; got %v", problem) },
	}
	server := websocket.NewHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		_ = conn.Write(context.Background(), websocket.Text, []byte(r.RemoteAddr))
		_, _, _ = conn.Read(context.Background())
	}))
	go func() { _ = websocket.Serve(server, from.Listener(listener)) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// startHAProxy starts HAProxy in front of a server and returns its address.
func startHAProxy(t *testing.T, program, server, option string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	inherited, err := listener.(*net.TCPListener).File() // so that its port cannot be taken
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	text := fmt.Sprintf("defaults\n  mode tcp\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n"+
		"listen front\n  bind fd@3\n  server linger %s %s\n", server, option)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	process := exec.Command(program, "-db", "-f", config)
	process.ExtraFiles, process.Stderr = []*os.File{inherited}, os.Stderr
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = inherited.Close(), listener.Close()
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	return address
}
