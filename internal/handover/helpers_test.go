//go:build linux

package handover_test

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/internal/handover"
)

const bound = 20 * time.Second

// pair returns the two ends of a link.
func pair(t testing.TB) (old, successor *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return unixConn(t, fds[0]), unixConn(t, fds[1])
}

func unixConn(t testing.TB, fd int) *net.UnixConn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "link")
	defer func() { _ = f.Close() }()
	conn, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.(*net.UnixConn)
}

// giver is an old process whose methods can be replaced.
type giver struct {
	mu       sync.Mutex
	announce func(send func(handover.Connection) error) error
	settle   func(ctx context.Context) error
	freeze   func(ctx context.Context, send func(handover.Connection) error) (int, error)
	yield    func(ctx context.Context) error
	commit   func(forward func(handover.Op) error)
	apply    func(op handover.Op)
	log      []string
	ops      []handover.Op
	forward  func(handover.Op) error // since the first commit
}

func (g *giver) add(s string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.log = append(g.log, s)
}

func (g *giver) Announce(send func(handover.Connection) error) error {
	g.add("announce")
	if g.announce != nil {
		return g.announce(send)
	}
	return nil
}

func (g *giver) Settle(ctx context.Context) error {
	g.add("settle")
	if g.settle != nil {
		return g.settle(ctx)
	}
	return nil
}

func (g *giver) Freeze(ctx context.Context, send func(handover.Connection) error) (int, error) {
	g.add("freeze")
	if g.freeze != nil {
		return g.freeze(ctx, send)
	}
	return 0, nil
}

func (g *giver) Yield(ctx context.Context) error {
	g.add("yield")
	if g.yield != nil {
		return g.yield(ctx)
	}
	return nil
}

func (g *giver) Commit(forward func(handover.Op) error) {
	g.add("commit")
	g.mu.Lock()
	g.forward = forward
	g.mu.Unlock()
	if g.commit != nil {
		g.commit(forward)
	}
}

// forwarded forwards a small operation, and returns the error.
func (g *giver) forwarded() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.forward(handover.Op{ID: "a"})
}

func (g *giver) RollBack() { g.add("roll back") }

func (g *giver) Apply(op handover.Op) {
	if g.apply != nil {
		g.apply(op)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ops = append(g.ops, op)
}

// taker is a new process whose methods can be replaced.
type taker struct {
	mu        sync.Mutex
	announced func(c handover.Connection) error
	moved     func(c handover.Connection) error
	take      func(ctx context.Context) error
	commit    func() error
	start     func(forward func(handover.Op) error)
	apply     func(op handover.Op)
	log       []string
	abandoned error
}

func (s *taker) add(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, text)
}

func (s *taker) Announced(c handover.Connection) error {
	s.add("announced " + c.ID + " " + string(c.State))
	if s.announced != nil {
		return s.announced(c)
	}
	return nil
}

func (s *taker) Moved(c handover.Connection) error {
	s.add("moved " + c.ID + " " + string(c.State))
	if s.moved != nil {
		return s.moved(c)
	}
	return nil
}

func (s *taker) Take(ctx context.Context) error {
	s.add("take")
	if s.take != nil {
		return s.take(ctx)
	}
	return nil
}

func (s *taker) Commit(committed func() error) error {
	s.add("commit")
	if s.commit != nil {
		if err := s.commit(); err != nil {
			return err
		}
	}
	return committed()
}

func (s *taker) Start(forward func(handover.Op) error) {
	s.add("start")
	if s.start != nil {
		s.start(forward)
	}
}

func (s *taker) Apply(op handover.Op) {
	s.add("op " + op.ID + " " + string(op.Body))
	if s.apply != nil {
		s.apply(op)
	}
}

func (s *taker) Abandon(err error) {
	s.add("abandon")
	s.abandoned = err
}

type result struct {
	report  handover.Report
	giveErr error
	takeErr error
}

// run runs both sides to their end.
func run(t testing.TB, g handover.Giver, s handover.Taker, o handover.GiveOptions, to handover.TakeOptions) result {
	t.Helper()
	old, successor := pair(t)
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	var r result
	var done sync.WaitGroup
	done.Go(func() { r.takeErr = handover.Take(ctx, successor, s, to) })
	r.report, r.giveErr = handover.Give(ctx, old, g, o)
	done.Wait()
	return r
}

func checkReason(t testing.TB, err error, reason handover.Reason, phase handover.Phase) {
	t.Helper()
	e, ok := errors.AsType[*handover.Error](err)
	if !ok || e.Reason != reason || e.Phase != phase {
		t.Errorf("the error is %v, expected reason %q in phase %q", err, reason, phase)
	}
}
