package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// settleTime bounds the time in which events finish that were in progress when a hand-over began to settle the application. All
// clients wait for so long, because the new process needs the storage to serve them.
const settleTime = 2 * time.Second

// settlePoll is the time between two looks at what is in progress.
const settlePoll = time.Millisecond

// objectMoving is the message of the exception of events in progress whose object was reset for a hand-over.
const objectMoving = "Durable Object reset because it moves to a new process."

// objectMoved is the message of the exception of calls of an object that has moved.
const objectMoved = "The Durable Object has moved to the new process of an upgrade: send the request again."

// objectElsewhere is the message of the exception of calls of an object before the new process of a hand-over has taken over.
const objectElsewhere = "Durable Objects cannot be called while the application is loaded: another process has them until the hand-over."

// settle brings an application that stores something to rest, so that its data directory can be closed: requests that arrive wait, events
// in progress finish, for settleTime at most, and then all objects are evicted, whose events wait too.
func (a *App) settle(ctx context.Context) error {
	a.inputs.close()
	a.clocks.pause()
	a.objects.pauseAlarms(true)
	bounded, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	awaitRest(bounded, a.isQuiet)
	a.objects.park()
	awaitRest(bounded, a.objects.areAtRest) // what has begun meanwhile
	a.evictObjects()
	a.sockets.suspend(ctx)
	if a.cluster != nil {
		a.cluster.suspend(ctx)
	}
	return nil
}

// awaitRest polls a condition until it is true or ctx ends.
func awaitRest(ctx context.Context, is func() bool) {
	for !is() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(settlePoll):
		}
	}
}

// isQuiet reports whether nothing is in progress that may use the storage.
func (a *App) isQuiet() bool {
	if a.pending.any() {
		return false
	}
	for _, w := range a.workers {
		if queued, _ := w.tasks.state(); queued > 0 {
			return false
		}
	}
	for _, d := range a.databases {
		if d.isRunning() {
			return false
		}
	}
	return a.objects.areQuiet()
}

// evictTime bounds the time in which the runtimes evict all objects. After that the objects are taken from them.
const evictTime = 2 * time.Second

// evictObjects makes all instances give up their objects. Events that are still in progress fail.
func (a *App) evictObjects() {
	for _, in := range a.objects.homes() {
		in.host.Enqueue(func() error { return in.resetObjects(objectMoving) })
	}
	ctx, cancel := context.WithTimeout(context.Background(), evictTime)
	defer cancel()
	awaitRest(ctx, func() bool { return len(a.objects.homes()) == 0 })
	for _, in := range a.objects.homes() {
		in.leaveObjects()
	}
}

// areQuiet reports whether no event of an object is in progress or waits.
func (all *objects) areQuiet() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, o := range all.byKey {
		if o.queued > 0 {
			return false
		}
	}
	return true
}

// areAtRest reports whether no event of an object is in progress.
func (all *objects) areAtRest() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, o := range all.byKey {
		if o.active > 0 {
			return false
		}
	}
	return true
}

// homes returns the instances that have objects.
func (all *objects) homes() []*instance {
	all.mu.Lock()
	defer all.mu.Unlock()
	var homes []*instance
	seen := map[*instance]bool{}
	for _, o := range all.byKey {
		if o.home != nil && !seen[o.home] {
			seen[o.home] = true
			homes = append(homes, o.home)
		}
	}
	return homes
}

// pauseAlarms sets whether alarms that are due wait.
func (all *objects) pauseAlarms(paused bool) {
	all.app.alarms.paused.Store(paused)
	if !paused {
		all.app.alarms.check()
	}
}

// park makes the events of all objects wait until unpark or refuse.
func (all *objects) park() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.parking = true
}

// unpark queues the events again that have waited since park.
func (all *objects) unpark() {
	all.mu.Lock()
	parked := all.parked
	all.parking, all.parked = false, nil
	all.mu.Unlock()
	for _, e := range parked {
		e.object.worker.tasks.add(e)
	}
}

// isParking reports whether events of objects wait.
func (all *objects) isParking() bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.parking
}

// refuse fails the events that have waited since park, and each later one, because the objects are in another process.
func (all *objects) refuse() {
	all.mu.Lock()
	parked := all.parked
	all.refusing, all.parked = true, nil
	all.mu.Unlock()
	for _, e := range parked {
		if _, isClose := e.input.(*script.HibernatableClose); e.socket != nil && !isClose { // the new process has the close events; otherwise the caller gets the exception, or the alarm is delivered by the new process
			all.app.opts.Logger.Error("event failed: its object has moved to a new process before the event began", e.attrs()...)
		}
		e.refuseMoved()
	}
}

// refuseMoved ends an event of an object that is in another process.
func (e *event) refuseMoved() {
	if e.delivery != nil && e.delivery.origin != nil { // the other node sends it to the new process
		e.placeAgain()
		return
	}
	if e.claim() {
		e.outcome = &script.Outcome{Failure: objectMoved}
	}
	e.end()
}

// yield closes the data directory for the new process.
func (a *App) yield(ctx context.Context) error {
	opened, err := a.data.take(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the storage is still in use, by a statement that takes long: %w", err)
	case opened != nil:
		a.reportClose(opened.store.Leave())
	}
	return nil
}

// An attempt to open the data directory again is repeated after reopenPause, because the new process may be about to close it. Every
// reopenAttempts attempts the error is logged.
const (
	reopenPause    = 50 * time.Millisecond
	reopenAttempts = 20
)

// resume undoes settle and yield, because the hand-over has failed.
func (a *App) resume() {
	for attempt := 1; a.stores && !a.data.isOpen() && !a.isStopping(); attempt++ {
		opened, err := a.openStore(a.opts.Data)
		if err == nil {
			a.setData(opened)
			break
		}
		if attempt%reopenAttempts == 0 {
			a.opts.Logger.Error("the data directory cannot be opened again after a hand-over that has failed; it is tried again", "error", err)
		}
		time.Sleep(reopenPause)
	}
	if a.cluster != nil {
		a.cluster.resume()
	}
	a.sockets.resume()
	a.objects.unpark()
	a.objects.pauseAlarms(false)
	a.clocks.resume()
	a.inputs.open()
}

// committed follows the commit of a hand-over: what is still in progress here has no storage and no objects any more, and sockets of
// scripts close as after a reload.
func (a *App) committed() {
	a.posts.setActive(false)
	a.clocks.stop()
	if a.stores {
		a.data.set(nil, errDataMoved)
		a.sockets.leave() // before their events are refused: the new process gets them
		a.objects.refuse()
		a.inputs.leave()
	}
	if a.cluster != nil {
		a.cluster.refuse(objectMoved)
	}
	for _, w := range a.workers {
		w.closeSockets()
	}
}

// closeSockets closes the WebSocket objects of the instance that serves, and the connections that are tied to it.
func (w *worker) closeSockets() {
	in := w.latestInstance()
	if in == nil {
		return
	}
	in.host.Enqueue(func() error {
		go in.sockets.closeForRestart(in.sockets.beginRestart(), in.generation.opts.Server.ShutdownTimeout)
		return nil
	})
}
