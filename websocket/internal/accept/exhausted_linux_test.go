package accept

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestServeWithoutDescriptors(t *testing.T) {
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(&http.Server{}, given) //nolint:gosec // it serves nothing
	defer func() { _ = l.Close() }()
	const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	untilExhausted(t, func() bool {
		_ = send(t, l.Addr().String(), request)
		defer wiretest.Exhaust(t, 1)()
		return exhaustedTwice(t, l)
	})
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(request))
	if _, err := io.ReadFull(server, got); err != nil || string(got) != request {
		t.Errorf("when there is a descriptor the connection must be served, with all that it has sent; got %q, %v", got, err)
	}
	_ = server.Close()
}

// The handler of a promoted request waits until there are descriptors again.
func TestServePromotionWithoutDescriptors(t *testing.T) {
	var l *listener
	var w *upgradeWriter
	untilExhausted(t, func() bool {
		l, w, _ = unserved(t)
		if _, err := w.promote(); err != nil {
			t.Fatal(err)
		}
		defer wiretest.Exhaust(t, 0)()
		return exhaustedTwice(t, l)
	})
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if l.promoter.remove(conn) != w.promotion {
		t.Error("when there is a descriptor net/http must get the connection, with its request")
	}
	_ = conn.Close()
}

// A promoted request that has to wait for a descriptor fails if the listener is closed at the same time.
func TestServePromotionClosedWithoutDescriptors(t *testing.T) {
	l, w, client := unserved(t)
	if _, err := w.promote(); err != nil {
		t.Fatal(err)
	}
	a, ok := l.dequeue()
	if !ok {
		t.Fatal("the connection of the request must be queued")
	}
	_ = l.Close()
	l.requeue(a)
	if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("the request must fail with the error of a closed server; got %v", err)
	}
	if n, err := client.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection must end with the listener; got %d, %v", n, err)
	}
}

func TestServeCloseWithoutDescriptors(t *testing.T) {
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListener(&http.Server{}, given) //nolint:gosec // it serves nothing
	var client net.Conn
	untilExhausted(t, func() bool {
		client = send(t, l.Addr().String(), "GET")
		defer wiretest.Exhaust(t, 1)()
		return exhaustedTwice(t, l)
	})
	_ = l.Close()
	if n, err := client.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection must end with the listener; got %d, %v", n, err)
	}
}

// exhaustedTwice reports whether Accept fails twice with a temporary error because there is no descriptor. It closes a connection
// that Accept returns instead.
func exhaustedTwice(t *testing.T, l net.Listener) bool {
	t.Helper()
	for range 2 {
		conn, err := l.Accept()
		if err == nil {
			_ = conn.Close()
			return false
		}
		var refused net.Error
		if !errors.As(err, &refused) || !refused.Temporary() || !isExhausted(err) { //nolint:staticcheck // net/http asks it
			t.Fatalf("without a descriptor Accept must return a temporary error; got %v", err)
		}
	}
	return true
}

// untilExhausted repeats an attempt until it reports that there was no descriptor. A connection of an earlier test may be closed
// during an attempt, which frees a descriptor.
func untilExhausted(t *testing.T, attempt func() bool) {
	t.Helper()
	for deadline := time.Now().Add(wiretest.Bound); !attempt(); {
		if time.Now().After(deadline) {
			t.Fatal("without a descriptor Accept must fail; it has succeeded in each attempt")
		}
	}
}
