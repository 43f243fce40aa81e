package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/websocket"
)

// service serves HTTP on its listeners until a signal ends it.
type service struct {
	handler         func(listens net.Addr) http.Handler // returns the handler of requests to a listener
	log             *slog.Logger
	headerTimeout   time.Duration
	bodyTimeout     time.Duration // 0 means no limit
	shutdownTimeout time.Duration
	connections     func() int                      // returns the number of WebSocket connections
	shutdown        func(ctx context.Context) error // closes the WebSocket connections of handler
}

// maxHeader is the maximum size of the header of a request, in bytes.
const maxHeader = 16 << 10

// serve serves requests on the listeners until the first signal, and then shuts down gracefully. A further signal that
// arrives after signalWindow ends the shutdown early.
func (s service) serve(listeners []listen.Listener, signals <-chan os.Signal) error {
	servers := make([]*http.Server, 0, len(listeners))
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		server := s.newServer(l.Addr())
		servers = append(servers, server)
		go func() {
			failed <- fmt.Errorf("cannot accept connections on %s any more: %w", l.Addr(), websocket.Serve(server, l.Listener))
		}()
	}
	select {
	case err := <-failed:
		return err
	case signal := <-signals:
		return s.awaitShutdown(signal, signals, func(ctx context.Context) error { return s.stop(ctx, servers) })
	}
}

// newServer returns the server of one listener. Each has its own, because [websocket.Serve] prepares a server for its listener.
func (s service) newServer(listens net.Addr) *http.Server {
	server := websocket.NewHTTPServer(nil)
	server.Handler = websocket.BoundBodies(s.handler(listens), s.bodyTimeout)
	server.ReadHeaderTimeout = s.headerTimeout
	server.MaxHeaderBytes = maxHeader
	server.ErrorLog = serverErrors(s.log)
	return server
}

// stop stops listening, closes every WebSocket connection, and waits for requests that are being handled.
func (s service) stop(ctx context.Context, servers []*http.Server) error {
	stopped := make(chan error, len(servers))
	for _, server := range servers {
		go func() { stopped <- server.Shutdown(ctx) }()
	}
	err := s.shutdown(ctx)
	for range servers {
		err = errors.Join(err, <-stopped)
	}
	return err
}
