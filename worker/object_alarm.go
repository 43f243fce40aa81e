package worker

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// alarms delivers the alarms of objects at their times: at least once, also after a restart, because an alarm remains stored until its
// handler has succeeded. A handler that fails is called again, after a pause that doubles.
type alarms struct {
	app     *App
	paused  atomic.Bool   // alarms that are due wait
	changed chan struct{} // has an element if an alarm may have changed or ended
	stop    chan struct{} // closed by end
	ended   chan struct{} // closed when run has returned

	mu      sync.Mutex
	running map[objectKey]*alarm // the alarms that are delivered, or wait for another attempt
}

// alarm is an alarm that is due, until its handler has succeeded.
type alarm struct {
	key     objectKey
	name    string    // the name of the object; "" if it has none
	at      time.Time // the time for which it was set
	retries int       // the attempts that have failed
	next    time.Time // the time of the next attempt; zero while an attempt is in progress
	object  int       // the number of the object during an attempt
	reset   bool      // the handler has set or deleted the alarm; only the event loop of the attempt uses it
}

const (
	maxAlarms      = 1000            // bounds the alarms in running; the others wait
	alarmBackoff   = 2 * time.Second // the pause before the first repeated attempt
	maxAlarmTries  = 7               // an alarm whose handler has failed as often is given up
	alarmReadPause = 5 * time.Second // the pause after an error of reading the alarms
)

func newAlarms(a *App) *alarms {
	return &alarms{
		app: a, changed: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
		running: map[objectKey]*alarm{},
	}
}

// check makes run look for alarms. Any goroutine may call it.
func (all *alarms) check() {
	select {
	case all.changed <- struct{}{}:
	default: // there is an element already
	}
}

// run delivers alarms until end is called.
func (all *alarms) run() {
	defer close(all.ended)
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		select {
		case <-all.stop:
			return
		case <-all.changed:
		case <-clock.C:
		}
		clock.Reset(all.deliver())
	}
}

// end makes run return and blocks until it has.
func (all *alarms) end() {
	close(all.stop)
	<-all.ended
}

// deliver delivers the alarms that are due, and returns the time until the next one.
func (all *alarms) deliver() time.Duration {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.paused.Load() {
		return time.Hour // check is called at the end of the pause
	}
	data, err := all.app.data.acquire(false)
	if err != nil {
		return time.Hour // check is called when the data directory has been opened
	}
	defer all.app.data.release()
	stored, err := data.store.NextAlarms(len(all.running) + maxAlarms)
	if err != nil {
		all.app.opts.Logger.Error("the alarms of Durable Objects cannot be read", "error", err)
		return alarmReadPause
	}
	wait := time.Hour
	for _, one := range stored {
		key := objectKey{data.classes.name(one.Class), one.ID}
		if all.running[key] != nil || !all.app.opts.Bindings.hasClass(key.class) {
			continue // the alarms of a class without a binding remain stored
		}
		if until := time.Until(one.Time); until > 0 {
			wait = min(wait, until)
			break
		}
		if len(all.running) >= maxAlarms {
			break // check is called when an attempt has ended
		}
		all.running[key] = &alarm{key: key, name: one.Name, at: one.Time, next: one.Time}
	}
	for _, one := range all.running {
		if one.next.IsZero() {
			continue
		}
		if until := time.Until(one.next); until > 0 {
			wait = min(wait, until)
			continue
		}
		one.next = time.Time{}
		go all.attempt(one)
	}
	return wait
}

// attempt passes an alarm to its object.
func (all *alarms) attempt(one *alarm) {
	if all.app.cluster != nil && !all.isHere(one) {
		return
	}
	to := all.app.receiverOf(script.ObjectRef{Class: one.key.class, ID: one.key.id, Name: one.name})
	e := newEvent("alarm", nil)
	e.alarm = one
	e.prepare = func(*hostAPI) {
		all.mu.Lock()
		one.object, one.reset = e.object.number, false
		all.mu.Unlock()
		e.input = &script.ObjectAlarm{Object: e.object.target(), Scheduled: one.at, Retries: one.retries}
	}
	e.onEnd = func() {
		outcome, _ := e.objectOutcome() // a handler returns nothing
		all.attempted(one, outcome)
		to.done()
	}
	if failure := to.send(e, nil, nil); failure != "" {
		all.attempted(one, script.Outcome{Failure: failure})
		to.done()
	}
}

// attempted records the end of an attempt.
func (all *alarms) attempted(one *alarm, outcome script.Outcome) {
	all.mu.Lock()
	switch {
	case !outcome.Thrown && outcome.Failure == "", outcome.Thrown && one.reset, one.gaveUp():
		delete(all.running, one.key)
	case outcome.Thrown:
		one.next = time.Now().Add(alarmBackoff << one.retries)
		one.retries++
	default: // the object was not reached, or was reset: that is not the fault of the handler
		one.next = time.Now().Add(alarmBackoff)
	}
	all.mu.Unlock()
	all.check()
}

// gaveUp reports whether the handler has failed as often as it is called.
func (one *alarm) gaveUp() bool { return one.retries >= maxAlarmTries-1 }

// finishAlarm deletes the alarm whose attempt has ended, on the event loop of the attempt, if it has succeeded or is given up. An alarm that the handler
// has set remains.
func (in *instance) finishAlarm(e *event, outcome script.Outcome) {
	one := e.alarm
	if outcome.Thrown && one.reset {
		in.app.opts.Logger.Warn("alarm failed: its handler has set or deleted the next one", e.attrs()...)
		return
	}
	if outcome.Thrown {
		in.reportAlarm(e)
		if !one.gaveUp() {
			return
		}
	}
	if one.reset {
		return
	}
	err := in.useStorage(one.object, false, func(stored *storage.Object) error {
		at, ok, err := stored.Alarm()
		if err != nil || !ok || !at.Equal(one.at) { // another one was set before the handler began
			return err
		}
		return stored.DeleteAlarm()
	})
	if err != nil {
		in.app.opts.Logger.Error("the alarm of a Durable Object was not deleted, and is delivered again", append(e.attrs(), "error", err)...)
	}
}

// reportAlarm logs that the handler of an alarm has failed.
func (in *instance) reportAlarm(e *event) {
	attrs := append(e.attrs(), "attempt", e.alarm.retries+1)
	if e.alarm.gaveUp() {
		in.app.opts.Logger.Error("alarm given up: its handler has failed too often", attrs...)
		return
	}
	in.app.opts.Logger.Warn("alarm failed: its handler is called again", append(attrs, "after", alarmBackoff<<e.alarm.retries)...)
}

// alarmChanged records that an object sets or deletes its alarm. If the handler of its alarm runs, the stored alarm is another one, which is not
// deleted when the handler has succeeded. An attempt that waits is given up: what is stored decides about the next one.
func (in *instance) alarmChanged(number int) {
	if one := in.app.alarms.attemptOf(number); one != nil {
		one.reset = true
		return
	}
	if o := in.app.objects.find(number); o != nil {
		in.app.alarms.giveUpWaiting(objectKey{o.ref.Class, o.ref.ID})
	}
}

// giveUpWaiting gives up the next attempt to deliver an alarm that has failed.
func (all *alarms) giveUpWaiting(key objectKey) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if one := all.running[key]; one != nil && !one.next.IsZero() {
		delete(all.running, key)
	}
}

// isAlarmHandled reports whether the handler of the stored alarm of an object runs, so that for the script no alarm is set.
func (in *instance) isAlarmHandled(number int) bool {
	one := in.app.alarms.attemptOf(number)
	return one != nil && !one.reset
}

// attemptOf returns the alarm whose handler an object runs, nil if it runs none.
func (all *alarms) attemptOf(number int) *alarm {
	o := all.app.objects.find(number)
	if o == nil {
		return nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	if one := all.running[objectKey{o.ref.Class, o.ref.ID}]; one != nil && one.object == number && one.next.IsZero() {
		return one
	}
	return nil
}
