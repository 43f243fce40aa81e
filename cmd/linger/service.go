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

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cmd/linger/internal/systemd"
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
	drains          *drains                         // drains the WebSocket connections of handler
	upgrades        *upgrades                       // hands over to other processes; nil in tests
	tookOver        bool                            // from another process, which has said so to the service manager
	manager         *systemd.Notifier               // nil in tests
}

// maxHeader is the maximum size of the header of a request, in bytes.
const maxHeader = 16 << 10

// serve serves requests on the listeners until the first signal, or a drain after which the process ends. Unless that signal is an
// interrupt, it drains all connections. Then it shuts down. A further signal that arrives after signalWindow ends the drain early,
// and the next one the shutdown.
func (s service) serve(ls *listeners, signals <-chan os.Signal) error {
	servers := make([]*http.Server, 0, len(ls.list))
	failed := make(chan error, len(ls.list))
	for _, l := range ls.list {
		server := s.newServer(ls.handler(l, s.handler(l.Addr())), ls.counter)
		servers = append(servers, server)
		go func() {
			failed <- fmt.Errorf("cannot accept connections on %s any more: %w", l.Addr(), websocket.Serve(server, l.Listener))
		}()
	}
	stop := func(ctx context.Context) error { return s.stop(ctx, servers) }
	reported := make(chan struct{})
	defer close(reported)
	s.reportState(reported)
	taken, left := s.upgrades.serve(servers)
	select {
	case err := <-failed:
		if s.upgrades.hasMoved() { // the HTTP servers have been shut down
			return s.leave(left, signals, stop)
		}
		return err
	case <-taken:
		return s.leave(left, signals, stop)
	case <-s.drains.ended:
		s.upgrades.close()
		return s.awaitShutdown(slog.String("after", "linger drain"), signals, stop)
	case signal := <-signals:
		s.upgrades.close()
		if signal != os.Interrupt && !s.upgrades.hasMoved() {
			s.manager.Stopping(s.drains.timeout(s.drains.defaults()) + s.shutdownTimeout + drainMargin)
			if again := s.drains.await(signals); again != nil {
				signal = again
			}
		}
		return s.awaitShutdown(slog.String("signal", signal.String()), signals, stop)
	}
}

// leave waits until nothing is left in this process after another one has taken over, and ends the application. A signal ends the wait.
func (s service) leave(left <-chan struct{}, signals <-chan os.Signal, stop func(context.Context) error) error {
	select {
	case <-left:
	case signal := <-signals:
		return s.awaitShutdown(slog.String("signal", signal.String()), signals, stop)
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.shutdownTimeout)
	defer cancel()
	if err := s.shutdown(ctx); err != nil && !errors.Is(err, linger.ErrShutdown) {
		s.log.Warn("the application has not ended in time", "error", err)
	}
	return nil
}

// stateInterval is the time between two reports of the state to the service manager.
const stateInterval = 2 * time.Second

// reportState reports to the service manager that the service is ready, and then its state, until stop is closed.
func (s service) reportState(stop <-chan struct{}) {
	if !s.manager.Enabled() {
		return
	}
	if !s.tookOver {
		s.manager.Ready()
		s.manager.Status(s.state())
	}
	go s.manager.Watch(stop, func() { _ = s.state() })
	go func() {
		ticker := time.NewTicker(stateInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.manager.Status(s.state())
			case <-stop:
				return
			}
		}
	}()
}

// state returns the state of the service in a few words.
func (s service) state() string {
	ready, count, d := s.drains.server.Ready(), s.connections(), s.drains.server.DrainStatus()
	switch d.State {
	case linger.DrainWaiting, linger.DrainClosing:
		return fmt.Sprintf("draining: %d of %d connections left, %v", d.Left, d.Total, timeLeft(d))
	case linger.DrainComplete, linger.DrainCancelled, linger.DrainTimedOut:
	}
	if !ready {
		return fmt.Sprintf("not ready, %d connections", count)
	}
	return fmt.Sprintf("%d connections", count)
}

// newServer returns the server of one listener. Each has its own, because [websocket.Serve] prepares a server for its listener.
func (s service) newServer(h http.Handler, counter entryCounter) *http.Server {
	server := websocket.NewHTTPServer(nil)
	server.Handler = websocket.BoundBodies(h, s.bodyTimeout)
	server.ReadHeaderTimeout = s.headerTimeout
	server.MaxHeaderBytes = maxHeader
	server.ErrorLog = serverErrors(s.log, counter.TLSFailure)
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
