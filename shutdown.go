package linger

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/lingerws/linger/protocol"
)

// Shutdown ends all connections: new upgrade requests get 503, every connection
// gets Close 1001, paced with jitter so that the clients do not all come back at
// once, and the close events are handled. Shortly before Options.ShutdownTimeout
// the transports that are left are closed. It returns nil when the last close
// event has been handled, [ErrShutdown] when the time is over before, and ctx's
// error when ctx ends; then nothing is left open, but nobody has waited for the
// handlers.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	bound := s.opts.ShutdownTimeout
	go s.closeAll(bound / 4)
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
	for _, socket := range s.hub.all() {
		socket.CloseNow()
	}
}

// leaveIfDraining closes a connection whose handshake ended during a shutdown.
func (s *Server) leaveIfDraining(socket *Socket) {
	s.mu.Lock()
	draining := s.draining
	s.mu.Unlock()
	if draining {
		leave(socket)
	}
}

// leave starts the closing handshake of one connection.
func leave(socket *Socket) {
	_ = socket.Close(protocol.CloseGoingAway, "server shutting down") // cannot fail: the code and reason are legal
}

// idle tells whether no connection is left, nor a request that may become one.
func (s *Server) idle() bool {
	s.mu.Lock()
	upgrading := s.upgrading
	s.mu.Unlock()
	return upgrading == 0 && s.hub.count() == 0
}

// closeAll starts the closing handshake of every connection, spread over a time
// that is short for few and at most spread for many.
func (s *Server) closeAll(spread time.Duration) {
	sockets := s.hub.all()
	pause := min(spread/time.Duration(len(sockets)+1), paceMax)
	for _, socket := range sockets {
		leave(socket)
		if pause > paceMin {
			time.Sleep(rand.N(2 * pause))
		}
	}
}

// The pace: at most 1,000 connections a second; pauses too short to sleep are
// left out.
const (
	paceMax = time.Millisecond
	paceMin = 50 * time.Microsecond
)
