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

// evictIdle asks the runtime to evict the objects that have been idle for long enough.
func (in *instance) evictIdle() {
	for _, one := range in.app.objects.takeIdle(in) {
		if in.unusable {
			return
		}
		if err := in.dispatch(0, &script.ObjectIdle{Object: one.object.number}); err != nil {
			in.reportFailure(nil, err, Position{})
		}
		in.app.objects.keep(one)
	}
}

// takeIdle returns the objects of an instance that have been idle for long enough.
func (all *objects) takeIdle(in *instance) []idleObject {
	all.mu.Lock()
	defer all.mu.Unlock()
	return in.objects.take(time.Now().Add(-all.app.opts.evictAfter()))
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
	all := in.app.objects
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(in.objects.idle) == 0 {
		return time.Time{}, false
	}
	return in.objects.idle[0].since.Add(in.app.opts.evictAfter()), true
}

// handOverTimeout bounds the time in which an instance, after a reload, finishes the events of an object before the next instance gets it.
const handOverTimeout = 10 * time.Second

// handOver gives up the objects of an instance that a newer version has replaced: at once if they are idle, otherwise when their events in
// progress are complete. Objects that are not idle after handOverTimeout are reset.
func (in *instance) handOver() {
	all := in.app.objects
	all.leaveAll(in, true)
	if busy := all.homedIn(in); len(busy) > 0 {
		time.AfterFunc(handOverTimeout, func() { in.host.Enqueue(func() error { return in.resetObjects(objectUpdated) }) })
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

// Evicted implements [script.ObjectCalls].
func (h *hostAPI) Evicted(object int) {
	if o := h.app.objects.find(object); o != nil {
		h.caller.leaveObject(o)
	}
}

// leaveObject gives up an object, which the runtime has dropped.
func (in *instance) leaveObject(o *object) { o.leave(in, false) }
