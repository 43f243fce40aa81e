package linger

import (
	"context"
	"slices"
	"time"

	"github.com/lingerws/linger/websocket/driver"
)

// committed follows the first round: the new process serves.
func (g *giver) committed(closes []*Socket) {
	if g.opts.Committed != nil {
		g.opts.Committed()
	}
	for _, s := range closes {
		s.closeFor(cannotMove)
	}
	go func() {
		g.finishRequests()
		g.requests.Store(false)
		g.wakeUp()
	}()
}

// finishRequests waits until the requests have been answered that may become connections, and ends the calls of Serve.
func (g *giver) finishRequests() {
	bound := g.opts.Drain
	if bound <= 0 {
		bound = defaultDrain
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if g.opts.Requests != nil {
		_ = g.opts.Requests(ctx) // what is left ends with the process
	}
	wait := g.server.listeners.close(ctx)
	_ = wait() // the same
}

// RollBack implements [handover.Giver].
func (g *giver) RollBack() {
	sockets := g.takeFrozen()
	for _, s := range slices.Backward(sockets) {
		g.thaw(s)
	}
	if g.isFirst() {
		g.stop()
		if g.opts.Resume != nil {
			g.opts.Resume()
		}
	}
}

// thaw continues a connection here, with what has been done to it since it was frozen.
func (g *giver) thaw(s *Socket) {
	s.thaw(func() []driver.Op {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.held.takeCalls(s)
	})
}

// stop lets the events of all connections begin again that have not moved.
func (g *giver) stop() {
	g.settling.Store(false)
	for s := range g.server.Sockets("") {
		s.mu.Lock()
		waits := s.move == leaving
		s.mu.Unlock()
		if waits {
			s.stay()
		}
	}
}

// linger waits until the connections that cannot move have ended. When their time is over it closes them.
func (g *giver) linger(ctx context.Context) error {
	bound := time.NewTimer(g.opts.lingerTime())
	defer bound.Stop()
	hurry, exited := g.hurry, g.opts.Exited
	var abort <-chan time.Time
	g.stop()
	g.server.leave()
	for {
		change := g.server.hub.nextChange()
		if g.server.isEmpty() {
			g.waitFeed(ctx)
			return nil
		}
		select {
		case <-change:
			continue
		case <-exited: // what stays here does without the new process
			exited = nil
			g.server.hub.feed.keepNot()
			continue
		case <-bound.C:
		case <-hurry:
			hurry = nil
		case <-ctx.Done():
		case <-abort:
			g.server.abortAll() // logs it
			return nil
		}
		ctx = context.WithoutCancel(ctx)
		if abort == nil {
			g.server.closeAll(cannotMove)
			abort = time.After(g.server.options().ShutdownTimeout)
		}
	}
}
