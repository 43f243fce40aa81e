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

// service is an HTTP server that runs until a signal ends it.
type service struct {
	handler         http.Handler
	log             *slog.Logger
	headerTimeout   time.Duration
	bodyTimeout     time.Duration // 0 means no limit
	shutdownTimeout time.Duration
	connections     func() int                      // returns the number of WebSocket connections
	shutdown        func(ctx context.Context) error // closes the WebSocket connections of handler
}

// maxHeader is the maximum size of the header of a request, in bytes.
const maxHeader = 16 << 10

// serve serves requests on listener until the first signal, and then shuts down gracefully. A further signal that
// arrives after signalWindow ends the shutdown early.
func (s service) serve(listener net.Listener, signals <-chan os.Signal) error {
	server := websocket.NewHTTPServer(nil)
	server.Handler = websocket.BoundBodies(s.handler, s.bodyTimeout)
	server.ReadHeaderTimeout = s.headerTimeout
	server.MaxHeaderBytes = maxHeader
	server.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelError) // panics of handlers, and errors of Accept
	failed := make(chan error, 1)
	go func() { failed <- websocket.Serve(server, listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot accept connections on %s any more: %w", listener.Addr(), err)
	case signal := <-signals:
		return s.awaitShutdown(signal, signals, func(ctx context.Context) error { return s.stop(ctx, server) })
	}
}

// stop stops listening, closes every WebSocket connection, and waits for requests that are being handled.
func (s service) stop(ctx context.Context, server *http.Server) error {
	stopped := make(chan error, 1)
	go func() { stopped <- server.Shutdown(ctx) }()
	err := s.shutdown(ctx)
	return errors.Join(err, <-stopped)
}

// listenError returns the error for an address on which the server cannot listen.
func listenError(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s: the address is in use; choose another with --port or --listen", address)
	}
	return fmt.Errorf("cannot listen on %s: %w", address, err)
}

// listenerURL returns the URL at which a browser on this machine reaches the listener.
func listenerURL(listener net.Listener) string {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
