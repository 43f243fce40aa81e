package linger_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// echoApp accepts every request and sends each message back.
var echoApp = linger.HandlerFuncs{
	OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
	OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
}

func quietOptions() linger.Options { return linger.Options{Logger: slog.New(slog.DiscardHandler)} }

func dialTCP(t *testing.T, address string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return newClient(t, nc)
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestServerListenAndServe(t *testing.T) {
	t.Run("serves the address", func(t *testing.T) {
		server := linger.NewServer(echoApp, quietOptions())
		address, result := listenAndServeSomewhere(t, server)
		c := dialTCP(t, address)
		c.request()
		c.text("hello")
		if got := c.next(); got != "text hello" {
			t.Errorf("a message comes back; got %q", got)
		}
		go func() { _ = server.Shutdown(t.Context()) }()
		if got := c.next(); !strings.HasPrefix(got, "close 1001") {
			t.Errorf("Shutdown closes connections with 1001; got %q", got)
		}
		c.close(protocol.CloseGoingAway, "")
		_ = c.nc.Close()
		if err := <-result; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("after Shutdown the result is http.ErrServerClosed; got %v", err)
		}
	})
	t.Run("fails for an address that is in use", func(t *testing.T) {
		l := listenTCP(t)
		defer func() { _ = l.Close() }()
		err := linger.NewServer(echoApp, quietOptions()).ListenAndServe(l.Addr().String())
		if err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
			t.Errorf("the error names the address; got %v", err)
		}
	})
}

// listenAndServeSomewhere calls ListenAndServe with an address whose port is free, which
// another process may take at any time, and returns once connections are accepted.
func listenAndServeSomewhere(t *testing.T, server *linger.Server) (address string, result <-chan error) {
	t.Helper()
	for range 20 {
		l := listenTCP(t)
		address := l.Addr().String()
		_ = l.Close()
		result := make(chan error, 1)
		go func() { result <- server.ListenAndServe(address) }()
		for start := time.Now(); time.Since(start) < readTimeout && len(result) == 0; time.Sleep(time.Millisecond) {
			if nc, err := net.Dial("tcp", address); err == nil {
				_ = nc.Close()
				return address, result
			}
		}
		if err := <-result; !errors.Is(err, syscall.EADDRINUSE) {
			t.Fatalf("a free address can be listened on; got %v", err)
		}
	}
	t.Fatal("one of twenty free ports stays free")
	return "", nil
}

func TestServerServe(t *testing.T) {
	t.Run("returns after Shutdown", func(t *testing.T) {
		var handled atomic.Bool
		app := echoApp
		app.OnClose = func(*linger.Close) { handled.Store(true) }
		server := linger.NewServer(app, quietOptions())
		l := listenTCP(t)
		result := make(chan error, 1)
		go func() { result <- server.Serve(l) }()
		c := dialTCP(t, l.Addr().String())
		c.request()
		go func() { _ = server.Shutdown(t.Context()) }()
		if got := c.next(); !strings.HasPrefix(got, "close 1001") {
			t.Errorf("Shutdown closes connections with 1001; got %q", got)
		}
		select {
		case err := <-result:
			t.Errorf("Serve returns after Shutdown, which waits for this connection; it returned %v", err)
		default:
		}
		c.close(protocol.CloseGoingAway, "")
		_ = c.nc.Close()
		if err := <-result; !errors.Is(err, http.ErrServerClosed) || !handled.Load() {
			t.Errorf("Serve returns http.ErrServerClosed after the last close event; got %v, handled: %v", err, handled.Load())
		}
		if nc, err := net.Dial("tcp", l.Addr().String()); err == nil {
			_ = nc.Close()
			t.Error("Shutdown closes the listener; it accepts connections")
		}
	})
	t.Run("does not wait for connections without a request", func(t *testing.T) {
		bubble(t, func(t *testing.T) { // in fake time: http.Server.Shutdown alone takes five seconds
			server, l := linger.NewServer(echoApp, quietOptions()), memconn.Listen()
			result := make(chan error, 1)
			go func() { result <- server.Serve(l) }()
			nc, err := l.Dial()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = nc.Close() }()
			synctest.Wait()
			began := time.Now()
			if err := server.Shutdown(t.Context()); err != nil || time.Since(began) > time.Second {
				t.Errorf("Shutdown closes it; got %v after %v", err, time.Since(began))
			}
			if err := <-result; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
	})
	t.Run("returns at once after Shutdown", func(t *testing.T) {
		server := linger.NewServer(echoApp, quietOptions())
		if err := server.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := listenTCP(t)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the result is http.ErrServerClosed; got %v", err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the listener is closed; got %v", err)
		}
	})
	t.Run("returns the error of the listener", func(t *testing.T) {
		server := linger.NewServer(echoApp, quietOptions())
		l := listenTCP(t)
		_ = l.Close()
		if err := server.Serve(l); err == nil || errors.Is(err, http.ErrServerClosed) {
			t.Errorf("a listener that fails ends Serve with its error; got %v", err)
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown has nothing left to close; got %v", err)
		}
	})
	t.Run("can serve several listeners", func(t *testing.T) {
		server := linger.NewServer(echoApp, quietOptions())
		result := make(chan error, 2)
		for range 2 {
			l := listenTCP(t)
			go func() { result <- server.Serve(l) }()
			c := dialTCP(t, l.Addr().String())
			if response := c.request("Sec-WebSocket-Version: 12"); response.StatusCode != http.StatusBadRequest && response.StatusCode != http.StatusUpgradeRequired {
				t.Errorf("each listener answers; got %v", response.Status)
			}
			_ = c.nc.Close()
		}
		if err := server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-result; !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("Shutdown ends each call of Serve; got %v", err)
			}
		}
	})
}

// A plain request that is being answered has the time of the shutdown to end.
func TestServerShutdownPlainRequests(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		ctx   time.Duration
		want  error
		after time.Duration
		body  string
	}{
		"one that ends is answered":               {takes: 3 * time.Second, ctx: time.Hour, after: 3 * time.Second, body: "done"},
		"one that does not end is cut":            {takes: time.Hour, ctx: time.Hour, want: linger.ErrShutdown, after: 10 * time.Second},
		"the end of the context cuts it, as well": {takes: time.Hour, ctx: 2 * time.Second, want: context.DeadlineExceeded, after: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				opts := quietOptions()
				opts.Fallback = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(c.takes):
						_, _ = io.WriteString(w, "done")
					case <-r.Context().Done():
					}
				})
				server, l := linger.NewServer(echoApp, opts), memconn.Listen()
				served := make(chan error, 1)
				go func() { served <- server.Serve(l) }()
				nc, err := l.Dial()
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = nc.Close() }()
				_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: linger.test\r\n\r\n")
				answered := make(chan string, 1)
				go func() {
					all, _ := io.ReadAll(nc)
					answered <- string(all)
				}()
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), c.ctx)
				defer cancel()
				began := time.Now()
				if err := server.Shutdown(ctx); !errors.Is(err, c.want) {
					t.Errorf("Shutdown returns %v; got %v", c.want, err)
				}
				if took := time.Since(began).Round(time.Second); took != c.after {
					t.Errorf("Shutdown takes %v; got %v", c.after, took)
				}
				if err := <-served; !errors.Is(err, http.ErrServerClosed) {
					t.Errorf("Serve returns http.ErrServerClosed; got %v", err)
				}
				if got := <-answered; !strings.HasSuffix(got, c.body) || c.body == "" && got != "" {
					t.Errorf("the answer ends with %q; got %q", c.body, got)
				}
			})
		})
	}
}
