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

// dial fails the test if the listener does not take the connection.
func dial(t *testing.T, l *Listener) *Conn {
	t.Helper()
	client, err := l.Dial()
	if err != nil {
		t.Fatalf("a listener with room takes the connection; got %v", err)
	}
	return client
}

func TestListenerAcceptsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		for range 2 {
			client := dial(t, l)
			server, err := l.Accept()
			if err != nil || server.RemoteAddr().String() != client.LocalAddr().String() {
				t.Fatalf("the next connection is accepted; got %v, %v", server, err)
			}
			write(t, client, "hello")
			wantRead(t, server, "hello")
		}
	})
}

func TestClosedListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		var err error
		go func() { _, err = l.Accept() }()
		synctest.Wait()
		closeListener(t, l)
		synctest.Wait()
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing wakes Accept with net.ErrClosed; got %v", err)
		}
		if _, err := l.Dial(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a closed listener refuses connections; got %v", err)
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a second Close says that it is closed; got %v", err)
		}
	})
}

func closeListener(t *testing.T, l *Listener) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("the first Close succeeds; got %v", err)
	}
}

func TestClosedListenerResetsWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		client := dial(t, l)
		closeListener(t, l)
		wantReadError(t, client, syscall.ECONNRESET)
	})
}

func TestBacklogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listen()
		for range backlog {
			dial(t, l)
		}
		if _, err := l.Dial(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a full backlog refuses connections; got %v", err)
		}
	})
}

func TestDialContextKeepsItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Listen().DialContext(ctx, "tcp", "example.com:80"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled dial says so; got %v", err)
	}
}

func TestHTTPServerRunsInABubble(t *testing.T) {
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
			t.Fatalf("a server on a listener in memory answers; got %v", err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(body) != "hello /there" {
			t.Errorf("the answer arrives whole; got %q, %v", body, err)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Errorf("the server shuts down; got %v", err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve ends with ErrServerClosed; got %v", err)
		}
	})
}
