package handover

import (
	"context"
	"time"
)

// untilCommitted is all phases until the new process has taken over.
func (s *giving) untilCommitted(ctx context.Context) error {
	ctx, cancel := s.live(ctx)
	defer cancel()
	if err := s.greet(ctx, false); err != nil {
		return err
	}
	if err := s.announce(ctx); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	ctx, cancel = context.WithTimeoutCause(ctx, s.o.RoundTimeout, timedOut("the new process has not taken over", s.o.RoundTimeout))
	defer cancel()
	s.rounding.Store(true)
	s.begin(PhaseFreeze)
	s.paused = time.Now()
	if err := s.freezeQuiet(ctx); err != nil {
		return err
	}
	if err := s.freeze(ctx, ctx); err != nil {
		return err
	}
	s.report.Left = s.left
	return s.commit(ctx, 1)
}

// greet is the phases hello and ready.
func (s *giving) greet(ctx context.Context, check bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.ReadyTimeout, timedOut("the new process was not ready", s.o.ReadyTimeout))
	defer cancel()
	s.begin(PhaseHello)
	m, err := s.wait(ctx, kindHello)
	if err != nil {
		return err
	}
	s.report.Version, s.report.PID = m.hello.Version, m.hello.pid
	if err := m.hello.accept(); err != nil {
		_ = s.link.sendNow(&message{kind: kindAbort, text: err.Error()})
		return s.failed(ctx, err)
	}
	terms := Terms{Version: s.o.Version, State: StateVersion, Check: check}
	if err := s.link.queue(&message{kind: kindWelcome, terms: terms}); err != nil {
		return s.failed(ctx, err)
	}
	s.begin(PhaseReady)
	if _, err := s.wait(ctx, kindReady); err != nil {
		return err
	}
	s.ready.Store(true)
	s.report.Ready = time.Since(s.started)
	return nil
}

func (s *giving) announce(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.SettleTimeout, timedOut("the new process has not read what was announced", s.o.SettleTimeout))
	defer cancel()
	defer s.unblock(ctx)()
	started := time.Now()
	s.begin(PhaseAnnounce)
	if s.o.State != nil {
		if err := s.link.send(&message{kind: kindState, state: s.o.State}, -1); err != nil {
			return s.failed(ctx, err)
		}
	}
	for _, listener := range s.o.Listeners {
		if err := s.sendListener(listener); err != nil {
			return s.failed(ctx, err)
		}
	}
	if err := s.g.Announce(s.send); err != nil {
		return s.failed(ctx, err)
	}
	s.report.Announce = time.Since(started)
	return nil
}

func (s *giving) sendListener(l Listener) error {
	raw, err := l.File.SyscallConn()
	if err != nil {
		return err
	}
	var sendErr error
	if err := raw.Control(func(fd uintptr) {
		sendErr = s.link.send(&message{kind: kindListener, id: l.Name}, int(fd)) //nolint:gosec // a descriptor
	}); err != nil {
		return err
	}
	return sendErr
}

func (s *giving) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.SettleTimeout, timedOut("what is in progress has not come to rest", s.o.SettleTimeout))
	defer cancel()
	started := time.Now()
	s.begin(PhaseSettle)
	if err := s.g.Settle(ctx); err != nil {
		return s.failed(ctx, err)
	}
	s.report.Settle = time.Since(started)
	return nil
}

// freezeQuiet lets the Giver freeze what is quiet, and waits until the new process has applied it.
func (s *giving) freezeQuiet(ctx context.Context) error {
	q, ok := s.g.(QuietFreezer)
	if !ok {
		return nil
	}
	defer s.unblock(ctx)()
	if err := q.FreezeQuiet(ctx, s.send); err != nil {
		return s.failed(ctx, err)
	}
	if err := s.link.queue(&message{kind: kindPrepare}); err != nil {
		return s.failed(ctx, err)
	}
	_, err := s.wait(ctx, kindPrepared)
	return err
}

// freeze is the first part of a round. bounded is ctx with a bound after which the connections are frozen whatever is in progress.
func (s *giving) freeze(ctx, bounded context.Context) error {
	defer s.unblock(ctx)()
	left, err := s.g.Freeze(bounded, s.send)
	if err != nil {
		return s.failed(ctx, err)
	}
	s.left = left
	return nil
}

// commit is the second part of a round.
func (s *giving) commit(ctx context.Context, round int) error {
	if err := s.link.queue(&message{kind: kindPrepare, round: round}); err != nil {
		return s.failed(ctx, err)
	}
	if _, err := s.wait(ctx, kindPrepared); err != nil {
		return err
	}
	if round == 1 {
		s.begin(PhaseCommit)
		if err := s.g.Yield(ctx); err != nil {
			return s.failed(ctx, err)
		}
	}
	s.asked.Store(int64(round))
	if err := s.link.queue(&message{kind: kindCommit, round: round}); err != nil {
		return s.failed(ctx, err)
	}
	_, err := s.wait(ctx, kindCommitted)
	return err
}

// drain is the rounds after the first.
func (s *giving) drain() error {
	if s.left == 0 {
		return nil
	}
	s.begin(PhaseDrain)
	ctx, cancel := s.live(context.Background())
	defer cancel()
	drain, cancel := context.WithTimeout(ctx, s.o.DrainTimeout)
	defer cancel()
	for s.left > 0 {
		if err := s.laterRound(ctx, drain); s.stopped(err) {
			return err
		}
	}
	return nil
}

// laterRound is a round after the first. drain is the context of the freeze: after its deadline, what is in progress is given up.
func (s *giving) laterRound(ctx, drain context.Context) error {
	round, late := s.lastRound()+1, drain.Err() != nil
	s.frozen.Store(0)
	err := s.freeze(ctx, drain)
	switch {
	case err == nil && s.frozen.Load() > 0:
		err = s.laterCommit(ctx, round)
	case err == nil && late && s.left > 0:
		err = s.failed(ctx, errNotFrozen)
	}
	if s.stopped(err) && s.lastRound() < round {
		s.g.RollBack()
	}
	return err
}

func (s *giving) laterCommit(ctx context.Context, round int) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.o.RoundTimeout, timedOut("the new process has not taken over", s.o.RoundTimeout))
	defer cancel()
	return s.commit(ctx, round)
}

// finish ends the link when nothing is left here.
func (s *giving) finish() error {
	ctx, cancel := s.live(context.Background())
	defer cancel()
	ctx, cancel = context.WithTimeoutCause(ctx, finishTimeout, timedOut("the new process has not confirmed the end of the hand-over", finishTimeout))
	defer cancel()
	if err := s.link.queue(&message{kind: kindFinish}); err != nil {
		return s.failed(ctx, err)
	}
	if _, err := s.wait(ctx, kindFinished); err != nil {
		return err
	}
	_ = s.link.sendNow(&message{kind: kindBye}) // an error means that the new process has closed the link already
	s.begin(PhaseDone)
	return nil
}
