package accept

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestServeLateAcceptReleasesResources(t *testing.T) {
	const conns = 10
	addr, _ := served(t, pages, true)
	fds, goroutines := wiretest.Descriptors(), runtime.NumGoroutine()
	for range conns {
		nc := send(t, addr, wiretest.To("/late"))
		if _, err := io.ReadFull(nc, make([]byte, len("HTTP/1.1 101"))); err != nil {
			t.Fatal(err)
		}
		fds += 2 // both ends are in this process
	}
	wiretest.WantNothingLeft(t, fds, goroutines)
}

func TestServeAppliesWriteTimeout(t *testing.T) {
	failed := make(chan error, 1)
	addr := serving(t, &http.Server{WriteTimeout: 100 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				failed <- err
				return
			}
		}
	})}, true)
	_ = send(t, addr, wiretest.To("/"))
	var late net.Error
	if err := <-failed; !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("writing must fail after the server's WriteTimeout; got %v", err)
	}
}

// Accept removes the deadlines that a handler has set for its response.
func TestServeAcceptClearsDeadlines(t *testing.T) {
	const short = 50 * time.Millisecond
	for _, own := range []bool{true, false} {
		addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
			control, soon := http.NewResponseController(w), time.Now().Add(10*short)
			if err := errors.Join(control.SetReadDeadline(soon), control.SetWriteDeadline(soon)); err != nil {
				t.Error(err)
			}
			startEcho(w, r)
			time.Sleep(time.Until(soon))
		}, own)
		c := (&wiretest.HTTPServer{Addr: addr}).Open(t, "")
		time.Sleep(11 * short)
		c.Send(t, wiretest.TextFrame("later"))
		c.WantFrame(t, wiretest.Received{Op: protocol.Text, Payload: []byte("later")}.String())
	}
}

// When net/http does not serve a promoted request, its handler must not block.
func TestServeResponseError(t *testing.T) {
	t.Run("net/http fails to read the request", func(t *testing.T) {
		results := make(chan error, 2)
		addr := serving(t, &http.Server{ReadHeaderTimeout: 1, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.WriteString(w, "x")
			results <- err
			results <- context.Cause(r.Context())
			w.WriteHeader(http.StatusOK)
		})}, true)
		nc := send(t, addr, wiretest.To("/"))
		if err := <-results; !errors.Is(err, errNotServed) {
			t.Errorf("writing must fail; got %v", err)
		}
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the request's context must end; got %v", err)
		}
		if n, err := nc.Read(make([]byte, 1)); err == nil {
			t.Errorf("the client gets the end of the connection; got %d bytes", n)
		}
	})
	for name, promoteFirst := range map[string]bool{"the listener is closed": false, "the listener closes while it is queued": true} {
		t.Run(name, func(t *testing.T) {
			l, w, nc := unserved(t)
			if promoteFirst {
				_, _ = w.promote()
			}
			_ = l.Close()
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("writing fails; got %v", err)
			}
			if _, _, err := w.Hijack(); !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("Hijack fails; got %v", err)
			}
			if n, err := nc.Read(make([]byte, 1)); err == nil {
				t.Errorf("the client gets the end of the connection; got %d bytes", n)
			}
		})
	}
}

// unserved returns the ResponseWriter of a request that a listener has accepted and passed to no handler.
func unserved(t *testing.T) (*listener, *upgradeWriter, net.Conn) {
	t.Helper()
	given, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, _ := NewListener(&http.Server{}, given).(*listener) //nolint:gosec // it serves nothing
	t.Cleanup(func() { _ = l.Close() })
	l.context = context.Background()
	nc := send(t, given.Addr().String(), wiretest.To("/"))
	fd, _, err := l.accept()
	if err != nil {
		t.Fatal(err)
	}
	r, size, ok := peekUpgrade(fd)
	if !ok {
		t.Fatal("the request has arrived")
	}
	return l, l.newUpgradeWriter(fd, size, &r, nil), nc
}
