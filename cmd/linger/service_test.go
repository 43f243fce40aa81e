package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
)

func always(h http.HandlerFunc) func(net.Addr) http.Handler {
	return func(net.Addr) http.Handler { return h }
}

// TestServiceServeLogsPanicOfHandler covers panics that net/http recovers and writes to its ErrorLog.
func TestServiceServeLogsPanicOfHandler(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var out output
	signals := make(chan os.Signal, 1)
	served := make(chan error, 1)
	go func() {
		served <- service{
			handler:       always(func(http.ResponseWriter, *http.Request) { panic("something is wrong") }),
			log:           slog.New(slog.NewTextHandler(&out, nil)),
			headerTimeout: testTimeout, shutdownTimeout: testTimeout,
			connections: func() int { return 0 },
			shutdown:    func(context.Context) error { return nil },
			drains:      drainsOf(),
		}.serve(&listeners{list: []listen.Listener{{Listener: listener}}, counter: uncounted{}}, signals)
	}()
	response, err := (&http.Client{Timeout: testTimeout}).Get("http://" + listener.Addr().String() + "/")
	if err == nil {
		_ = response.Body.Close()
		t.Errorf("a handler that panics must not send a response; got %s", response.Status)
	}
	signals <- os.Interrupt
	if err := <-served; err != nil {
		t.Error(err)
	}
	if got := out.String(); !strings.Contains(got, "something is wrong") {
		t.Errorf("the log must contain the value of the panic; it is %q", got)
	}
}

func TestServiceServeBodyTimeoutClosesConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	signals := make(chan os.Signal, 1)
	served, read := make(chan error, 1), make(chan error, 1)
	go func() {
		served <- service{
			handler: always(func(_ http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				read <- err
			}),
			log:           slog.New(slog.DiscardHandler),
			headerTimeout: testTimeout, bodyTimeout: 10 * time.Millisecond, shutdownTimeout: testTimeout,
			connections: func() int { return 0 },
			shutdown:    func(context.Context) error { return nil },
			drains:      drainsOf(),
		}.serve(&listeners{list: []listen.Listener{{Listener: listener}}, counter: uncounted{}}, signals)
	}()
	nc, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nc.Close() }()
	if _, err := io.WriteString(nc, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome of it"); err != nil {
		t.Fatal(err)
	}
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading the body must fail after the body timeout; got %v", err)
	}
	if _, err := io.ReadAll(nc); err != nil { // returns when the server closes the connection
		t.Error(err)
	}
	signals <- os.Interrupt
	if err := <-served; err != nil {
		t.Error(err)
	}
}
