package worker

import (
	"errors"
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// runLoop runs the event loop, and ends the instance after it.
func (in *instance) runLoop() {
	in.outcome = in.loop()
	in.end()
}

// loop handles events until the instance is stopped, has failed, has finished after its retirement, or may sleep, and returns
// which of these has happened.
func (in *instance) loop() outcome {
	tasks, posts, retired := in.worker.tasks.wake, in.worker.posts, in.retired
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	in.performDeferred()
	in.handleTask(in.firstTask)
	for {
		in.fireTimers(time.Now())
		in.evictIdle()
		in.resumeCrowded()
		if outcome, ended := in.hasToEnd(retired == nil); ended {
			return outcome
		}
		in.runtime.Flush()
		in.setClock(clock)
		readyTasks, readyPosts := tasks, posts
		if !in.hasRoom() { // a turn follows when there is
			readyTasks, readyPosts = nil, nil
		}
		select {
		case <-readyTasks:
			in.handleEvents(in.nextTask)
		case posted := <-readyPosts:
			in.handlePost(posted)
		case <-in.sockets.events.wake:
			in.handleEvents(in.sockets.events.next)
		case <-in.host.incoming.wake:
			in.handleEvents(in.host.incoming.next)
		case <-in.arrivals.Wake:
			in.runArrivals()
		case <-clock.C:
			if retired != nil && in.maySleep() {
				return outcomeIdle
			}
		case <-retired:
			tasks, posts, retired = nil, nil, nil
			in.finishBy = time.Now().Add(in.generation.opts.FinishTimeout)
			go in.sockets.closeForRestart(in.sockets.beginRestart(), in.generation.opts.Server.ShutdownTimeout)
		case <-in.stopping:
		}
	}
}

// hasToEnd reports whether the loop has to end between two turns, and why. retired is whether it handles the retirement of the instance already.
func (in *instance) hasToEnd(retired bool) (outcome, bool) {
	switch {
	case in.isStopping():
		return outcomeStopped, true
	case in.unusable:
		return outcomeFailed, true
	case retired && in.isDone():
		return outcomeFinished, true
	}
	return 0, false
}

// handleEvents handles the events that next returns, until there are none or drainTime has passed. Then the loop handles timers,
// posts and answers.
func (in *instance) handleEvents(next func() *event) {
	began := time.Now()
	for {
		e := next()
		if e == nil {
			return
		}
		in.handleTask(task{event: e})
		if in.turnBegan.Sub(began) > drainTime || in.isStopping() || in.unusable {
			return
		}
		if in.fireTimers(in.turnBegan); in.unusable {
			return
		}
	}
}

// drainTime bounds the time in which an instance handles events only.
const drainTime = time.Millisecond

// nextTask returns the worker's next event, nil if there is none or the application has no room for it. After the retirement it
// returns the event to the queue.
func (in *instance) nextTask() *event {
	if !in.hasRoom() {
		in.worker.tasks.wakeAgain()
		return nil
	}
	e := in.worker.tasks.next()
	if e != nil && closed(in.retired) {
		in.worker.tasks.add(e)
		return nil
	}
	return e
}

// handlePost handles a post. After the retirement it returns the post to the queue for the next instance: select may have chosen
// it although retired was closed.
func (in *instance) handlePost(p *script.Post) {
	if closed(in.retired) {
		go in.worker.requeuePost(p)
		return
	}
	in.handleTask(task{post: p})
}

// handleTask handles an event or a post.
func (in *instance) handleTask(t task) {
	switch {
	case t.event != nil && t.event.reference != 0 && t.event.object != nil && !t.event.object.isIn(in):
		t.event.end() // the object was reset, and what the reference is to has ended
	case t.event != nil && t.event.object != nil && !in.enterObject(t.event):
		return
	case t.event != nil && t.event.claim(): // otherwise the event was refused in the queue
		in.handleBurst(t.event)
	case t.post != nil:
		in.worker.postBytes.Add(-t.post.Size())
		if err := in.dispatch(0, t.post); err != nil {
			in.reportFailure(nil, err, Position{})
		}
	}
	in.postponeSleep()
}

// runArrivals runs the turns that other goroutines have queued.
func (in *instance) runArrivals() {
	for !in.unusable {
		next := in.arrivals.Next()
		if next == nil {
			break
		}
		if err := in.runTurn(next); err != nil {
			in.failEvent(err)
		}
	}
	in.postponeSleep()
}

// failEvent reports the error of a turn of an arrival, and ends the event that the error names.
func (in *instance) failEvent(err error) {
	if in.unusable && in.runtime.Process() != 0 && !in.activating && !closed(in.serving) {
		return // loading fails with the error
	}
	at, ok := errors.AsType[*script.InEvent](err)
	if !ok {
		in.reportFailure(nil, err, Position{})
		return
	}
	in.events.fail(at.Event)
	e := in.events.get(at.Event)
	in.reportFailure(e, err, Position{})
	switch {
	case e == nil:
	case e.messages() > 1: // the next instance handles the rest of a series
		e.reported = true
	default:
		in.endEvent(at.Event)
	}
}

// isDone reports whether a retired instance has finished, or FinishTimeout has expired.
func (in *instance) isDone() bool {
	if in.inProgress(false) == "" {
		return true
	}
	in.finishExpired = !time.Now().Before(in.finishBy)
	return in.finishExpired
}

// setClock sets the clock to the next timer or the time for sleep; for a retired instance, to the end of FinishTimeout.
func (in *instance) setClock(clock *time.Timer) {
	next, armed := in.untilNextTimer()
	at := in.finishBy
	if at.IsZero() && in.generation.opts.SleepAfter > 0 && !closed(in.retired) {
		at = in.sleepAt
	}
	if rest := max(0, time.Until(at)); !at.IsZero() && (!armed || rest < next) {
		next, armed = rest, true
	}
	if eviction, ok := in.nextEviction(); ok && (!armed || time.Until(eviction) < next) {
		next, armed = max(0, time.Until(eviction)), true
	}
	if armed {
		clock.Reset(next)
	}
}

// postponeSleep sets the earliest time for sleep to SleepAfter from now.
func (in *instance) postponeSleep() {
	if in.generation.opts.SleepAfter > 0 {
		in.sleepAt = time.Now().Add(in.generation.opts.SleepAfter)
	}
}

// maySleep reports whether it is time to sleep and nothing prevents it. A reason to stay awake is stored in the status,
// logged once, and checked again after SleepAfter.
func (in *instance) maySleep() bool {
	if in.generation.opts.SleepAfter <= 0 || time.Now().Before(in.sleepAt) {
		return false
	}
	reason := in.inProgress(true)
	if reason == "" {
		busy, known := in.runtime.Busy()
		if known && busy == "" {
			return true
		}
		reason = busy
	}
	in.postponeSleep()
	if reason == "" { // a turn follows with the answer of the application
		return false
	}
	in.worker.status.setAwakeReason(reason)
	if !slices.Contains(in.loggedReasons, reason) {
		in.loggedReasons = append(in.loggedReasons, reason)
		in.app.opts.Logger.Info("worker stays awake", "worker", in.worker.index, "reason", reason)
	}
	return false
}

// inProgress returns a description of what is in progress, "" for nothing. Timers and fetches of the script count only if
// forSleep is set.
func (in *instance) inProgress(forSleep bool) string {
	if why := in.events.inProgress(); why != "" {
		return why
	}
	if why := in.sockets.inProgress(); why != "" && !in.activating {
		return why
	}
	if why := in.host.bodies.inProgress(); why != "" {
		return why
	}
	switch {
	case !forSleep:
		return ""
	case in.timers.Pending():
		return "a timer is pending"
	}
	return in.host.inProgress()
}

// untilNextTimer returns the time until the next timer expires or the next deadline passes, and reports whether there is one.
func (in *instance) untilNextTimer() (wait time.Duration, armed bool) {
	wait, armed = in.timers.UntilNext()
	if deadline, set := in.deadlines.UntilNext(in.events.isInProgress); set && (!armed || deadline < wait) {
		wait, armed = deadline, true
	}
	return wait, armed
}

// fireTimers handles the timers that have expired: those of the script, with positive ids, and the deadlines of events with a time
// limit of their own, with negative ids; then the other deadlines that have passed by now.
func (in *instance) fireTimers(now time.Time) {
	for _, id := range in.timers.Expired() {
		if in.unusable { // the remaining events end with the instance
			return
		}
		if id < 0 {
			in.timeOutEvent(-id)
			continue
		}
		if err := in.dispatch(0, &script.Timer{ID: id}); err != nil {
			in.reportFailure(nil, err, Position{})
		}
	}
	for _, id := range in.deadlines.Expired(now, in.events.isInProgress) {
		if in.unusable {
			return
		}
		in.timeOutEvent(id)
	}
}
