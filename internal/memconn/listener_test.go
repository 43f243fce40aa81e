package memconn

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// dial returns a connection to the listener.
func dial(t *testing.T, l *Listener) *Conn {
	t.Helper()
	client, err := l.Dial()
	if err != nil {
		t.Fatalf("Dial returns %v", err)
	}
	return client
}

func TestListenerAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		for range 2 {
			client := dial(t, l)
			server, err := l.Accept()
			if err != nil || server.RemoteAddr().String() != client.LocalAddr().String() {
				t.Fatalf("Accept returns %v, %v; expected the peer of the client", server, err)
			}
			write(t, client, "hello")
			wantRead(t, server, "hello")
		}
	})
}

func TestListenerClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		var err error
		go func() { _, err = l.Accept() }()
		synctest.Wait()
		closeListener(t, l)
		synctest.Wait()
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept during Close returns %v, expected net.ErrClosed", err)
		}
		if _, err := l.Dial(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Dial after Close returns %v, expected ECONNREFUSED", err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a second Close returns %v, expected net.ErrClosed", err)
		}
	})
}

func closeListener(t *testing.T, l *Listener) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("Close returns %v", err)
	}
}

func TestListenerCloseResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		client := dial(t, l)
		closeListener(t, l)
		wantReadError(t, client, syscall.ECONNRESET)
	})
}

func TestListenerDialBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		for range backlog {
			dial(t, l)
		}
		if _, err := l.Dial(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("Dial with a full backlog returns %v, expected ECONNREFUSED", err)
		}
	})
}

func TestListenerDialContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Listen().DialContext(ctx, "tcp", "example.com:80"); !errors.Is(err, context.Canceled) {
		t.Errorf("DialContext with a cancelled context returns %v, expected context.Canceled", err)
	}
}

func TestListenerHTTPServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour)
			_, _ = io.WriteString(w, "hello "+r.URL.Path)
		})}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		client := &http.Client{Transport: &http.Transport{DialContext: l.DialContext, DisableKeepAlives: true}}
		response, err := client.Get("http://example.com/there")
		if err != nil {
			t.Fatalf("the request fails: %v", err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(body) != "hello /there" {
			t.Errorf("the response is %q with error %v", body, err)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown returns %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve returns %v, expected ErrServerClosed", err)
		}
	})
}
