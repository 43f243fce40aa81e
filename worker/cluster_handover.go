package worker

import (
	"context"
	"sync"

	"github.com/lingerws/linger/internal/lease"
)

// In a hand-over the new process goes on with the lease of the node, so that no object moves to another node: the old one gives up the storage of its objects, which
// are at rest, and yields the lease. Until the new process serves, other nodes that send something for an object of this node are answered that it has
// moved, and ask again.

// suspend gives up the storage of all objects, which are at rest, and the lease, until resume.
func (all *clusterObjects) suspend(ctx context.Context) {
	if !closed(all.started) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	all.suspended.Store(true)
	slots := make(chan struct{}, maxLeaving)
	var ending sync.WaitGroup
	for _, r := range all.allRoutes() {
		slots <- struct{}{}
		ending.Go(func() {
			r.suspend(ctx)
			<-slots
		})
	}
	ending.Wait()
	all.alarms.write(ctx)
	all.leases.Yield()
}

// suspend gives up the storage of the object, if it is here.
func (r *route) suspend(ctx context.Context) {
	r.mu.Lock()
	o, ref := r.object, r.ref
	if r.state != here {
		r.mu.Unlock()
		return
	}
	r.state = leaving
	r.mu.Unlock()
	if err := r.all.app.replicas.release(ctx, ref); err != nil {
		r.all.report("what a Durable Object has written is not all in the log of the cluster; the new process writes the rest", "", "class", ref.Class, "object", ref.ID, "error", err)
	}
	r.mu.Lock()
	left := r.state == leaving && r.object == o // otherwise the lease was lost meanwhile
	if left {
		o.placed.Store(false)
		r.state, r.object = unplaced, nil
		r.all.counts.owned.Add(-1)
		r.run()
	}
	r.mu.Unlock()
	if left {
		o.done()
	}
}

// resume undoes suspend, because the hand-over has failed. What waits is placed again.
func (all *clusterObjects) resume() {
	if all.suspended.CompareAndSwap(true, false) {
		all.leases.Resume()
	}
}

// refuse fails what waits for objects, which this process does not have any more. Other nodes are answered that they have moved.
func (all *clusterObjects) refuse(failure string) {
	for _, r := range all.allRoutes() {
		r.refuseForeign()
		r.mu.Lock()
		waiting := r.waiting
		r.waiting = nil
		r.mu.Unlock()
		for _, d := range waiting {
			d.refuse(failure)
		}
	}
}

func (d *delivery) refuse(failure string) {
	switch {
	case d.located != nil:
		d.located("")
	case d.origin != nil:
		d.answerMoved()
	default:
		d.event.failWith(failure)
	}
}

// errSuspended is the error of placing an object while the lease of the node is with another process.
var errSuspended = lease.ErrUnavailable

// incarnation returns what the new process needs to go on with the lease of the node.
func (all *clusterObjects) incarnation() string {
	if !closed(all.started) {
		return ""
	}
	all.suspended.Store(true)
	return all.leases.Yield()
}

// startReceived makes the new process of a hand-over an owner of objects. Until it has the lease, events of objects wait. If it cannot have it, they fail, and connections
// whose objects are on other nodes are closed as those without an owner.
func (a *App) startReceived() {
	if err := a.cluster.start(); err != nil {
		a.opts.Logger.Error("the new process cannot own Durable Objects; their events fail until the application is started again", "error", err)
		a.cluster.end()
	}
	if err := a.sockets.start(); err != nil {
		a.opts.Logger.Error("the new process cannot exchange the events of WebSockets with other nodes", "error", err)
	}
}
