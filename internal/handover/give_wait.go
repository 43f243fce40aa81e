package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

var errNotFrozen = errors.New("connections whose events were given up could not be frozen")

// readLoop receives what the new process sends, until the link ends. It calls Giver.Commit and Giver.Apply, so that these are in the order of the link.
func (s *giving) readLoop() {
	defer close(s.ended)
	defer s.link.reader.closeRights()
	for {
		m, err := s.link.receive()
		if err == nil {
			err = s.received(m)
		}
		if err != nil {
			s.endErr = err
			s.link.fail(err)
			return
		}
	}
}

func (s *giving) received(m *message) error {
	m.close() // the new process has no descriptors to send
	switch {
	case m.kind == kindOp && s.lastRound() > 0:
		s.g.Apply(m.op)
		return nil
	case m.kind == kindAbort && s.ready.Load():
		return &Error{Reason: ReasonAborted, Text: m.text}
	case m.kind == kindAbort:
		return &Error{Reason: ReasonRefused, Text: m.text}
	case m.kind == kindCommitted:
		if err := s.receivedCommitted(m); err != nil {
			return err
		}
	}
	received := *m
	select {
	case s.control <- &received:
		return nil
	default:
		return unexpected(m)
	}
}

func (s *giving) receivedCommitted(m *message) error {
	if m.round != int(s.asked.Load()) || m.round != s.lastRound()+1 {
		return unexpected(m)
	}
	s.mu.Lock()
	s.committed = m.round
	s.moved += int(s.frozen.Load())
	if m.round == 1 {
		s.pause = time.Since(s.paused)
	}
	s.mu.Unlock()
	s.g.Commit(s.forward)
	_ = s.link.queue(&message{kind: kindFlushed, round: m.round}) // after an error the new process sees the end of the link instead
	return nil
}

// wait waits for a message of one kind.
func (s *giving) wait(ctx context.Context, k kind) (*message, error) {
	select {
	case m := <-s.control:
		if m.kind != k {
			return nil, s.failed(ctx, unexpected(m))
		}
		return m, nil
	case <-ctx.Done():
		return nil, s.failed(ctx, ctx.Err())
	}
}

// live returns a context that is cancelled when the link ends or the new process does, with the cause.
func (s *giving) live(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.ended:
			cancel(s.endCause())
		case <-s.o.Exited:
			select {
			case <-s.ended: // with what the new process has said last
				cancel(s.endCause())
			case <-time.After(exitTimeout):
				cancel(&Error{Reason: ReasonExited, Text: "the new process has ended"})
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// endCause returns why the link has ended.
func (s *giving) endCause() error {
	if s.link.hasStalled() {
		return &Error{Reason: ReasonLink, Text: fmt.Sprintf("the new process has not read from the link for %v", s.link.stall)}
	}
	if ended(s.endErr) {
		return &Error{Reason: ReasonExited, Text: "the new process has ended, or has closed the link"}
	}
	if _, ok := errors.AsType[*Error](s.endErr); ok {
		return s.endErr
	}
	return &Error{Reason: ReasonLink, Err: s.endErr}
}

// ended reports whether err means that the other side has closed the link. The system returns ECONNRESET if it had not read everything.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// unblock ends a send that blocks when ctx is done. The function that it returns must be called before ctx is cancelled for another reason.
func (s *giving) unblock(ctx context.Context) func() bool {
	return context.AfterFunc(ctx, func() { s.link.fail(context.Cause(ctx)) })
}

// failed returns err as an Error of this phase. If the link has ended or ctx is done, this is the cause, unless err is an Error already.
func (s *giving) failed(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*Error](err); !ok {
		if errors.Is(err, ErrEnded) {
			<-s.ended // soon, because the reader ends with the writer
			err = s.endCause()
		}
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}
	e, ok := errors.AsType[*Error](err)
	switch {
	case ok:
		e = &Error{Reason: e.Reason, Phase: e.Phase, Text: e.Text, Err: e.Err}
	case ctx.Err() != nil:
		e = &Error{Reason: ReasonCanceled, Err: err}
	default:
		e = &Error{Reason: ReasonGiver, Err: err}
	}
	if e.Phase == "" {
		e.Phase = s.phase
	}
	return e
}

func timedOut(text string, bound time.Duration) error {
	return &Error{Reason: ReasonTimeout, Text: fmt.Sprintf("%s within %v", text, bound)}
}
