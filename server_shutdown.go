package linger

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
)

// Shutdown ends all connections: new upgrade requests get 503, and so do those
// whose handshake is not done; every connection gets Close 1001, paced with jitter
// so that the clients do not all come back at once, and the close events are
// handled. The Close follows the handlers of the messages that have arrived by then,
// so that their replies still leave, for half of Options.ShutdownTimeout; then it is
// sent without waiting. Shortly before Options.ShutdownTimeout the transports that are
// left are closed. The log says how many connections and messages that cut off. It
// returns nil when the last close event has been handled, [ErrShutdown]
// when the time is over before, and ctx's error when ctx ends; then nothing is left
// open, but handlers may still run.
//
// The listeners of [Server.Serve] are closed at once, and requests that are being answered
// by Options.Fallback are waited for within the same time.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.listeners.finish()
	bounded, cancel := context.WithTimeout(ctx, s.opts.ShutdownTimeout)
	defer cancel()
	wait := s.listeners.close(bounded)
	err := s.closeSockets(ctx)
	if failed := wait(); failed == nil || err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrShutdown
}

// closeSockets is Shutdown without the listeners.
func (s *Server) closeSockets(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	bound := s.opts.ShutdownTimeout
	pacing, stop := context.WithCancel(ctx)
	defer stop()
	go s.closeAll(pacing, bound/4)
	hurry := time.AfterFunc(within(ctx, bound)/2, s.closeBusy)
	defer hurry.Stop()
	cut := time.AfterFunc(bound-bound/10, s.cutAll)
	defer cut.Stop()
	over := time.NewTimer(bound)
	defer over.Stop()
	for {
		change := s.hub.nextChange()
		if s.idle() {
			return nil
		}
		select {
		case <-change:
		case <-over.C:
			s.reportAbandoned()
			return ErrShutdown
		case <-ctx.Done():
			s.cutAll()
			s.reportAbandoned()
			return ctx.Err()
		}
	}
}

// within returns a bound, or the time that ctx has left if that is less.
func within(ctx context.Context, bound time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(bound, time.Until(deadline))
	}
	return bound
}

// leave starts the closing handshake for a shutdown, behind the handlers of what has arrived.
func (s *Socket) leave() {
	s.afterEvents(func() { s.closeFor(shuttingDown) })
}

// closeBusy starts the closing handshake of the connections whose handlers have not finished in time.
func (s *Server) closeBusy() {
	connections, messages := 0, 0
	for socket := range s.Sockets("") {
		if socket.closing.Load() {
			continue
		}
		connections++
		messages += socket.queuedMessages()
		socket.closeFor(shuttingDown)
	}
	if connections > 0 {
		s.opts.Logger.Warn("shutdown: handlers took too long, their connections are closed and their replies dropped",
			"connections", connections, "messages", messages)
	}
}

// cutAll closes the transports that are left. Their close events follow.
func (s *Server) cutAll() {
	connections := 0
	for socket := range s.Sockets("") {
		if socket.State() != protocol.StateClosed {
			connections++
		}
		socket.decide(shuttingDown)
		socket.CloseNow()
	}
	if connections > 0 {
		s.opts.Logger.Warn("shutdown: connections are cut", "connections", connections)
	}
}

// reportAbandoned logs what the end of a shutdown leaves undone.
func (s *Server) reportAbandoned() {
	s.mu.Lock()
	upgrades := s.upgrading
	s.mu.Unlock()
	connections, messages := 0, 0
	for socket := range s.Sockets("") {
		connections++
		messages += socket.queuedMessages()
	}
	s.opts.Logger.Error("shutdown: its time is over: handlers did not return, and close events were not handled",
		"connections", connections, "messages", messages, "upgrades", upgrades)
}

// isDraining tells whether a shutdown has begun.
func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// refuseDraining answers a request that comes, or is accepted, too late.
func (s *Server) refuseDraining(w http.ResponseWriter, r *http.Request) {
	s.logRefusal(slog.LevelDebug, r, http.StatusServiceUnavailable, "shutdown", "the server is shutting down")
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
	pace.Each(ctx.Done(), slices.Collect(s.Sockets("")), spread, (*Socket).leave)
}
