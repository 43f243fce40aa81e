package linger

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// Shutdown ends all connections: new upgrade requests get 503, and so do those
// whose handshake is not done; every connection gets Close 1001, paced with jitter
// so that the clients do not all come back at once, and the close events are
// handled. Shortly before Options.ShutdownTimeout the transports that are left are
// closed. It returns nil when the last close event has been handled, [ErrShutdown]
// when the time is over before, and ctx's error when ctx ends; then nothing is left
// open, but nobody has waited for the handlers.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	bound := s.opts.ShutdownTimeout
	pacing, stop := context.WithCancel(ctx)
	defer stop()
	go s.closeAll(pacing, bound/4)
	cut := time.AfterFunc(bound-bound/10, s.cutAll)
	defer cut.Stop()
	over := time.NewTimer(bound)
	defer over.Stop()
	for {
		change := s.hub.changes()
		if s.idle() {
			return nil
		}
		select {
		case <-change:
		case <-over.C:
			return ErrShutdown
		case <-ctx.Done():
			s.cutAll()
			return ctx.Err()
		}
	}
}

// cutAll closes the transports that are left. Their close events follow.
func (s *Server) cutAll() {
	for socket := range s.Sockets("") {
		socket.decide(shuttingDown)
		socket.CloseNow()
	}
}

// isDraining tells whether a shutdown has begun.
func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// refuseDraining answers a request that comes, or is accepted, too late.
func (s *Server) refuseDraining(w http.ResponseWriter, r *http.Request) {
	s.noticeRefusal(slog.LevelDebug, r, http.StatusServiceUnavailable, "shutdown", "the server is shutting down")
	w.Header().Set("Retry-After", "1")
	answerError(w, http.StatusServiceUnavailable, "the server is shutting down")
}

// idle tells whether no connection is left, nor a request that may become one.
func (s *Server) idle() bool {
	s.mu.Lock()
	upgrading := s.upgrading
	s.mu.Unlock()
	return upgrading == 0 && s.hub.count() == 0
}

// closeAll starts the closing handshake of every connection, one after the other
// within about spread, until ctx ends.
func (s *Server) closeAll(ctx context.Context, spread time.Duration) {
	sockets := slices.Collect(s.Sockets(""))
	pause := min(spread/time.Duration(len(sockets)+1), paceMax)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, socket := range sockets {
		socket.closeFor(shuttingDown)
		if pause < paceMin {
			continue
		}
		timer.Reset(rand.N(2 * pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// The pauses between two connections are paceMax on average, less where there are
// many, and left out where they would be too short to wait for.
const (
	paceMax = time.Millisecond
	paceMin = 50 * time.Microsecond
)
