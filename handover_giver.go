package linger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// giver is the server of the old process during a hand-over.
type giver struct {
	server *Server
	opts   HandoverOptions
	wake   chan struct{} // has a value if an event has ended, or a connection has been opened, of which Freeze should know

	send    func(handover.Connection) error // of Announce
	rounds  uint64                          // that have been committed; guarded by the lock of the hub
	state   []byte                          // memory for the state of a connection
	fixed   map[*Socket]string              // why connections cannot move
	closes  []*Socket                       // connections that the application does not let move
	givenUp int                             // events in progress
	cancel  context.CancelCauseFunc

	feedGiven chan struct{} // closed when the new process has the channels of the cluster
	hurry     chan struct{} // closed when connections that cannot move have to be closed
	leaveOnce sync.Once

	settling atomic.Bool // no event begins any more, also of connections that are opened
	requests atomic.Bool // HandoverOptions.Requests has not returned

	mu     sync.Mutex // a leaf: held for a short time, under any other lock
	held   heldOps    // on the frozen connections
	frozen []*Socket  // in the round in progress
	out    func(handover.Op) error

	releasing sync.WaitGroup // connections that have moved
}

var _ handover.Giver = (*giver)(nil)

func newGiver(s *Server, opts HandoverOptions) *giver {
	return &giver{
		server: s, opts: opts, wake: make(chan struct{}, 1), hurry: make(chan struct{}), feedGiven: make(chan struct{}),
		fixed: map[*Socket]string{},
	}
}

// wakeUp lets Freeze look at the connections again.
func (g *giver) wakeUp() {
	select {
	case g.wake <- struct{}{}:
	default: // it will
	}
}

// The fields of the state of a server.
const (
	serverNode     = 1
	serverIdle     = 2 // Options.IdleTimeout in ns
	serverLifetime = 3 // Options.MaxLifetime in ns
)

// appendState appends what the new process needs to know of the server.
func (s *Server) appendState(b []byte) []byte {
	o := s.options()
	b = wire.AppendString(b, serverNode, o.Node)
	b = wire.AppendInt(b, serverIdle, int64(o.IdleTimeout))
	return wire.AppendInt(b, serverLifetime, int64(o.MaxLifetime))
}

// Announce implements [handover.Giver].
func (g *giver) Announce(send func(handover.Connection) error) error {
	g.send = send
	list := g.server.hub.list("", nil)
	defer recycleList(list)
	for _, s := range *list {
		conn := s.conn.Load()
		if conn == nil || s.closing.Load() || conn.Movable() != nil {
			continue
		}
		s.flags.Or(flagAnnounced)
		err := sendWith(conn, handover.Connection{ID: s.id, State: s.appendFixed(nil)}, send)
		switch {
		case errors.Is(err, driver.ErrEnded):
			s.flags.And(^uint32(flagAnnounced))
		case err != nil:
			return err
		case g.server.hub.socket(s.id) != s:
			g.ended(s)
		}
	}
	return nil
}

// sendWith sends a connection with its descriptor, without its lock, because send may block.
func sendWith(conn *driver.Driver, c handover.Connection, send func(handover.Connection) error) error {
	err := conn.Descriptor(func(fd int) (err error) {
		c.File, err = handover.Duplicate(fd)
		return err
	})
	if err != nil {
		return err
	}
	defer handover.CloseFile(c.File)
	return send(c)
}

// ended lets the new process close its descriptor of a connection that has ended here.
func (g *giver) ended(s *Socket) {
	if s.flags.And(^uint32(flagAnnounced))&flagAnnounced != 0 {
		_ = g.send(handover.Connection{ID: s.id, File: -1, Gone: true}) // fails if the link has ended
	}
	g.wakeUp()
}

// Settle implements [handover.Giver].
func (g *giver) Settle(ctx context.Context) error {
	if g.opts.Pause != nil {
		g.opts.Pause()
	}
	if g.opts.Settle == nil {
		return nil
	}
	g.settling.Store(true)
	for s := range g.server.Sockets("") {
		s.leave()
	}
	return g.opts.Settle(ctx)
}

// divert is what is called on a connection that is frozen or has moved. It is called with the lock of its driver held.
func (g *giver) divert(s *Socket, op driver.Op) (queued int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !s.isFlagged(flagCommitted) {
		return 0, g.held.call(s, op)
	}
	if err := g.forward(heldOp{call: op}.forwarded(s)); err != nil {
		return 0, protocol.ErrClosing
	}
	return 0, nil
}

// change is divert for what is not a call of the driver. Without a socket it forwards op.
func (g *giver) change(s *Socket, op handover.Op) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s != nil && !s.isFlagged(flagCommitted) {
		g.held.change(s, op)
		return
	}
	_ = g.forward(op) // is counted as lost
}

// forward passes an operation to the new process. mu is held.
func (g *giver) forward(op handover.Op) error {
	if g.out == nil {
		return handover.ErrEnded
	}
	return g.out(op)
}

// publish passes a publication to the new process. The lock of the hub is held, so that the new process knows from the number of
// rounds which of its connections the publication has reached here.
func (g *giver) publish(p publication) {
	if g.rounds == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	p.round = g.rounds
	_ = g.forward(publishOp(p)) // is counted as lost
}

// Yield implements [handover.Giver].
func (g *giver) Yield(ctx context.Context) error {
	if g.opts.Yield != nil {
		return g.opts.Yield(ctx)
	}
	return nil
}

// Commit implements [handover.Giver]. The hub is locked while the connections leave it and what has been done to them is forwarded, so
// that each publication is delivered by one of the processes, in order.
func (g *giver) Commit(forward func(handover.Op) error) {
	sockets := g.takeFrozen()
	h := &g.server.hub
	h.mu.Lock()
	g.mu.Lock()
	g.out = forward
	for _, s := range sockets {
		s.flags.Or(flagCommitted)
	}
	for s, ops := range g.held.takeAll() {
		for _, op := range ops {
			_ = forward(op.forwarded(s)) // is counted as lost
		}
	}
	g.mu.Unlock()
	g.rounds++
	first := g.rounds == 1
	for _, s := range sockets {
		h.remove(s)
	}
	if first && h.feed != nil {
		for channel := range h.channels {
			g.change(nil, channelOp(channel, true))
		}
	}
	h.change.Release()
	h.unlock()
	closes := g.closes // before Freeze is called again
	if first {
		g.requests.Store(true)
	}
	g.releasing.Go(func() {
		if first {
			g.committed(closes)
		}
		time.Sleep(releaseDelay)
		g.release(sockets)
	})
}

// releaseDelay is the time after which the descriptors of connections that have moved are closed, so that this does not take
// time from the new process while it starts them.
const releaseDelay = 50 * time.Millisecond

// release gives up the connections of a round.
func (g *giver) release(sockets []*Socket) {
	mover, _ := g.server.version.Load().handler.(Mover)
	for _, s := range sockets {
		s.release()
		g.server.drainer.Ended(s)
		if mover != nil {
			g.server.call("moved", s, func() { mover.Moved(s) })
		}
	}
}

// Apply implements [handover.Giver].
func (g *giver) Apply(op handover.Op) {
	switch op.Kind {
	case opLeave:
		g.leaveOnce.Do(func() { close(g.hurry) })
		return
	case opPublish:
		g.server.publishForwarded(parsePublication(op), nil)
		return
	case opFeedTake:
		g.giveFeed()
		return
	}
	if s := g.server.Socket(op.ID); s != nil {
		s.applyForwarded(op, nil)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.forward(op) // the connection has moved since the new process sent it; a failure is counted as lost
}
