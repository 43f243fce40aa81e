package linger

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// taker is the server of the new process during a hand-over. Its methods that handover.Taker lists are called by one goroutine.
type taker struct {
	server   *Server
	opts     ReceiveOptions
	settings *settings // with which the connections have been made
	started  func()    // called once, in the first Start
	ended    chan struct{}

	feedTaken chan struct{} // closed when the old process has given up the channels of the cluster
	feedOnce  sync.Once

	waiting map[string]*Socket // announced connections whose state has not come
	round   []*arrival         // those whose state has come in this round
	rounds  uint16             // that have been committed

	mu  sync.Mutex // a leaf: held for a short time, under any other lock
	own heldOps    // what this process has done to arriving connections
	old heldOps    // what the old process has done to them
	out func(handover.Op) error
}

var _ handover.Taker = (*taker)(nil)

func newTaker(s *Server, opts ReceiveOptions) *taker {
	return &taker{server: s, opts: opts, settings: s.current.Load(), waiting: map[string]*Socket{}, ended: make(chan struct{}), feedTaken: make(chan struct{})}
}

// setState follows the state of the old server.
func (t *taker) setState(state []byte) error {
	next := *t.server.current.Load()
	r := wire.NewReader(state)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case serverNode:
			if t.server.randomNode {
				next.Node = r.String()
			}
		case serverIdle:
			if time.Duration(r.Int()) != next.IdleTimeout {
				next.idleChanged = t.server.age()
			}
		case serverLifetime:
			if time.Duration(r.Int()) != next.MaxLifetime {
				next.lifetimeChanged = t.server.age()
			}
		}
	}
	t.server.current.Store(&next)
	t.settings = &next
	return r.Err()
}

// Announced implements [handover.Taker].
func (t *taker) Announced(c handover.Connection) error {
	if c.Gone {
		t.drop(c.ID)
		return nil
	}
	a := &arrival{socket: t.newSocket(c.ID)}
	if err := a.setState(c.State); err != nil {
		return err
	}
	t.waiting[c.ID] = a.socket
	return t.adopt(a.socket, c.File)
}

// newSocket returns a connection of the old process.
func (t *taker) newSocket(id string) *Socket {
	return &Socket{server: t.server, id: id, move: awaited, traffic: newTraffic(&t.settings.Options)}
}

// adopt gives a connection its descriptor.
func (t *taker) adopt(s *Socket, fd int) error {
	conn, err := driver.Adopt(fd, t.server.connOptions(&t.settings.Options, s.halfOpen), func(op driver.Op) (int, error) { return t.divert(s, op) })
	if err != nil {
		return err
	}
	s.conn.Store(conn)
	return nil
}

// drop gives up a connection that has been announced and will not come.
func (t *taker) drop(id string) {
	s := t.waiting[id]
	if s == nil {
		return
	}
	delete(t.waiting, id)
	t.server.hub.unregister(s)
	s.conn.Load().Release()
}

// Moved implements [handover.Taker].
func (t *taker) Moved(c handover.Connection) error {
	if c.ID == "" {
		return t.setApplicationState(c.State)
	}
	s := t.waiting[c.ID]
	announced := s != nil
	if !announced {
		s = t.newSocket(c.ID)
	}
	a := &arrival{socket: s}
	if err := a.setState(c.State); err != nil {
		return err
	}
	if !announced {
		if err := t.adopt(s, c.File); err != nil {
			return err
		}
	}
	delete(t.waiting, c.ID)
	s.mu.Lock()
	s.move = arriving
	s.mu.Unlock()
	s.flags.Or(flagArriving)
	t.round = append(t.round, a)
	return t.restore(a)
}

// restore completes a connection whose state has come: it restores the driver and the state of the handler.
func (t *taker) restore(a *arrival) error {
	s := a.socket
	if err := s.conn.Load().Restore(a.driver); err != nil {
		return fmt.Errorf("linger: the state of connection %s cannot be used: %w", s.id, err)
	}
	mover, ok := t.server.version.Load().handler.(Mover)
	if !ok || a.exported == nil {
		return nil
	}
	var err error
	if !t.server.call("import", s, func() { err = mover.Import(s, a.exported) }) {
		err = errHandlerFailed
	}
	if err == nil {
		return nil
	}
	if t.rounds == 0 {
		return fmt.Errorf("linger: the application cannot take connection %s over: %w", s.id, err)
	}
	t.server.options().Logger.Error("hand-over: the application cannot take a connection over, which is closed", "connection", s.id, "error", err)
	a.failed = true
	return nil
}

// setApplicationState passes on the state of the application.
func (t *taker) setApplicationState(state []byte) error {
	if t.opts.State == nil {
		return nil
	}
	return t.opts.State(state)
}

// Take implements [handover.Taker].
func (t *taker) Take(ctx context.Context) error {
	if t.opts.Take != nil {
		return t.opts.Take(ctx)
	}
	return nil
}

// Commit implements [handover.Taker]. The hub is locked while Committed is written and the connections enter it, so that each
// publication is delivered by one of the processes.
func (t *taker) Commit(committed func() error) error {
	h := &t.server.hub
	h.mu.Lock()
	defer h.unlock()
	if err := committed(); err != nil {
		return err
	}
	t.rounds++
	for _, a := range t.round {
		a.socket.round = t.rounds
		h.add(a.socket)
		for _, channel := range a.channels {
			h.join(a.socket, channel)
			if member, is := a.members[channel]; is {
				_ = h.presence.enter(a.socket, channel, member) // the old process has bounded them
			}
		}
	}
	if t.rounds == 1 {
		for _, s := range t.waiting {
			h.add(s)
		}
	}
	return nil
}

// Start implements [handover.Taker]. The connections that were frozen last, which are busy, start first.
func (t *taker) Start(forward func(handover.Op) error) {
	t.mu.Lock()
	t.out = forward
	t.mu.Unlock()
	round := t.round
	t.round = nil
	slices.Reverse(round)
	inTurn(round, t.start)
	if t.started == nil {
		return
	}
	if f := t.server.hub.feed; f != nil {
		go f.take(t)
	}
	if t.opts.Started != nil {
		t.opts.Started()
	}
	t.started()
	t.started = nil
}

// start makes a connection one of this process.
func (t *taker) start(a *arrival) {
	s := a.socket
	t.server.admission.add(addressGroup(s.request.addr()))
	s.flags.Or(flagAdmissionReleased) // by the upgrade handler, which was called in another process
	s.start(func() []driver.Op {
		t.mu.Lock()
		defer t.mu.Unlock()
		s.flags.And(^uint32(handoverFlags))
		return append(t.old.takeCalls(s), t.own.takeCalls(s)...)
	})
	if t.server.current.Load() != t.settings { // Reconfigure was called since the connection was announced
		s.reconfigure()
	}
	if a.failed {
		s.closeFor(handlerFailed)
	}
}

// divert is what is called on a connection that is not one of this process, or not yet. It is called with the lock of its driver held.
func (t *taker) divert(s *Socket, op driver.Op) (queued int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.isFlagged(flagArriving) {
		return 0, t.own.call(s, op)
	}
	if t.out == nil || t.out(heldOp{call: op}.forwarded(s)) != nil {
		return 0, protocol.ErrClosing
	}
	return 0, nil
}

// change is divert for what is not a call of the driver, on a connection of the old process.
func (t *taker) change(op handover.Op) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out != nil {
		_ = t.out(op) // fails if the link has ended, and the connection with it
	}
}

// publish passes a publication to the old process. The lock of the hub is held.
func (t *taker) publish(p publication) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out != nil {
		_ = t.out(publishOp(p))
	}
}

// Apply implements [handover.Taker].
func (t *taker) Apply(op handover.Op) {
	switch op.Kind {
	case opPublish:
		t.publishForwarded(parsePublication(op))
		return
	case opChannel:
		t.server.hub.feed.followElsewhere(op.Channel, uintField(op.Body, bodySubscribed) != 0)
		return
	case opFeedGiven:
		t.server.hub.feed.taken()
		t.feedOnce.Do(func() { close(t.feedTaken) })
		return
	}
	s := t.server.Socket(op.ID)
	switch {
	case s == nil:
	case s.isFlagged(flagArriving):
		s.applyForwarded(op, func(call driver.Op) {
			t.mu.Lock()
			defer t.mu.Unlock()
			_ = t.old.call(s, call) // the old process has bounded them
		})
	default:
		s.applyForwarded(op, nil)
	}
}

// publishForwarded delivers a publication that the old process has passed on.
func (t *taker) publishForwarded(p publication) {
	if f := t.server.hub.feed; f != nil && p.sequence != 0 {
		if o := f.overlap.Load(); o != nil && !o.passOn(p.publicationID) {
			return
		}
	}
	t.server.publishForwarded(p, func(s *Socket) bool { return uint64(s.round) > p.round })
}

// Abandon implements [handover.Taker].
func (t *taker) Abandon(error) {
	for _, a := range t.round {
		t.server.hub.unregister(a.socket)
		a.socket.conn.Load().Release()
	}
	t.round = nil
}

// end gives up what has not come, after the end of the link.
func (t *taker) end() {
	for id := range t.waiting {
		t.drop(id)
	}
	t.server.hub.feed.taken()
	t.server.hub.feed.leaveElsewhere()
}
