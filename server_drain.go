package linger

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/drain"
	"github.com/lingerws/linger/protocol"
)

// DrainOptions are the options of [Server.Drain]. The zero value drains all connections within a minute.
type DrainOptions struct {
	// Delay is the time before the first connection is closed, for the load balancer to notice that the server is not ready; 0
	// means none.
	Delay time.Duration

	// Spread is the time over which the connections are closed, evenly and in random order; 0 means 60 s, negative means that
	// they are closed at once. If that is fewer than 10 per second they are closed faster, 10 per second. Rate, in connections per
	// second, replaces Spread if it is not 0; then they are never closed faster than that.
	Spread time.Duration
	Rate   float64

	// Timeout bounds the drain, Delay included; 0 means no bound.
	Timeout time.Duration

	// Share is the part of the connections that are closed, chosen at random, above 0 and at most 1; 0 means 1, all. With less
	// than all the server stays ready: such a drain moves clients to other servers after one was added.
	Share float64

	// Code and Reason are those of the Close; 0 means 1012 (service restart), empty means "server draining".
	Code   protocol.CloseCode
	Reason string
}

// DrainStatus is how far a drain is.
type DrainStatus struct {
	State   DrainState
	Options DrainOptions // with defaults
	Began   time.Time
	Total   int       // connections that the drain has to end; during Options.Delay an estimate
	Left    int       // those of them whose close event has not been handled
	Closed  int       // those of them that the drain has closed; others have ended by themselves
	Rate    float64   // connections that are closed per second; 0 means all at once
	Ends    time.Time // when the last connection is expected to be closed; after the drain, when it has ended
}

// DrainState is the state of a drain. It is empty if there has been none.
type DrainState string

// The states of a drain.
const (
	DrainWaiting   DrainState = "waiting"   // for DrainOptions.Delay
	DrainClosing   DrainState = "closing"   // connections are closed, or their close events are handled
	DrainComplete  DrainState = "complete"  // the last close event has been handled
	DrainCancelled DrainState = "cancelled" // the error of Drain is [ErrDrainCancelled], or that of its context
	DrainTimedOut  DrainState = "timed out" // the error of Drain is [ErrDrainTimeout]
)

// Drain closes the connections one after the other, so that their clients do not all reconnect at once, and blocks until the last
// close event has been handled.
//
// With a Share of 1, all, the server is not [Server.Ready] from the beginning, and new upgrade requests get 503 with Retry-After;
// those in progress may become connections, which are closed too. Plain requests are answered as before. When Drain has returned
// the server stays as it is, until [Server.Shutdown] closes what is left, if anything, or [Server.CancelDrain] makes it ready.
//
// Every Close follows the handlers of the messages that have arrived by then. Connections that end by themselves count, so a drain
// may take less time than its Spread.
//
// The error is [ErrDraining], [ErrHandingOver], [ErrDrainTimeout] or [ErrDrainCancelled], names the option that is wrong, or is the cause of ctx's
// end, after which the server is ready again. A drain of all connections replaces one of a share, whose error is
// [ErrDrainCancelled].
func (s *Server) Drain(ctx context.Context, opts DrainOptions) error {
	wait, err := s.StartDrain(ctx, opts)
	if err != nil {
		return err
	}
	return wait()
}

// StartDrain is [Server.Drain] in the background. It returns [ErrDraining], or the error of a wrong option, at once, and otherwise
// a function that blocks until the drain has ended and returns its error.
func (s *Server) StartDrain(ctx context.Context, opts DrainOptions) (wait func() error, err error) {
	if s.isHandingOver() {
		return nil, ErrHandingOver
	}
	return s.drainer.Start(ctx, drain.Options(opts))
}

// DrainStatus returns how far the drain in progress is, or how far the last one has come.
func (s *Server) DrainStatus() DrainStatus {
	d := s.drainer.Status()
	return DrainStatus{
		State: DrainState(d.State), Options: DrainOptions(d.Options), Began: d.Began,
		Total: d.Total, Left: d.Left, Closed: d.Closed, Rate: d.Rate, Ends: d.Ends,
	}
}

// CancelDrain ends the drain in progress, and makes a server ready whose drain is complete. Connections whose Close was sent end;
// the others stay open. Without a drain it has no effect.
func (s *Server) CancelDrain() { s.drainer.Cancel() }

// Ready reports whether the server accepts new connections: not from the beginning of a drain of all connections or of a shutdown, nor
// after a hand-over.
func (s *Server) Ready() bool { return !s.isShuttingDown() && !s.hasLeft() && !s.drainer.Refuses() }

// drainSource returns the server as its drainer sees it.
func (s *Server) drainSource() drain.Source[*Socket] {
	return drain.Source[*Socket]{
		Connections: func() []*Socket { return slices.Collect(s.Sockets("")) },
		Count:       s.Count,
		Has:         func(socket *Socket) bool { return s.Socket(socket.id) == socket },
		Close:       (*Socket).closeForDrain,
		Upgrading: func() int {
			return s.upgrades()
		},
	}
}

// closeForDrain starts the closing handshake after the handlers of what has arrived. It reports false if the connection is closing.
func (s *Socket) closeForDrain(status protocol.Status) bool {
	if s.closing.Load() {
		return false
	}
	s.afterEvents(serverEvent{do: drainAfterEvents, status: status})
	return true
}

// refuseNotReady answers a request that arrives after a drain or a shutdown has begun, or is accepted after a shutdown has.
func (s *Server) refuseNotReady(w http.ResponseWriter, r *http.Request) {
	reason, text := "drain", "the server is draining: connect again"
	switch {
	case s.isShuttingDown():
		reason, text = "shutdown", "the server is shutting down"
	case s.hasLeft():
		reason, text = "handover", "another process has taken over: connect again"
	}
	s.reportRefusal(slog.LevelDebug, r, http.StatusServiceUnavailable, reason, text)
	w.Header().Set("Retry-After", drain.RetryAfter())
	answerError(w, http.StatusServiceUnavailable, text)
}
