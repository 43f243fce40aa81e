package worker

import (
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// run runs the event loop until the instance ends.
func (in *instance) run() {
	in.outcome = in.loop()
	in.end()
}

// loop handles events until the instance is stopped, has finished after its retirement, has nothing to do, or has
// failed.
func (in *instance) loop() outcome {
	tasks, posts, retired := in.worker.tasks.wake, in.worker.posts, in.retired
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	in.enact()
	in.handle(in.first)
	for {
		in.fireTimers()
		switch {
		case in.isStopping():
			return outcomeStopped
		case in.dead:
			return outcomeFailed
		case retired == nil && in.isDone():
			return outcomeFinished
		}
		in.arm(clock)
		select {
		case <-tasks:
			in.drain(in.takeTask)
		case posted := <-posts:
			in.takePost(posted)
		case <-in.sockets.events.wake:
			in.drain(in.sockets.events.take)
		case <-in.arrivals.wake:
			in.receive()
		case <-clock.C:
			if retired != nil && in.maySleep() {
				return outcomeIdle
			}
		case <-retired:
			tasks, posts, retired = nil, nil, nil
			in.finishBy = time.Now().Add(in.app.opts.FinishTimeout)
			go in.sockets.closeForRestart(in.app.opts.Server.ShutdownTimeout)
		case <-in.stopping:
		}
	}
}

// drain handles the events that take returns, until there are none. After drainTime it returns, so that timers, posts
// and answers are handled too.
func (in *instance) drain(take func() *event) {
	began := time.Now()
	for {
		e := take()
		if e == nil {
			return
		}
		in.handle(task{event: e})
		if in.turnBegan.Sub(began) > drainTime || in.isStopping() || in.dead {
			return
		}
		if in.fireTimers(); in.dead {
			return
		}
	}
}

// drainTime bounds the time in which an instance handles events only.
const drainTime = time.Millisecond

// takeTask returns the worker's next event, or nil. An event that came after the retirement goes back to the queue.
func (in *instance) takeTask() *event {
	e := in.worker.tasks.take()
	if e != nil && closed(in.retired) {
		in.worker.tasks.put(e)
		return nil
	}
	return e
}

// takePost handles a post. One that came after the retirement is for the next instance; select may have chosen it
// nevertheless.
func (in *instance) takePost(p *script.Post) {
	if closed(in.retired) {
		go in.worker.handOn(p)
		return
	}
	in.handle(task{post: p})
}

// handle handles an event or a post of the worker.
func (in *instance) handle(t task) {
	switch {
	case t.event != nil && t.event.claim(): // otherwise it was refused while it waited
		in.burst(t.event)
	case t.post != nil:
		in.worker.postBytes.Add(-t.post.Size())
		if err := in.dispatch(0, t.post); err != nil {
			in.reportFailure(nil, err, Position{})
		}
	}
	in.postponeSleep()
}

// receive runs the turns that wait.
func (in *instance) receive() {
	for !in.dead {
		next := in.arrivals.take()
		if next == nil {
			break
		}
		if err := in.turn(next); err != nil {
			in.reportFailure(nil, err, Position{})
		}
	}
	in.postponeSleep()
}

// isDone reports whether a retired instance has nothing left to finish, or no time left.
func (in *instance) isDone() bool {
	if in.reason(false) == "" {
		return true
	}
	in.cutOff = !time.Now().Before(in.finishBy)
	return in.cutOff
}

// arm sets the clock to the next timer or the time for sleep; for a retired instance, to the end of FinishTimeout.
func (in *instance) arm(clock *time.Timer) {
	next, armed := in.timers.next()
	at := in.finishBy
	if at.IsZero() && in.app.opts.SleepAfter > 0 && !closed(in.retired) {
		at = in.restAt
	}
	if rest := max(0, time.Until(at)); !at.IsZero() && (!armed || rest < next) {
		next, armed = rest, true
	}
	if armed {
		clock.Reset(next)
	}
}

// postponeSleep sets the earliest time for sleep.
func (in *instance) postponeSleep() {
	if in.app.opts.SleepAfter > 0 {
		in.restAt = time.Now().Add(in.app.opts.SleepAfter)
	}
}

// maySleep reports whether it is time to sleep and nothing prevents it. A reason to stay awake is stored in the status,
// logged once, and checked again after SleepAfter.
func (in *instance) maySleep() bool {
	if in.app.opts.SleepAfter <= 0 || time.Now().Before(in.restAt) {
		return false
	}
	reason := in.reason(true)
	if reason == "" {
		return true
	}
	in.postponeSleep()
	in.worker.status.awake(reason)
	if !slices.Contains(in.awakeFor, reason) {
		in.awakeFor = append(in.awakeFor, reason)
		in.app.opts.Logger.Info("worker stays awake", "worker", in.worker.index, "reason", reason)
	}
	return false
}

// reason returns what is in progress, "" for nothing. Timers and fetches of the script count only for sleep.
func (in *instance) reason(forSleep bool) string {
	if why := in.events.reason(); why != "" {
		return why
	}
	if why := in.sockets.reason(); why != "" && !in.activating {
		return why
	}
	switch {
	case !forSleep:
		return ""
	case in.timers.pending():
		return "a timer is pending"
	}
	return in.host.reason()
}

// fireTimers handles the timers that have expired: those of the script, which have positive ids, and the deadlines of
// events, which have negative ones.
func (in *instance) fireTimers() {
	for _, id := range in.timers.due() {
		if in.dead { // the end of the instance ends its events
			return
		}
		if id < 0 {
			in.overdue(-id)
			continue
		}
		if err := in.dispatch(0, &script.Timer{ID: id}); err != nil {
			in.reportFailure(nil, err, Position{})
		}
	}
}
