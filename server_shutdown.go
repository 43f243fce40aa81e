package linger

import (
	"context"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/pace"
	"github.com/lingerws/linger/protocol"
)

// Shutdown ends all connections. New upgrade requests get 503, and so do those whose handshake is not complete. Every connection
// gets a Close with 1001, paced with jitter so that the clients do not all reconnect at once, and the close events are handled.
//
// The Close follows the handlers of the messages that have arrived by then, so that their replies still leave, for half of
// Options.ShutdownTimeout; after that it is sent without waiting. Shortly before the end of Options.ShutdownTimeout the transports
// that are left are closed. How many connections and messages that affects is logged.
//
// Shutdown returns nil when the last close event has been handled, [ErrShutdown] when its time is over before, and ctx's error when
// ctx ends; in both cases no connection is left open, but handlers may still run.
//
// The listeners of [Server.Serve] are closed at once, and requests that Options.Fallback is answering have the same time to
// complete.
func (s *Server) Shutdown(ctx context.Context) error {
	defer s.listeners.finish()
	defer s.services.stop()
	defer s.hub.feed.close()
	bounded, cancel := context.WithTimeout(ctx, s.options().ShutdownTimeout)
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
	s.shuttingDown = true
	s.mu.Unlock()
	if g := s.giving.Load(); g != nil {
		g.cancel(errShuttingDown)
	}
	s.drainer.Stop()
	bound := s.options().ShutdownTimeout
	pacing, stop := context.WithCancel(ctx)
	defer stop()
	go pace.Each(pacing.Done(), slices.Collect(s.Sockets("")), bound/4, (*Socket).closeForShutdown)
	closing := time.AfterFunc(atMost(ctx, bound)/2, s.closeBusy)
	defer closing.Stop()
	aborting := time.AfterFunc(bound-bound/10, s.abortAll)
	defer aborting.Stop()
	timeout := time.NewTimer(bound)
	defer timeout.Stop()
	for {
		change := s.hub.nextChange()
		if s.isEmpty() {
			return nil
		}
		select {
		case <-change:
		case <-timeout.C:
			s.logUnfinished()
			return ErrShutdown
		case <-ctx.Done():
			s.abortAll()
			s.logUnfinished()
			return ctx.Err()
		}
	}
}

// atMost returns the bound, or the time that is left until the deadline of ctx if that is less.
func atMost(ctx context.Context, bound time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(bound, time.Until(deadline))
	}
	return bound
}

// closeForShutdown starts the closing handshake after the handlers of what has arrived.
func (s *Socket) closeForShutdown() {
	s.afterEvents(serverEvent{do: shutdownAfterEvents})
}

// closeBusy starts the closing handshake of the connections whose handlers have not returned in time.
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
		s.options().Logger.Warn("shutdown: handlers took too long, their connections are closed and their replies dropped",
			"connections", connections, "messages", messages)
	}
}

// abortAll closes the transports that are left. Their close events follow.
func (s *Server) abortAll() {
	connections := 0
	for socket := range s.Sockets("") {
		if socket.State() != protocol.StateClosed {
			connections++
		}
		socket.decide(shuttingDown)
		socket.CloseNow()
	}
	if connections > 0 {
		s.options().Logger.Warn("shutdown: connections are aborted", "connections", connections)
	}
}

// logUnfinished logs what a shutdown leaves unfinished.
func (s *Server) logUnfinished() {
	s.mu.Lock()
	upgrades := s.upgrading
	s.mu.Unlock()
	connections, messages := 0, 0
	for socket := range s.Sockets("") {
		connections++
		messages += socket.queuedMessages()
	}
	s.options().Logger.Error("shutdown: its time is over: handlers did not return, and close events were not handled",
		"connections", connections, "messages", messages, "upgrades", upgrades)
}

// isShuttingDown reports whether a shutdown has begun.
func (s *Server) isShuttingDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shuttingDown
}

// isEmpty reports whether there is neither a connection nor a request that may become one.
func (s *Server) isEmpty() bool {
	return s.upgrades() == 0 && s.hub.count() == 0
}

// upgrades returns the number of requests that may become connections.
func (s *Server) upgrades() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.upgrading
}
