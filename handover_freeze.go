package linger

import (
	"context"
	"errors"
	"time"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/websocket/driver"
)

// restTime is how long the first round waits for events that are in progress when it begins. Most events take less.
const restTime = 4 * time.Millisecond

// lookAgain is the time after which Freeze looks at connections again that could not be frozen. The end of an event wakes it
// earlier.
const lookAgain = 5 * time.Millisecond

// FreezeQuiet implements [handover.QuietFreezer].
func (g *giver) FreezeQuiet(_ context.Context, send func(handover.Connection) error) error {
	quiet, _ := g.connections()
	_, err := g.freezeSome(quiet, send)
	return err
}

// Freeze implements [handover.Giver].
func (g *giver) Freeze(ctx context.Context, send func(handover.Connection) error) (left int, err error) {
	if !g.isFirst() {
		return g.freezeLater(ctx, send)
	}
	upgrading := g.server.upgrades()
	quiet, busy := g.connections()
	rest, err := g.freezeTogether(append(quiet, busy...), send)
	if err == nil {
		err = g.sendState(send)
	}
	return len(rest) + upgrading + 1, err // 1: requests may become connections
}

// freezeTogether freezes all connections, except those whose event does not end soon.
func (g *giver) freezeTogether(rest []*Socket, send func(handover.Connection) error) (left []*Socket, err error) {
	rest, err = g.freezeSome(rest, send)
	for until := time.Now().Add(restTime); err == nil && len(rest) > 0 && time.Now().Before(until); {
		time.Sleep(restTime / 16)
		rest, err = g.freezeSome(rest, send)
	}
	return rest, err
}

// freezeLater is Freeze after the first round.
func (g *giver) freezeLater(ctx context.Context, send func(handover.Connection) error) (left int, err error) {
	for {
		force := errors.Is(ctx.Err(), context.DeadlineExceeded)
		if !force && ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		requests, upgrading := g.requests.Load(), g.server.upgrades() // before the list, which has the connections that they have become
		quiet, busy := g.connections()
		if force {
			return 0, g.giveUp(append(quiet, busy...), send)
		}
		rest, err := g.freezeSome(append(quiet, busy...), send)
		if left = len(rest) + upgrading; requests {
			left++
		}
		if err != nil || left == 0 || g.hasFrozen() {
			return left, err
		}
		select {
		case <-g.wake:
		case <-ctx.Done():
		case <-time.After(lookAgain):
		}
	}
}

// sendState sends the state of the application as a whole.
func (g *giver) sendState(send func(handover.Connection) error) error {
	if g.opts.State == nil {
		return nil
	}
	state, err := g.opts.State()
	if err != nil {
		return err
	}
	return send(handover.Connection{State: state, File: -1})
}

// connections returns the connections that are not frozen and may move.
func (g *giver) connections() (quiet, busy []*Socket) {
	list := g.server.hub.list("", nil)
	defer recycleList(list)
	for _, s := range *list {
		switch _, fixed := g.fixed[s]; {
		case fixed || !s.isHere():
		case s.isFlagged(flagActive):
			busy = append(busy, s)
		default:
			quiet = append(quiet, s)
		}
	}
	return quiet, busy
}

// isFirst reports whether no round has been committed.
func (g *giver) isFirst() bool {
	g.server.hub.mu.RLock()
	defer g.server.hub.mu.RUnlock()
	return g.rounds == 0
}

// freezeSome freezes what can be frozen of a list, in order, and returns those that can be later.
func (g *giver) freezeSome(list []*Socket, send func(handover.Connection) error) (rest []*Socket, err error) {
	for _, s := range list {
		later, err := g.freeze(s, false, send)
		if err != nil {
			return nil, err
		}
		if later {
			rest = append(rest, s)
		}
	}
	return rest, nil
}

// giveUp freezes all connections, and gives up the events that are in progress.
func (g *giver) giveUp(list []*Socket, send func(handover.Connection) error) error {
	for _, s := range list {
		if _, err := g.freeze(s, true, send); err != nil {
			return err
		}
	}
	return nil
}

// freeze freezes a connection and sends its state. later means that it cannot be frozen yet.
func (g *giver) freeze(s *Socket, force bool, send func(handover.Connection) error) (later bool, err error) {
	switch s.leave() {
	case hasEnded:
		return false, nil
	case notOpen:
		return true, nil
	case inProgress:
		if !force {
			return true, nil
		}
		g.server.options().Logger.Error("hand-over: an event in progress is given up, because its time is over; the connection moves", "connection", s.id)
		g.givenUp++
	case atRest:
	}
	err = s.freeze(func(op driver.Op) (int, error) { return g.divert(s, op) }, force)
	if err != nil {
		return g.notFrozen(s, err), nil
	}
	exported, err := g.export(s)
	if err != nil {
		g.fixed[s] = err.Error()
		g.thaw(s)
		g.closes = append(g.closes, s)
		if !g.isFirst() {
			s.closeFor(cannotMove)
		}
		return false, nil
	}
	g.mu.Lock()
	g.frozen = append(g.frozen, s)
	g.mu.Unlock()
	return false, g.sendFrozen(s, exported, send)
}

// notFrozen undoes the beginning of freeze. later means that the connection can be frozen later.
func (g *giver) notFrozen(s *Socket, err error) (later bool) {
	switch {
	case errors.Is(err, driver.ErrBusy):
		return true
	case errors.Is(err, driver.ErrFixed):
		g.fixed[s] = err.Error()
	}
	s.stay()
	return false
}

// export returns what the handler adds to the state of a connection.
func (g *giver) export(s *Socket) (exported []byte, err error) {
	mover, ok := g.server.version.Load().handler.(Mover)
	if !ok {
		return nil, nil
	}
	if !g.server.call("export", s, func() { exported, err = mover.Export(s) }) {
		return nil, errHandlerFailed
	}
	return exported, err
}

var errHandlerFailed = errors.New("linger: the handler has panicked")

func (g *giver) sendFrozen(s *Socket, exported []byte, send func(handover.Connection) error) error {
	if s.isFlagged(flagAnnounced) {
		g.state = s.appendState(g.state[:0], exported)
		return send(handover.Connection{ID: s.id, State: g.state, File: -1})
	}
	return sendWith(s.conn.Load(), handover.Connection{ID: s.id, State: s.appendState(s.appendFixed(nil), exported)}, send)
}

// takeFrozen returns the connections of the round in progress, and ends it.
func (g *giver) takeFrozen() []*Socket {
	g.mu.Lock()
	defer g.mu.Unlock()
	sockets := g.frozen
	g.frozen = nil
	return sockets
}

// hasFrozen reports whether the round in progress has a connection.
func (g *giver) hasFrozen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.frozen) > 0
}
