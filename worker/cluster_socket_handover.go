package worker

import (
	"context"
	"errors"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// A connection of this node whose object is on another one moves to the new process of a hand-over in three steps: its owner confirms that it keeps what the object
// sends (suspend), the connection moves with the state of its WebSocket, and the new process attaches it to the owner again.

// errUnsettled is the reason for which such a connection does not move.
var errUnsettled = errors.New("its object is on another node, which did not confirm in time that the connection moves")

// suspend makes the owners keep what they send to connections of this node. It blocks until all have confirmed that, for settleTime at most.
func (all *clusterSockets) suspend(ctx context.Context) {
	if all == nil {
		return
	}
	all.mu.Lock()
	all.suspending = true
	all.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	awaitRest(ctx, func() bool {
		rest := true
		for _, r := range all.allRelays() {
			rest = r.suspend() && rest
		}
		return rest
	})
}

// resume attaches the connections again, because the hand-over has failed.
func (all *clusterSockets) resume() {
	if all == nil {
		return
	}
	all.mu.Lock()
	all.suspending = false
	all.mu.Unlock()
	for _, s := range all.app.objects.hibernatables.list() { // the objects are placed again, with their storage
		s.depart()
	}
	all.findAll()
}

// deliverEnded passes the end of a connection, in the old process of a hand-over, to the object of its WebSocket.
func (all *clusterSockets) deliverEnded(ended endedWebSocket) {
	for late := time.Now().Add(all.bound); time.Now().Before(late) && all.ctx.Err() == nil; {
		if node, err := all.ownerOf(ended.moved.object); err == nil && node == all.cluster.Node() {
			all.app.objects.passEnded(ended)
			return
		}
		select {
		case <-time.After(maxFindPause):
		case <-all.ctx.Done():
		}
	}
	all.app.opts.Logger.Error("the close event of a WebSocket that has ended during the hand-over cannot be delivered: its object is not on this node any more",
		"class", ended.moved.object.Class, "object", ended.moved.object.ID)
}

// findAll looks for the owners of connections that are not attached.
func (all *clusterSockets) findAll() {
	for _, r := range all.allRelays() {
		if r.object != nil && r.isOn(nil) {
			r.object.find()
		}
	}
}

// leave gives up the connections of other nodes, after the hand-over: the new process has their objects.
func (all *clusterSockets) leave() {
	if all == nil {
		return
	}
	all.mu.Lock()
	distants := make([]*distant, 0, len(all.distants))
	for _, d := range all.distants {
		distants = append(distants, d)
	}
	all.mu.Unlock()
	for _, d := range distants {
		d.detach()
	}
}

// suspend asks the owner to keep what it sends, when no event of the connection is in progress. It reports whether the connection can move.
func (r *relay) suspend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.object == nil || r.given || r.successor != nil:
		return true
	case r.finish != nil:
		return false
	case r.stream == nil:
		return true
	case !r.asked:
		r.asked = true
		r.all.send(r.stream, &socketRecord{kind: socketSuspend, link: r.link})
	}
	return false
}

// setSuspended records that the owner keeps what it sends.
func (r *relay) setSuspended() {
	r.mu.Lock()
	r.leaveStream()
	r.since = time.Now()
	r.mu.Unlock()
	r.object.find() // if the hand-over has failed meanwhile
}

// movable returns why the connection cannot move to another process, nil if it can.
func (r *relay) movable() error {
	if r.object == nil {
		return errPairSocket
	}
	r.all.mu.Lock()
	suspending := r.all.suspending
	r.all.mu.Unlock()
	if suspending && !r.isOn(nil) {
		return errUnsettled
	}
	return nil
}

// export returns the state of the WebSocket for another process.
func (r *relay) export() []byte {
	b := wire.AppendUint(r.appendState(nil), stateConnection, r.id)
	return wire.AppendUint(b, stateKind, kindRelayed) // in place of that of a WebSocket whose object is here
}

// importRelay adds a connection that has moved to this process and whose object was on another node.
func (a *App) importRelay(socket *linger.Socket, m *movedSocket) error {
	if a.sockets == nil {
		return errNoCluster
	}
	r := a.sockets.newRelay(socket, m)
	r.id = m.connection
	a.assignments.add(socket, &assignment{worker: r.worker, object: r})
	return nil
}

// suspendedSocket is a hibernatable WebSocket of this node whose connection, on another node, moves to another process.
type suspendedSocket struct {
	socket *hibernatable
	expiry *time.Timer
}

// suspend keeps what the object sends until the connection is attached again. If it is not, the WebSocket ends.
func (d *distant) suspend() {
	s, ok := d.hibernatable()
	if !ok {
		return
	}
	s.late.suspend(d)
	d.all.addSuspended(d.id, s)
	d.mu.Lock()
	d.sendLocked(&socketRecord{kind: socketSuspended, number: d.begun})
	d.redirect = &s.late
	d.mu.Unlock()
	d.leave()
}

// addSuspended adds a WebSocket whose connection was suspended. Another one that has a connection with this id ends, because its connection cannot be told apart and
// is not attached any more.
func (all *clusterSockets) addSuspended(id uint64, s *hibernatable) {
	one := &suspendedSocket{socket: s}
	all.mu.Lock()
	before := all.suspended[id]
	one.expiry = time.AfterFunc(all.bound, func() { all.expireSuspended(id, one) })
	all.suspended[id] = one
	all.mu.Unlock()
	if before != nil {
		before.expiry.Stop()
		before.end()
	}
}

// expireSuspended ends a WebSocket whose connection was not attached again.
func (all *clusterSockets) expireSuspended(id uint64, one *suspendedSocket) {
	all.mu.Lock()
	waiting := all.suspended[id] == one
	if waiting {
		delete(all.suspended, id)
		all.former.add(id)
	}
	all.mu.Unlock()
	if waiting {
		one.end()
	}
}

// end passes the end of the connection to the object.
func (s *suspendedSocket) end() {
	s.socket.passEnd(distantEnd{status: protocol.Status{Code: protocol.CloseAbnormal}}, func() {}, func() {})
}

// hibernatable returns the WebSocket if it is hibernatable.
func (d *distant) hibernatable() (*hibernatable, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.socket.(*hibernatable)
	return s, ok
}

// takeSuspended returns the WebSocket whose connection was suspended, nil if there is none.
func (all *clusterSockets) takeSuspended(id uint64) *hibernatable {
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.suspended[id]
	if s == nil {
		return nil
	}
	delete(all.suspended, id)
	s.expiry.Stop()
	return s.socket
}
