package worker

import (
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// defaultEviction is the time after which an idle object is evicted if SleepAfter is 0.
const defaultEviction = 10 * time.Second

// evictAfter returns the time without events after which an object is evicted.
func (o *Options) evictAfter() time.Duration {
	if o.SleepAfter > 0 {
		return o.SleepAfter
	}
	return defaultEviction
}

// enterObject reports whether the instance may begin an event of an object now. If the worker has as many objects as it may have, the
// one that has been idle for longest is evicted.
func (in *instance) enterObject(e *event) bool {
	o := e.object
	if in.app.sockets != nil && e.isDeparted() && e.reroute() {
		return false
	}
	entry := o.enter(in, e)
	if entry == crowded && in.runtime.Process() != 0 && e.evictions < maxEvictions && in.evictOldest() {
		e.evictions++
		in.crowded = e
		return false
	}
	for attempt := 0; entry == crowded && attempt < maxEvictions && in.evictOldest(); attempt++ { // an object may have work in progress
		entry = o.enter(in, e)
	}
	switch entry {
	case refused:
		e.refuseMoved()
	case elsewhere:
		e.placeAgain()
	case crowded:
		in.refuseCrowded(e)
	case entered, waits:
	}
	return entry == entered
}

// refuseCrowded refuses an event of an object for which there is no room.
func (in *instance) refuseCrowded(e *event) {
	if !e.claim() {
		return
	}
	e.outcome = &script.Outcome{Failure: objectOverloaded}
	in.app.opts.Logger.Error("event refused: the worker has as many Durable Objects in memory as it may have, and none is idle",
		append(e.attrs(), "limit", in.generation.opts.MaxObjects)...)
	in.traceFailure(e, objectOverloaded, Position{})
	e.end()
}

// resumeCrowded handles the event that waits for the eviction of an object, when the application has answered. After the retirement it returns
// the event to the queue.
func (in *instance) resumeCrowded() {
	e := in.crowded
	switch {
	case e == nil:
	case closed(in.retired):
		in.crowded = nil
		in.worker.tasks.putBack([]*event{e})
	case in.runtime.Handled(0):
		in.crowded = nil
		in.handleTask(task{event: e})
	}
}

// hasRoom reports whether the instance can begin another event.
func (in *instance) hasRoom() bool { return in.crowded == nil && in.runtime.Room() }

// maxEvictions bounds the idle objects that are asked to make room for an event.
const maxEvictions = 16

// evictOldest asks the runtime to evict the object that has been idle for longest, and reports whether there is one.
func (in *instance) evictOldest() bool {
	all := in.app.objects
	all.mu.Lock()
	oldest, ok := in.objects.oldest()
	all.mu.Unlock()
	if !ok || in.unusable {
		return false
	}
	in.evict(oldest)
	return true
}

// evictIdle asks the runtime to evict the objects that have been idle for long enough.
func (in *instance) evictIdle() {
	before := in.worker.objects.Load()
	if before == 0 { // without a lock, for applications without objects
		return
	}
	for _, one := range in.app.objects.takeIdle(in) {
		if in.unusable {
			return
		}
		in.evict(one)
	}
	remaining := in.worker.objects.Load()
	in.evicted += before - remaining
	if in.evicted >= max(minCollect, remaining/2) {
		in.evicted = 0
		in.runtime.Collect()
	}
}

// minCollect is the number of evicted objects whose memory is freed together. They are more if many remain, as the time that it takes depends
// on these.
const minCollect = 16

// evict asks the runtime to evict an object.
func (in *instance) evict(one idleObject) {
	if err := in.dispatch(0, &script.ObjectIdle{Object: one.object.number}); err != nil {
		in.reportFailure(nil, err, Position{})
	}
	in.app.objects.keep(one)
}

// takeIdle returns the objects of an instance that have been idle for long enough.
func (all *objects) takeIdle(in *instance) []idleObject {
	all.mu.Lock()
	defer all.mu.Unlock()
	return in.objects.take(time.Now().Add(-all.app.config().opts.evictAfter()))
}

// keep records an object that was not evicted as idle again, because it has work in progress.
func (all *objects) keep(one idleObject) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if o := one.object; o.home != nil && !one.isStale() {
		o.home.objects.addIdle(o)
	}
}

// nextEviction returns the time at which the next object of an instance is idle for long enough, and reports whether there is one.
func (in *instance) nextEviction() (time.Time, bool) {
	if in.worker.objects.Load() == 0 {
		return time.Time{}, false
	}
	all := in.app.objects
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(in.objects.idle) == 0 {
		return time.Time{}, false
	}
	return in.objects.idle[0].since.Add(in.generation.opts.evictAfter()), true
}

// giveUpTimeout bounds the time in which an instance, after a reload, finishes the events of an object before the next instance gets it.
const giveUpTimeout = 10 * time.Second

// giveUpObjects gives up the objects of an instance that a newer version has replaced: at once if they are idle, otherwise when their events in
// progress are complete. Objects that are not idle after giveUpTimeout are reset.
func (in *instance) giveUpObjects() {
	if len(in.app.objects.homedIn(in)) == 0 {
		return
	}
	in.host.Enqueue(func() error {
		for _, o := range in.app.objects.homedIn(in) {
			if !o.isActive() {
				in.leaveObject(o)
			}
		}
		return nil
	})
	time.AfterFunc(giveUpTimeout, func() { in.host.Enqueue(func() error { return in.resetObjects(objectUpdated) }) })
}

// leaveObjects gives up all objects, after the loop or if that is stuck.
func (in *instance) leaveObjects() {
	for _, o := range in.app.objects.homedIn(in) {
		in.leaveObject(o)
	}
}

// resetObjects resets all objects of the instance.
func (in *instance) resetObjects(message string) error {
	for _, o := range in.app.objects.homedIn(in) {
		if err := in.dispatchInTurn(&script.ObjectReset{Object: o.number, Message: message}); err != nil {
			return err
		}
	}
	return nil
}

// Evicted implements [script.ObjectCalls]. A runtime in another process may have got further events of the object by then, for which it
// constructs it again.
func (h *hostAPI) Evicted(object int) {
	switch o := h.app.objects.find(object); {
	case o == nil:
	case o.isActive() && !h.app.opts.Runtime.inProcess():
		h.caller.renewObject(o)
	default:
		h.caller.leaveObject(o)
	}
}

// leaveObject gives up an object.
func (in *instance) leaveObject(o *object) {
	in.releaseStorage(o)
	o.leave(in)
}

// renewObject prepares for the next instance of the class of an object that stays here.
func (in *instance) renewObject(o *object) {
	if o.isIn(in) {
		in.releaseStorage(o)
		o.gate.recover()
	}
}
