package main

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/protocol"
)

// staying is a server whose connections stay in this process during an upgrade: only its listeners move. linger proxy is one.
type staying struct {
	server drainable
	reason string // why its connections do not move
}

// handOver implements transferable.
func (s staying) handOver(ctx context.Context, t transfer) (transferReport, error) {
	g := &stayingGiver{s: s, t: t}
	r, err := handover.Give(ctx, t.link, g, handover.GiveOptions{
		Version: t.version, ReadyTimeout: time.Duration(t.limits.HandoverTimeout), Linger: g.linger,
		Kill: t.kill, Exited: t.exited, Progress: func(p handover.Phase, _ handover.Report) { t.progress(string(p), 0) },
	})
	report := transferReport{
		version: r.Version, committed: r.Committed, rounds: r.Rounds, pause: r.Pause, total: r.Total,
		fixed: g.stayed, lost: r.Lost,
	}
	return report, err
}

// fixed implements transferable.
func (s staying) fixed() (movable int, fixed []admin.UpgradeFixed) {
	if n := s.server.Count(); n > 0 {
		return 0, []admin.UpgradeFixed{{Reason: s.reason, Connections: n}}
	}
	return 0, []admin.UpgradeFixed{}
}

// left implements transferable.
func (s staying) left() int { return s.server.Count() }

// stayingGiver is the old process of a hand-over in which no connection moves.
type stayingGiver struct {
	s      staying
	t      transfer
	paused atomic.Bool
	stayed []admin.UpgradeFixed
}

func (g *stayingGiver) Announce(func(handover.Connection) error) error { return nil }

func (g *stayingGiver) Settle(context.Context) error {
	g.paused.Store(true)
	g.t.pause()
	return nil
}

func (g *stayingGiver) Freeze(context.Context, func(handover.Connection) error) (int, error) {
	return 0, nil
}

func (g *stayingGiver) Yield(context.Context) error { return nil }

func (g *stayingGiver) Commit(func(handover.Op) error) { g.t.committed() }

func (g *stayingGiver) RollBack() {
	if g.paused.Swap(false) {
		g.t.resume()
	}
}

func (g *stayingGiver) Apply(handover.Op) {}

// linger waits until the connections have ended, and closes those that are left after the bound.
func (g *stayingGiver) linger(ctx context.Context) error {
	_, g.stayed = g.s.fixed()
	requests, cancel := context.WithTimeout(ctx, time.Duration(g.t.limits.HandoverDrain))
	err := g.t.requests(requests)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // the rest ends with the process
	}
	bound := time.NewTimer(time.Duration(g.t.limits.HandoverLinger))
	defer bound.Stop()
	ticker := time.NewTicker(lingerInterval)
	defer ticker.Stop()
	for g.s.server.Count() > 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		case <-bound.C:
			return errors.Join(err, g.closeAll(ctx))
		}
	}
	return err
}

// lingerInterval is the time after which linger looks again.
const lingerInterval = 100 * time.Millisecond

// closeAll closes the connections that are left with 1012.
func (g *stayingGiver) closeAll(ctx context.Context) error {
	wait, err := g.s.server.StartDrain(ctx, linger.DrainOptions{Spread: -1, Code: protocol.CloseServiceRestart, Reason: "server upgraded", Timeout: drainMargin})
	if err != nil {
		return err
	}
	_ = wait() // those that are left after the time end with the process
	return nil
}

// receiveListeners takes over from a process that calls handOver of staying. It returns when that has stopped accepting. ended is called
// when the old process has nothing left.
func receiveListeners(ctx context.Context, link *net.UnixConn, p *predecessor) error {
	t := &listenerTaker{started: make(chan struct{})}
	result := make(chan error, 1)
	go func() {
		err := handover.Take(ctx, link, t, handover.TakeOptions{Terms: p.terms})
		result <- err
		if t.begun.Load() {
			p.ended(err)
		}
	}()
	select {
	case <-t.started:
		return nil
	case err := <-result:
		return err
	}
}

// listenerTaker is the new process of a hand-over in which no connection moves.
type listenerTaker struct {
	started chan struct{} // closed by Start
	begun   atomic.Bool   // Start has been called
}

var errNoConnections = errors.New("this server takes over no connections: it was started with other arguments than the old process")

func (t *listenerTaker) Announced(c handover.Connection) error {
	if c.File >= 0 {
		_ = os.NewFile(uintptr(c.File), "connection").Close() //nolint:gosec // checked
	}
	return errNoConnections
}

func (t *listenerTaker) Moved(c handover.Connection) error { return t.Announced(c) }

func (t *listenerTaker) Take(context.Context) error { return nil }

func (t *listenerTaker) Commit(committed func() error) error { return committed() }

func (t *listenerTaker) Start(func(handover.Op) error) {
	t.begun.Store(true)
	close(t.started)
}

func (t *listenerTaker) Apply(handover.Op) {}

func (t *listenerTaker) Abandon(error) {}
