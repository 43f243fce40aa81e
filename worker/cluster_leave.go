package worker

import (
	"context"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

const (
	leaveTime    = 5 * time.Second // the time in which the events in progress of an object that is given up can finish
	maxLeaving   = 32              // the objects that are given up at the same time
	objectStayed = "a Durable Object was not given up in order; another node takes it over when the lease of this one has ended"
)

// leave gives an object up as planned, so that another node can have it: its events in progress finish, what it has written goes to the log of the cluster,
// and the events that wait are sent to the next owner. It has no effect if the object is not here.
func (all *clusterObjects) leave(ctx context.Context, r *route) {
	r.mu.Lock()
	o, ref := r.object, r.ref
	if r.state != here {
		r.mu.Unlock()
		return
	}
	r.state = leaving
	r.mu.Unlock()
	all.app.sockets.hold(o)
	o.awaitQuiet(ctx)
	if !r.unplace(o) {
		all.app.sockets.release(o)
		return
	}
	o.leaveHome()
	all.app.sockets.release(o)
	err := all.app.replicas.release(ctx, ref)
	if err == nil {
		err = all.leases.Release(ctx, r.key)
	}
	if err != nil {
		all.report(objectStayed, "", "class", ref.Class, "object", ref.ID, "error", err)
	}
	r.mu.Lock()
	left := r.state == leaving && r.object == o // otherwise the lease was lost meanwhile
	if left {
		r.state, r.object = unplaced, nil
		all.counts.owned.Add(-1)
		r.run()
	}
	r.mu.Unlock()
	if left {
		o.done()
	}
}

// unplace lets no further event of an object begin, which is about to leave this node. It returns false if the node has lost the object meanwhile.
func (r *route) unplace(o *object) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != leaving || r.object != o {
		return false
	}
	o.placed.Store(false)
	return true
}

// leaveAll gives all objects up as planned. Other nodes take what has no owner from now on.
func (all *clusterObjects) leaveAll(ctx context.Context) {
	all.leases.Retire()
	slots := make(chan struct{}, maxLeaving)
	var leaving sync.WaitGroup
	for _, r := range all.allRoutes() {
		slots <- struct{}{}
		leaving.Go(func() {
			all.leave(ctx, r)
			<-slots
		})
	}
	leaving.Wait()
}

// followDrain gives all objects up as planned while the server is drained, because its process is about to end.
func (all *clusterObjects) followDrain() {
	draining := false
	switch all.app.server.DrainStatus().State {
	case linger.DrainWaiting, linger.DrainClosing, linger.DrainComplete, linger.DrainTimedOut:
		draining = true
	case linger.DrainCancelled:
	}
	if draining == all.draining {
		return
	}
	all.draining = draining
	if !draining {
		all.leases.Unretire()
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(all.ctx, time.Minute)
		defer cancel()
		all.leaveAll(ctx)
	}()
}

// awaitQuiet waits until the events of the object have ended, for leaveTime at most.
func (o *object) awaitQuiet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveTime)
	defer cancel()
	awaitRest(ctx, o.isQuiet)
}

// leaveHome takes the object from the instance that has it. What is in progress is reset.
func (o *object) leaveHome() {
	home := o.homeNow()
	if home == nil {
		return
	}
	o.reset(objectMoving)
	evicted, cancel := context.WithTimeout(context.Background(), evictTime)
	defer cancel()
	awaitRest(evicted, func() bool { return o.homeNow() == nil || home.hasEnded() })
	home.leaveObject(o)
}

// isQuiet reports whether no event of the object is in progress or waits.
func (o *object) isQuiet() bool {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	return o.queued == 0
}

// isUnused reports whether only the route of the object refers to it, and no instance has it.
func (o *object) isUnused() bool {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	return o.queued == 0 && o.uses == 1 && o.home == nil
}

// homeNow returns the instance that has the object at the moment, nil for none.
func (o *object) homeNow() *instance {
	o.objects.mu.Lock()
	defer o.objects.mu.Unlock()
	return o.home
}

// reset resets the object in the instance that has it.
func (o *object) reset(message string) {
	if home := o.homeNow(); home != nil {
		home.host.Enqueue(func() error {
			return home.dispatchInTurn(&script.ObjectReset{Object: o.number, Message: message})
		})
	}
}

// placeAgain passes on an event that was not begun, because this node does not own its object any more.
func (e *event) placeAgain() {
	d := e.delivery
	switch {
	case d != nil:
	case e.reroute():
		return
	default:
		e.failWith(objectTakenOver)
		return
	}
	e.object.ended(e)
	e.object = nil
	d.route.mu.Lock()
	defer d.route.mu.Unlock()
	d.route.returned(d)
	d.route.run()
}

// objectFenced gives up an object that another node has taken over, according to the log of the cluster.
func (a *App) objectFenced(ref script.ObjectRef) {
	if a.cluster == nil {
		return
	}
	r := a.cluster.use(ref)
	defer a.cluster.done(r)
	r.lose()
	ctx, cancel := context.WithTimeout(a.cluster.ctx, placeTimeout)
	defer cancel()
	_ = a.cluster.leases.Release(ctx, r.key) // fails if the other node has the entry already
}
