package worker

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker/internal/script"
)

// relayedObject is an object of another node that has connections here.
type relayedObject struct {
	all *clusterSockets
	ref script.ObjectRef

	auto    atomic.Pointer[script.AutoResponse] // nil for none
	timeout atomic.Int64                        // the time in which the events of its WebSockets must be handled, in ns

	// Guarded by clusterSockets.mu.
	relays   map[*relay]struct{}
	placing  bool // a goroutine looks for the owner
	attempts int  // since a connection was attached
}

// The pauses between attempts to find an owner.
const (
	firstFindPause = 20 * time.Millisecond
	maxFindPause   = time.Second
)

// relayedObject returns the object of a WebSocket. mu is held.
func (all *clusterSockets) relayedObject(state *movedSocket) *relayedObject {
	key := objectKey{state.object.Class, state.object.ID}
	o := all.objects[key]
	if o == nil {
		o = &relayedObject{all: all, ref: state.object, relays: map[*relay]struct{}{}}
		all.objects[key] = o
	}
	if state.auto != nil {
		o.auto.Store(state.auto)
	}
	if state.eventTimeout != 0 {
		o.timeout.Store(int64(state.eventTimeout))
	}
	return o
}

// find looks for the owner of the object, for the connections that are not attached.
func (o *relayedObject) find() {
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	if !o.placing && !o.all.suspending {
		o.placing = true
		go o.place()
	}
}

// place attaches the connections that have no owner to the next one.
func (o *relayedObject) place() {
	for o.hasLost() && o.all.ctx.Err() == nil {
		o.pause()
		select {
		case o.all.placing <- struct{}{}:
		case <-o.all.ctx.Done():
			continue
		}
		node, err := o.all.ownerOf(o.ref)
		<-o.all.placing
		if err != nil {
			o.all.report("the owner of a Durable Object with WebSockets was not found; it is tried again", "class", o.ref.Class, "object", o.ref.ID, "error", err)
		}
		for _, r := range o.lost() {
			switch {
			case r.isOverdue():
				r.giveUp("no node could take its object in time")
			case err == nil:
				r.move(node)
			}
		}
	}
}

// ownerOf returns the node that owns an object. It blocks until that is known and the node can be reached.
func (all *clusterSockets) ownerOf(ref script.ObjectRef) (node string, err error) {
	ctx, cancel := context.WithTimeout(all.ctx, maxAcquiring)
	defer cancel()
	all.owners.unsettle(ref)
	node, err = all.owners.place(ctx, ref)
	if err == nil && !slices.Contains(all.cluster.Nodes(), node) {
		return "", fmt.Errorf("its owner %s: %w", node, linger.ErrUnreachable)
	}
	return node, err
}

// pause waits before another attempt.
func (o *relayedObject) pause() {
	o.all.mu.Lock()
	attempts := o.attempts
	o.attempts++
	o.all.mu.Unlock()
	if attempts == 0 {
		return
	}
	select {
	case <-time.After(min(firstFindPause<<min(attempts, 10), maxFindPause)):
	case <-o.all.ctx.Done():
	}
}

// hasLost reports whether a connection is not attached. If none is, the caller does not look for the owner any more.
func (o *relayedObject) hasLost() bool {
	for {
		o.all.mu.Lock()
		suspending := o.all.suspending
		o.all.mu.Unlock()
		if !suspending && len(o.lost()) > 0 {
			return true
		}
		o.all.mu.Lock()
		o.placing = false
		if len(o.relays) == 0 && o.all.objects[objectKey{o.ref.Class, o.ref.ID}] == o {
			delete(o.all.objects, objectKey{o.ref.Class, o.ref.ID})
		}
		o.all.mu.Unlock()
		if len(o.lost()) == 0 {
			return false
		}
		o.all.mu.Lock() // one was lost in between
		again := !o.placing && !o.all.suspending
		if !again {
			o.all.mu.Unlock()
			return false
		}
		o.placing = true
		o.all.mu.Unlock()
	}
}

// lost returns the connections that are not attached.
func (o *relayedObject) lost() []*relay {
	o.all.mu.Lock()
	relays := make([]*relay, 0, len(o.relays))
	for r := range o.relays {
		relays = append(relays, r)
	}
	o.all.mu.Unlock()
	lost := relays[:0]
	for _, r := range relays {
		if r.isOn(nil) {
			lost = append(lost, r)
		}
	}
	return lost
}

// isOverdue reports whether the connection has had no owner for too long.
func (r *relay) isOverdue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.since) > r.all.bound
}

// move attaches the connection to the owner of its object.
func (r *relay) move(node string) {
	r.all.counts.moved.Add(1)
	if node == r.all.cluster.Node() {
		r.settleHere()
		return
	}
	r.attachTo(r.all.mesh.Stream(node), &socketRecord{kind: socketAttach, state: r.appendState(nil)})
}

// appendState appends the state of the WebSocket for its next owner.
func (r *relay) appendState(b []byte) []byte {
	b = r.state.hibernatable.appendFields(b, r.object.ref)
	if auto := r.object.auto.Load(); auto != nil {
		b = wire.AppendString(b, stateAutoRequest, auto.Request)
		b = wire.AppendString(b, stateAutoResponse, auto.Response)
	}
	return wire.AppendUint(b, stateEventTimeout, uint64(r.object.timeout.Load())) //nolint:gosec // not negative
}

// settleHere connects the WebSocket with its object, which is on this node now.
func (r *relay) settleHere() {
	r.mu.Lock()
	m, err := readMovedSocket(r.appendState(nil))
	if r.given || r.successor != nil || r.stream != nil {
		r.mu.Unlock()
		return
	}
	var s *hibernatable
	if err == nil {
		s, err = r.all.app.objects.importSocket(m)
	}
	r.successor = s
	r.mu.Unlock()
	if err != nil {
		r.giveUp("its object did not accept it: " + err.Error())
		return
	}
	r.all.app.assignments.replace(r.socket, s)
	s.late.connect(r.socket)
	r.pass()
	r.forget()
}

// pass passes the events that the object has not begun to the WebSocket, one at a time, after the object has come to this node.
func (r *relay) pass() {
	r.mu.Lock()
	if len(r.events) == 0 {
		finish := r.finish
		r.finish, r.completion = nil, nil
		r.mu.Unlock()
		if finish != nil {
			finish()
		}
		return
	}
	event := r.events[0]
	r.events = r.events[1:]
	r.mu.Unlock()
	passDistant(r.successor, event, func() {}, r.pass)
}
