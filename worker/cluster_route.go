package worker

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/worker/internal/script"
)

// route decides where the events of an object are handled, and keeps their order while that is not known.
type route struct {
	all *clusterObjects
	ref script.ObjectRef
	key string // of its lease

	uses int       // the deliveries that are not done; guarded by clusterObjects.mu
	used time.Time // when uses became 0; guarded by clusterObjects.mu

	mu       sync.Mutex
	state    routeState
	node     string      // the node to which events are sent, in the states away and settling
	object   *object     // of this node, in the states here and leaving
	waiting  []*delivery // in order
	last     uint64      // the number of the last delivery
	asOf     uint64      // the value of last when the last attempt to place the object began
	inFlight int         // the events that were sent to another node and are not answered
	sending  bool        // an event is being sent
	sentTo   string      // the node to which the events in flight were sent
	running  bool        // a goroutine passes on what waits
	dropping bool        // dropLost is in progress: the object is placed again after that
	attempts int         // the attempts to place the object that have failed since the last success
	retry    *time.Timer // begins the next attempt; nil if none is planned
}

// routeState is what a node has found out about an object.
type routeState int

const (
	unplaced routeState = iota // the owner is not known
	placing                    // a goroutine asks for it
	here                       // this node owns the object, and has its storage
	away                       // another node owns it
	leaving                    // this node gives the object up; events wait for that
)

const (
	firstPlacePause = 20 * time.Millisecond // the pause before the first repeated attempt to place an object
	maxPlacePause   = time.Second
	placeTimeout    = 10 * time.Second // bounds an attempt, restoring the storage included
)

// delivery is an event on its way to its object, which may be on another node. It is a receiver.
type delivery struct {
	route  *route
	number uint64 // the order in the route
	event  *event
	cargo  *cargo        // nil for an event that only this node handles, such as an alarm
	origin *handledEvent // the event of another node that it is; nil for one of this node
	until  time.Time     // when it fails if it was not begun or sent
	object *object       // the object that handles it; valid in prepare

	located func(node string) // called instead of delivering an event, with "" if there is no owner in time; nil for an event
}

var _ receiver = (*delivery)(nil)

// call implements receiver.
func (d *delivery) call(c script.Call) script.Event { return d.object.call(c) }

// request implements receiver.
func (d *delivery) request(r *script.Request) script.Event { return d.object.request(r) }

// done implements receiver.
func (d *delivery) done() { d.route.all.done(d.route) }

// send implements receiver.
func (d *delivery) send(e *event, c *cargo, err error) (failure string) {
	app := d.route.all.app
	switch {
	case err != nil:
		return lossOf(err)
	case !app.isLoaded() && app.objects.isParking():
		return objectElsewhere
	}
	d.event, d.cargo, e.delivery = e, c, d
	d.until = time.Now().Add(app.config().opts.EventTimeout)
	return d.route.add(d)
}

// add adds a delivery, and returns why it cannot, "" for nothing.
func (r *route) add(d *delivery) (failure string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.waiting) >= maxObjectEvents:
		return objectOverloaded
	case r.all.ctx.Err() != nil: // the application has ended
		return objectUnplaced
	}
	r.last++
	d.number = r.last
	r.waiting = append(r.waiting, d)
	r.run()
	return ""
}

// returned adds a delivery again that was not begun where it was sent. The object has to be placed again.
func (r *route) returned(d *delivery) {
	i, _ := slices.BinarySearchFunc(r.waiting, d.number, func(one *delivery, number uint64) int {
		return int(one.number) - int(number) //nolint:gosec // small numbers
	})
	r.waiting = slices.Insert(r.waiting, i, d)
	d.object = nil
}

// run passes on what waits, or begins to place the object. One goroutine at a time does so, which keeps the order. mu is held, but not during the calls.
func (r *route) run() {
	if r.running {
		return
	}
	r.running = true
	for len(r.waiting) > 0 && r.isReady() {
		first := r.waiting[0]
		r.waiting[0] = nil
		r.waiting = r.waiting[1:]
		object, node, ref := r.object, r.node, r.ref
		if object == nil && first.isForwarded() {
			r.inFlight++
			r.sentTo, r.sending = node, true
		}
		r.mu.Unlock()
		switch {
		case first.located != nil && object != nil:
			first.located(r.all.node)
		case first.located != nil:
			first.located(node)
		case object != nil:
			first.deliver(object)
		default:
			r.forward(first, node, ref)
		}
		r.mu.Lock()
	}
	r.running = false
	if len(r.waiting) > 0 && r.state == unplaced && r.retry == nil && !r.dropping {
		r.state, r.asOf = placing, r.last
		go r.place(r.ref, slices.ContainsFunc(r.waiting, func(d *delivery) bool { return d.origin != nil }))
	}
}

// isForwarded reports whether the delivery is sent to the node that has the object, and answered.
func (d *delivery) isForwarded() bool { return d.cargo != nil && d.origin == nil }

// isReady reports whether the first delivery can be passed on. mu is held.
func (r *route) isReady() bool {
	switch r.state {
	case here:
		if _, ok := r.all.leases.Holds(r.key); !ok {
			go r.dropLost(r.loseLocked(), r.ref) // it takes the lock, and others
			return false
		}
		return r.inFlight == 0 // the last owner has answered what was sent to it before
	case away:
		if first := r.waiting[0]; first.origin != nil && first.number > r.asOf {
			r.state = unplaced // another node has found out that the object belongs here
			return false
		}
		return !r.sending && (r.inFlight == 0 || r.sentTo == r.node)
	case unplaced, placing, leaving:
	}
	return false
}

// deliver passes an event to the object of this node.
func (d *delivery) deliver(o *object) {
	d.object = o
	if failure := o.send(d.event, nil, nil); failure != "" {
		d.event.failWith(failure)
	}
}

// forward passes an event to the node that has the object.
func (r *route) forward(d *delivery, node string, ref script.ObjectRef) {
	switch {
	case d.origin != nil:
		d.answerMoved()
		return
	case d.cargo == nil:
		d.event.failWith(objectNotHere)
		return
	}
	record := &objectRecord{kind: recordCall, object: ref}
	if d.cargo.request != nil {
		record.kind = recordFetch
	}
	err := r.all.session(node).sendEvent(record, d.event, d.cargo, d, r.sentWhole)
	switch {
	case err == nil:
	case errors.Is(err, linger.ErrUnreachable), errors.Is(err, errNodeLost):
		r.moved(d, node)
	default:
		d.event.failWith(failureOf(err))
		r.answered()
	}
}

// answerMoved ends an event of another node that was not begun here.
func (d *delivery) answerMoved() {
	d.origin.answerMoved()
	d.cargo.args.drop()
	d.event.discardBody()
	d.event.onEnd = nil
	d.event.end()
	d.done()
}

// sentWhole records that an event was sent, or will not be.
func (r *route) sentWhole() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sending = false
	r.run()
}

// answered records that another node has answered an event.
func (r *route) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
	r.attempts = 0
	r.run()
}

// moved places the object again for a delivery that another node has not begun.
func (r *route) moved(d *delivery, node string) {
	r.mu.Lock()
	if r.all.ctx.Err() != nil { // the application has ended, and nothing waits any more
		r.mu.Unlock()
		d.event.failWith(objectUnplaced)
		r.answered()
		return
	}
	defer r.mu.Unlock()
	r.inFlight--
	if r.state == away && r.node == node {
		r.state = unplaced
		r.attempts++
	}
	r.returned(d)
	if r.state == unplaced && r.retry == nil {
		r.planLocked()
	}
	r.run()
}

// planLocked plans the next attempt to place the object. mu is held.
func (r *route) planLocked() {
	pause := min(firstPlacePause<<min(max(r.attempts-1, 0), 10), maxPlacePause)
	r.retry = time.AfterFunc(pause, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.retry = nil
		r.run()
	})
}

// place finds the owner of the object, and takes the object if that is this node. asked means that another node has sent an event for it.
func (r *route) place(ref script.ObjectRef, asked bool) {
	ctx, cancel := context.WithTimeout(r.all.ctx, placeTimeout)
	defer cancel()
	placed, err := r.all.find(ctx, r.key, asked)
	local := err == nil && placed.Node == r.all.node
	var o *object
	if local {
		if err = r.all.app.replicas.take(ctx, ref, placed.Token); err == nil {
			o = r.all.app.objects.use(ref)
		} else {
			r.giveBack()
		}
	}
	if err != nil {
		r.refuseForeign()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		r.state = unplaced
		r.attempts++
		r.planLocked()
		r.all.reportPlacing(ref, err)
	case local:
		o.placed.Store(true)
		r.state, r.object, r.attempts = here, o, 0
		r.all.counts.owned.Add(1)
	default:
		r.state, r.node = away, placed.Node
	}
	r.run()
}

// refuseForeign answers the events of other nodes: they ask the store, which may not answer this node.
func (r *route) refuseForeign() {
	r.mu.Lock()
	var foreign []*delivery
	r.waiting = slices.DeleteFunc(r.waiting, func(d *delivery) bool {
		if d.origin != nil {
			foreign = append(foreign, d)
		}
		return d.origin != nil
	})
	r.mu.Unlock()
	for _, d := range foreign {
		d.answerMoved()
	}
}

// find returns where an object is, which this node takes if it should have it.
func (all *clusterObjects) find(ctx context.Context, key string, asked bool) (lease.Placement, error) {
	select {
	case <-all.started:
	case <-ctx.Done():
		return lease.Placement{}, ctx.Err()
	}
	switch {
	case all.suspended.Load():
		return lease.Placement{}, errSuspended
	case asked:
		return all.leases.Take(ctx, key)
	}
	return all.leases.Place(ctx, key)
}

// giveBack gives up the entry of an object that could not be taken.
func (r *route) giveBack() {
	ctx, cancel := context.WithTimeout(r.all.ctx, placeTimeout)
	defer cancel()
	_ = r.all.leases.Release(ctx, r.key) // without it the next attempt finds that this node has the entry
}

// expire fails the deliveries that have waited for too long.
func (r *route) expire(now time.Time) {
	r.mu.Lock()
	var expired []*delivery
	r.waiting = slices.DeleteFunc(r.waiting, func(d *delivery) bool {
		late := now.After(d.until)
		if late {
			expired = append(expired, d)
		}
		return late
	})
	r.mu.Unlock()
	for _, d := range expired {
		r.all.counts.failed.Add(1)
		if d.located != nil {
			d.located("")
			continue
		}
		d.event.failWith(objectUnplaced)
	}
}

// lose gives up the object, because this node does not own it any more.
func (r *route) lose() {
	r.mu.Lock()
	if r.state != here && r.state != leaving {
		r.mu.Unlock()
		return
	}
	o, ref := r.loseLocked(), r.ref
	r.mu.Unlock()
	r.dropLost(o, ref)
}

// loseLocked gives up the object, which this node does not own any more, and returns it for dropLost. mu is held.
func (r *route) loseLocked() *object {
	o := r.object
	o.placed.Store(false)
	r.state, r.object, r.dropping = unplaced, nil, true
	r.all.counts.owned.Add(-1)
	return o
}

// dropLost resets an object that this node does not own any more, and lets nothing more leave it. Then the object may be placed again.
func (r *route) dropLost(o *object, ref script.ObjectRef) {
	o.gate.fail(errTakenOver)
	r.all.app.replicas.lose(ref, errTakenOver)
	o.reset(objectTakenOver)
	r.all.app.sockets.lose(o)
	o.done()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropping = false
	r.run()
}
