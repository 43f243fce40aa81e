package handover

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// flushTimeout is how long the new process waits for Flushed after Committed. If the old process hangs then, what it
// would still forward is lost or late, and the connections start without it.
const flushTimeout = 5 * time.Second

// Take takes over from the process at the other end of conn, and closes conn. It is called when everything is loaded. It returns
// nil when the old process has nothing left.
//
// If it returns an error before it has called Taker.Start, nothing belongs to this process, which should end. If it returns an error after
// that, the old process has ended too early: what had not moved is lost with it, and everything that has been started goes on.
func Take(ctx context.Context, conn *net.UnixConn, t Taker, o TakeOptions) error {
	l, err := newLink(conn)
	if err != nil {
		return err
	}
	s := &taking{link: l, t: t, o: o}
	stop := context.AfterFunc(ctx, l.end)
	err = s.run(ctx)
	if ctx.Err() != nil && err != nil {
		err = &Error{Reason: ReasonCanceled, Err: context.Cause(ctx)}
	}
	stop()
	s.closed.Store(true)
	l.end()
	l.reader.closeRights()
	if err != nil {
		if s.committed > s.started { // the end of the link has come before Flushed
			s.start()
		}
		s.t.Abandon(err)
	}
	return err
}

// taking is a hand-over in the new process.
type taking struct {
	link      *link
	t         Taker
	o         TakeOptions
	prepared  int         // the last round of which everything has arrived
	committed int         // the last round for which Committed has been written
	started   int         // the last round that has been started
	closed    atomic.Bool // nothing more is forwarded
}

func (s *taking) run(ctx context.Context) error {
	terms := s.o.Terms
	if terms == nil {
		t, err := greet(s.link, s.o.Greeting)
		if err != nil {
			return err
		}
		terms = &t
	}
	if err := s.link.queue(&message{kind: kindReady}); err != nil {
		return &Error{Reason: ReasonLink, Err: err}
	}
	for {
		m, err := s.link.receive()
		switch {
		case err == nil:
		case terms.Check:
			return ErrChecked
		case errors.Is(err, os.ErrDeadlineExceeded) && s.committed > s.started: // see flushTimeout
			s.start()
			continue
		default:
			return s.readError(err)
		}
		err = s.received(ctx, m)
		m.close()
		switch {
		case err == errBye: //nolint:errorlint // returned so by received
			return nil
		case err != nil:
			return s.abort(err)
		}
	}
}

var errBye = errors.New("handover: bye")

// received handles one message. It may take its descriptor.
func (s *taking) received(ctx context.Context, m *message) error { //nolint:cyclop // one case for each kind of message
	switch m.kind {
	case kindOp:
		s.t.Apply(m.op)
		return nil
	case kindAnnounce, kindMoved:
		return s.connection(m)
	case kindState:
		if s.o.State != nil {
			return s.o.State(m.state)
		}
		return nil
	case kindListener:
		return s.listener(m)
	case kindPrepare:
		if m.round == 0 { // a part of the first round: QuietFreezer
			return s.link.queue(&message{kind: kindPrepared})
		}
		s.prepared++
		return s.answer(m, kindPrepared, s.prepared)
	case kindCommit:
		return s.commit(ctx, m)
	case kindFlushed:
		if m.round == s.committed && s.committed > s.started {
			s.start()
		}
		return nil
	case kindFinish:
		s.closed.Store(true)
		return s.link.queue(&message{kind: kindFinished})
	case kindBye:
		return errBye
	case kindAbort:
		return &Error{Reason: ReasonAborted, Text: m.text}
	case kindHello, kindWelcome, kindReady, kindPrepared, kindCommitted, kindFinished:
	}
	return unexpected(m)
}

func (s *taking) connection(m *message) error {
	c := Connection{ID: m.id, State: m.state, File: m.file, Gone: m.gone}
	m.file = -1 // belongs to the Taker
	if m.kind == kindMoved {
		return s.t.Moved(c)
	}
	return s.t.Announced(c)
}

func (s *taking) listener(m *message) error {
	if m.file < 0 {
		return &Error{Reason: ReasonLink, Text: "a listener has arrived without its descriptor"}
	}
	file := os.NewFile(uintptr(m.file), m.id) //nolint:gosec // checked
	m.file = -1
	if s.o.Listener == nil {
		return file.Close()
	}
	return s.o.Listener(m.id, file)
}

// answer sends the answer to a message of a round that was expected.
func (s *taking) answer(m *message, k kind, round int) error {
	if m.round != round {
		return unexpected(m)
	}
	return s.link.queue(&message{kind: k, round: round})
}

// commit takes over what has arrived in this round. It does so only if Committed can be written, because the old process goes by that.
func (s *taking) commit(ctx context.Context, m *message) error {
	if m.round != s.committed+1 || m.round != s.prepared {
		return unexpected(m)
	}
	if m.round == 1 {
		if err := s.t.Take(ctx); err != nil {
			return err
		}
	}
	var end int64
	err := s.t.Commit(func() (err error) {
		end, err = s.link.queueEnd(&message{kind: kindCommitted, round: m.round})
		return err
	})
	if err == nil {
		err = s.link.flush(end) // not of what was forwarded later: whether this has been written does not matter
	}
	if err != nil {
		return &Error{Reason: ReasonLink, Text: "the old process has stopped waiting for this one", Err: err}
	}
	s.committed = m.round
	_ = s.link.conn.SetReadDeadline(time.Now().Add(flushTimeout))
	return nil
}

// start starts the round that has been committed.
func (s *taking) start() {
	s.started = s.committed
	_ = s.link.conn.SetReadDeadline(time.Time{})
	s.t.Start(s.forward)
}

// forward is what Taker.Start forwards operations with.
func (s *taking) forward(op Op) error {
	if s.closed.Load() {
		return ErrEnded
	}
	return s.link.queue(&message{kind: kindOp, op: op})
}

// abort says to the old process why this one gives up, and returns the error.
func (s *taking) abort(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Reason: ReasonTaker, Err: err}
	}
	if s.committed == 0 {
		_ = s.link.sendNow(&message{kind: kindAbort, text: e.Error()})
	}
	return e
}

func (s *taking) readError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if ended(err) {
		return &Error{Reason: ReasonExited, Text: "the old process has ended, or has closed the link"}
	}
	return &Error{Reason: ReasonLink, Err: err}
}
