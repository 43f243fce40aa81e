package linger

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/lingerws/linger/websocket"
)

// ListenAndServe listens on a TCP address, host:port, and calls [Server.Serve].
func (s *Server) ListenAndServe(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return s.Serve(listener)
}

// Serve accepts connections on the listener and answers their requests, with the time limits of [websocket.ListenAndServe] and, on
// TCP under Linux, its faster handling of upgrade requests. It closes the listener and always returns an error.
//
// [Server.Shutdown] ends it. Serve then returns [http.ErrServerClosed], but only after Shutdown has returned, so that a program
// whose main function ends with Serve does not exit while connections are being closed. After Shutdown it returns that error at
// once.
//
// A program with TLS, other limits or other handlers makes its own [http.Server] with s as a handler, and serves it with
// [websocket.Serve].
func (s *Server) Serve(listener net.Listener) error {
	web := websocket.NewHTTPServer(s)
	web.ErrorLog = slog.NewLogLogger(s.options().Logger.Handler(), slog.LevelError)
	if !s.listeners.register(web) {
		return errors.Join(http.ErrServerClosed, listener.Close())
	}
	err := websocket.Serve(web, listener)
	if s.listeners.unregister(web) {
		<-s.listeners.done
		return http.ErrServerClosed
	}
	return err
}

// listeners contains the HTTP servers of the calls of Serve that have not returned.
type listeners struct {
	mu      sync.Mutex
	closing bool // Shutdown has begun
	servers map[*http.Server]bool
	finish  func()        // closes done; later calls have no effect
	done    chan struct{} // closed when Shutdown has returned
}

func newListeners() listeners {
	done := make(chan struct{})
	return listeners{servers: map[*http.Server]bool{}, done: done, finish: sync.OnceFunc(func() { close(done) })}
}

// register adds a server. It reports false if Shutdown has begun; then the server must not serve.
func (l *listeners) register(web *http.Server) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		l.servers[web] = true
	}
	return !l.closing
}

// unregister removes a server whose Serve has returned. It reports whether Shutdown has begun.
func (l *listeners) unregister(web *http.Server) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closing {
		delete(l.servers, web)
	}
	return l.closing
}

// close stops listening at once. The function that it returns waits, until ctx ends, for the requests that are being answered; then
// it closes the connections of those that are left and returns ctx's error.
func (l *listeners) close(ctx context.Context) (wait func() error) {
	l.mu.Lock()
	l.closing = true
	results := make(chan error, len(l.servers))
	for web := range l.servers {
		go func() {
			err := web.Shutdown(ctx)
			if err != nil {
				_ = web.Close()
			}
			results <- err
		}()
	}
	l.mu.Unlock()
	return func() (err error) {
		for range cap(results) {
			err = errors.Join(err, <-results)
		}
		return err
	}
}
