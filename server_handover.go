package linger

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"time"

	"github.com/lingerws/linger/internal/handover"
)

// HandoverOptions are the options of [Server.Handover]. The functions may be nil.
type HandoverOptions struct {
	// Version is the version of this program, for messages.
	Version string

	// Listeners are listening sockets that the new process gets, by name. They stay open here, and belong to the caller.
	Listeners map[string]*os.File

	// Timeout bounds the time until the new process is ready; 0 means 30 s.
	Timeout time.Duration

	// Drain bounds the time for events in progress, and for requests, after the new process has taken over; 0 means 30 s. An event that
	// takes longer is given up, as if the process had ended: that is logged, and its connection moves.
	Drain time.Duration

	// Linger bounds the time for connections that cannot move, such as those with TLS of net/http: they stay in this process until
	// they end, and are closed with 1012 after that time; 0 means an hour, negative that they are closed as soon as the new process
	// has taken over.
	Linger time.Duration

	// Pause stops accepting connections and requests, before anything is frozen. Settle then waits until what cannot be in two processes
	// is at rest; if it is not nil no event begins on any connection from its call on. State returns what the application as a whole passes on; it is called while all connections that can move are
	// frozen. Yield gives up what only one process can have, such as locked files.
	Pause  func()
	Settle func(ctx context.Context) error
	State  func() ([]byte, error)
	Yield  func(ctx context.Context) error

	// Resume undoes Pause, Settle and Yield if the hand-over fails before the new process has taken over, and Pause has been called.
	Resume func()

	// Committed is called once the new process has taken over. Requests is called after that, on another goroutine: it blocks
	// until no request is left that may become a connection, or ctx ends.
	Committed func()
	Requests  func(ctx context.Context) error

	// Progress is called at the beginning of each phase, with the number of connections that have moved by then.
	Progress func(phase string, moved int)

	// Kill ends the new process, and returns when it has ended. It is called if the hand-over fails before that process has taken
	// over. Exited is closed when the new process has ended; without it the end of the link says so.
	Kill   func()
	Exited <-chan struct{}
}

// lingerTime returns the bound for connections that cannot move.
func (o *HandoverOptions) lingerTime() time.Duration {
	if o.Linger == 0 {
		return defaultLinger
	}
	return max(0, o.Linger)
}

// HandoverReport describes a hand-over.
type HandoverReport struct {
	Version   string // of the new process
	PID       int    // of the new process
	Committed bool   // the new process has taken over

	Moved   int            // connections
	Stayed  map[string]int // connections that could not move, by reason; they have ended here, or were closed with 1012
	GivenUp int            // events in progress that have taken too long
	Rounds  int            // in which the connections have moved
	Ops     int            // operations that were forwarded to the new process
	Lost    int            // operations that could not be forwarded
	Bytes   int64          // of state

	Ready    time.Duration // until the new process was ready
	Announce time.Duration // for sending what does not change, while the connections go on
	Settle   time.Duration
	Pause    time.Duration // from the first connection that was frozen until the new process had taken over
	Total    time.Duration
}

// Mover is a [Handler] that keeps something of a connection elsewhere, which has to move with it in a hand-over.
type Mover interface {
	// Export returns what has to move of a connection of which no event is in progress; nil for nothing. With an error the connection
	// does not move: it is closed with 1012 once the new process has taken over. Export changes nothing, because the hand-over may fail
	// later. [Server.Movable] calls it too, at any time.
	Export(s *Socket) (state []byte, err error)

	// Import gets in the new process what Export has returned, unless that was nil, before the first event of the connection. What is
	// sent on the socket leaves once the new process has taken over. An error ends the hand-over; a later one, of a connection whose
	// event was in progress, closes that connection with 1011.
	Import(s *Socket, state []byte) error

	// Moved is called in the old process when the new one has taken the connection over. No event follows; what is done on the socket
	// is forwarded while the old process exists.
	Moved(s *Socket)
}

// defaultLinger is the default of HandoverOptions.Linger.
const defaultLinger = time.Hour

// defaultDrain is the default of HandoverOptions.Drain.
const defaultDrain = 30 * time.Second

// Handover hands all connections over to a new process, in which [Server.Receive] is called with the other end of link, a Unix socket.
// No connection is closed, and its state moves: its data, subscriptions, events that wait, messages that wait to be sent, parts of a
// message, the windows of its compression, timers. It works on Linux; elsewhere the error wraps [errors.ErrUnsupported].
//
// Until the new process has taken over everything goes on here. If it ends, hangs, or says that it cannot take over, Handover returns an
// error, and the server goes on with all connections as if nothing had happened. Report.Committed tells whether the new process has
// taken over. After that an error means that the new process has ended, and the connections that had moved with it.
//
// An event in progress completes here, and its connection moves after it. Connections whose descriptor cannot move stay until they end;
// see HandoverOptions.Linger. What is done on a socket that has moved is forwarded, as is what one process publishes for the
// connections of the other.
//
// Handover blocks until no connection is left here. The server then refuses requests and is not Ready, and the program should end.
// If this process has taken over itself from one that still has connections which cannot move, that one closes them first, with 1012.
//
// During a hand-over Drain and another Handover return [ErrHandingOver]; Reload and Reconfigure work, for this process. Shutdown
// ends a hand-over that has not been committed; later it closes what is left here.
func (s *Server) Handover(ctx context.Context, link *net.UnixConn, opts HandoverOptions) (HandoverReport, error) {
	g := newGiver(s, opts)
	ctx, g.cancel = context.WithCancelCause(ctx)
	defer g.cancel(nil)
	if err := s.endReceiving(ctx); err != nil {
		return HandoverReport{}, errors.Join(err, link.Close())
	}
	if err := s.beginHandover(g); err != nil {
		return HandoverReport{}, errors.Join(err, link.Close())
	}
	defer s.giving.Store(nil)
	s.hub.feed.keep()
	for socket := range s.Sockets("") {
		socket.flags.And(^uint32(handoverFlags))
	}
	report, err := handover.Give(ctx, link, g, g.giveOptions())
	g.stop()
	g.releasing.Wait()
	if report.Committed {
		s.leave()
		s.listeners.finish()
		s.services.stop()
		s.hub.feed.close()
	} else {
		s.hub.feed.keepNot()
	}
	return g.report(report), err
}

// endReceiving waits until the process from which this one has taken over has ended, and lets it close what cannot move.
func (s *Server) endReceiving(ctx context.Context) error {
	t := s.taking.Load()
	if t == nil {
		return nil
	}
	t.change(handover.Op{Kind: opLeave})
	select {
	case <-t.ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// beginHandover makes a hand-over the one in progress.
func (s *Server) beginHandover(g *giver) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.shuttingDown:
		return errShuttingDown
	case s.drainer.Refuses():
		return ErrDraining
	case s.handedOver || s.taking.Load() != nil || !s.giving.CompareAndSwap(nil, g):
		return ErrHandingOver
	}
	return nil
}

// isHandingOver reports whether a hand-over from or to this process is in progress.
func (s *Server) isHandingOver() bool { return s.giving.Load() != nil || s.taking.Load() != nil }

// leave refuses requests from now on, because another process has taken over.
func (s *Server) leave() {
	s.mu.Lock()
	s.handedOver = true
	s.mu.Unlock()
}

// hasLeft reports whether another process has taken over.
func (s *Server) hasLeft() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handedOver
}

// giveOptions returns the options of the link.
func (g *giver) giveOptions() handover.GiveOptions {
	o := handover.GiveOptions{
		Version: g.opts.Version, State: g.server.appendState(nil),
		ReadyTimeout: g.opts.Timeout, DrainTimeout: g.opts.Drain,
		Linger: g.linger, Kill: g.opts.Kill, Exited: g.opts.Exited,
		Progress: g.progress,
	}
	for name, file := range g.opts.Listeners {
		o.Listeners = append(o.Listeners, handover.Listener{Name: name, File: file})
	}
	return o
}

// progress reports the beginning of a phase.
func (g *giver) progress(phase handover.Phase, r handover.Report) {
	if g.opts.Progress != nil {
		g.opts.Progress(string(phase), r.Moved)
	}
}

// report returns the report of a hand-over that has ended.
func (g *giver) report(r handover.Report) HandoverReport {
	stayed := map[string]int{}
	for _, reason := range g.fixed {
		stayed[reason]++
	}
	return HandoverReport{
		Version: r.Version, PID: r.PID, Committed: r.Committed,
		Moved: r.Moved, Stayed: stayed, GivenUp: g.givenUp, Rounds: r.Rounds, Ops: r.Ops, Lost: r.Lost, Bytes: r.Bytes,
		Ready: r.Ready, Announce: r.Announce, Settle: r.Settle, Pause: r.Pause, Total: r.Total,
	}
}

// Movability is what would become of the connections in a hand-over: [Server.Movable].
type Movability struct {
	Move  int            // connections that would move
	Stay  map[string]int // that would stay until they end, by reason
	Close map[string]int // that would be closed with 1012, by the error of [Mover]
}

// Movable returns what would become of the connections in a hand-over at this moment.
func (s *Server) Movable() Movability {
	m := Movability{Stay: map[string]int{}, Close: map[string]int{}}
	g := &giver{server: s}
	for socket := range s.Sockets("") {
		conn := socket.conn.Load()
		if conn == nil {
			m.Move++ // once it is open
			continue
		}
		if err := conn.Movable(); err != nil {
			m.Stay[err.Error()]++
		} else if _, err := g.export(socket); err != nil {
			m.Close[err.Error()]++
		} else {
			m.Move++
		}
	}
	return m
}

// closeAll starts the closing handshake of all connections.
func (s *Server) closeAll(d decision) {
	for _, socket := range slices.Collect(s.Sockets("")) {
		socket.closeFor(d)
	}
}
