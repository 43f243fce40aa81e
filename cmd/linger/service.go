package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/lingerws/linger/websocket"
)

// service is what a sub-command serves until a signal ends it.
type service struct {
	handler       http.Handler
	log           *slog.Logger
	headerTimeout time.Duration
	bodyTimeout   time.Duration
	limit         time.Duration // of the shutdown
	connections   func() int
	shutdown      func(ctx context.Context) error // of what the handler holds
}

// maxHeader limits the header of a request, in bytes.
const maxHeader = 16 << 10

// serve answers requests until the first signal, and then closes everything in
// order. A second signal, a second later or more, ends the process at once.
func (s service) serve(listener net.Listener, signals <-chan os.Signal) error {
	server := websocket.NewHTTPServer(nil)
	server.Handler = websocket.BoundBodies(s.handler, s.bodyTimeout)
	server.ReadHeaderTimeout = s.headerTimeout
	server.MaxHeaderBytes = maxHeader
	server.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelError) // panics, and descriptors that have run out
	failed := make(chan error, 1)
	go func() { failed <- websocket.Serve(server, listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot go on listening on %s: %w", listener.Addr(), err)
	case signal := <-signals:
		return s.finish(signal, signals, func(ctx context.Context) error { return s.end(ctx, server) })
	}
}

// end stops listening, closes every connection, and lets requests that are being
// answered come to their end.
func (s service) end(ctx context.Context, server *http.Server) error {
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(ctx) }()
	err := s.shutdown(ctx)
	return errors.Join(err, <-stopped)
}

func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s: the address is in use; choose another with --port or --listen", address)
	}
	return fmt.Errorf("cannot listen on %s: %w", address, err)
}

// address gives the URL under which a browser on this machine finds the listener.
func address(listener net.Listener) string {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
