package websocket_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// sharing is a server on a listener that another one has too.
type sharing struct {
	*websocket.PausableListener
	server *http.Server
}

// share starts a server that answers with its name. wrap returns the listener of Serve.
func share(t *testing.T, l net.Listener, wrap func(net.Listener) net.Listener, name string, h http.HandlerFunc) sharing {
	t.Helper()
	if h == nil {
		h = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) }
	}
	s := sharing{websocket.NewPausableListener(l), websocket.NewHTTPServer(h)}
	go func() { _ = websocket.Serve(s.server, wrap(s.PausableListener)) }()
	t.Cleanup(func() { _ = s.server.Close() })
	return s
}

// duplicate returns a listener of the same socket, as another process has it.
func duplicate(t *testing.T, l net.Listener) net.Listener {
	t.Helper()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	copied, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	return copied
}

// TestPausableListener moves the connections of a listener to another server and back. None of them is refused.
func TestPausableListener(t *testing.T) {
	for name, wrap := range map[string]func(net.Listener) net.Listener{
		"TCP": func(l net.Listener) net.Listener { return l },
		"TLS": func(l net.Listener) net.Listener { return tls.NewListener(l, wiretest.ServerConfig(t)) },
		"PROXY protocol": func(l net.Listener) net.Listener {
			return websocket.ProxyProtocol{}.Listener(l)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			first, second := share(t, l, wrap, "first", nil), share(t, duplicate(t, l), wrap, "second", nil)
			second.Pause()
			servers := map[string]sharing{"first": first, "second": second}
			client := http.Client{Timeout: wiretest.Bound, Transport: &http.Transport{
				DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a test
			}}
			scheme := "http"
			if name == "TLS" {
				scheme = "https"
			}
			for _, want := range []string{"first", "second", "first"} {
				other := map[string]string{"first": "second", "second": "first"}[want]
				servers[other].Pause()
				servers[want].Resume()
				for range 5 {
					response, err := client.Get(scheme + "://" + l.Addr().String())
					if err != nil {
						t.Fatal(err)
					}
					body, _ := io.ReadAll(response.Body)
					_ = response.Body.Close()
					if got := string(body); got != want {
						t.Fatalf("the request is answered by the %s server; got %q", want, got)
					}
				}
			}
		})
	}
}

// A connection that arrives while the only server is paused is served when it goes on.
func TestPausableListenerKeepsBacklog(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := share(t, l, func(l net.Listener) net.Listener { return l }, "answer", nil)
	s.Pause()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	s.Resume()
	_ = conn.SetDeadline(time.Now().Add(wiretest.Bound))
	if answer, err := io.ReadAll(conn); err != nil || len(answer) == 0 {
		t.Errorf("the connection is served after Resume; got %q, %v", answer, err)
	}
}

// Settled waits for the handler of an upgrade request, and Shutdown for the rest of the request.
func TestPausableListenerSettled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	begun, answer := make(chan struct{}), make(chan struct{})
	s := share(t, l, func(l net.Listener) net.Listener { return l }, "", func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-answer
		w.WriteHeader(http.StatusForbidden)
	})
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(wiretest.Bound))
	if _, err := io.WriteString(conn, wiretest.To("/")); err != nil {
		t.Fatal(err)
	}
	<-begun
	s.Pause()
	ctx, cancel := context.WithTimeout(context.Background(), wiretest.Bound)
	defer cancel()
	if err := s.Settled(ctx); err != nil {
		t.Fatalf("a request whose handler waits is left to net/http; got %v", err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Shutdown(ctx) }()
	close(answer)
	got := make([]byte, len("HTTP/1.1 403"))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "HTTP/1.1 403" {
		t.Errorf("a request that was accepted before Pause is answered; got %q, %v", got, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown ends; got %v", err)
	}
}
