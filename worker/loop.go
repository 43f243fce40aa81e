package worker

import (
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/web"
)

// run is the event loop, until the engine ends.
func (in *instance) run() {
	in.ending = in.loop()
	in.end()
}

// loop handles events until the worker is stopped, another generation takes over,
// there is nothing to do, or the engine is of no more use.
func (in *instance) loop() ending {
	tasks, posts, retired := in.worker.tasks.wake, in.worker.posts, in.retired
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	in.enact()
	in.handle(in.first)
	for {
		in.fireTimers()
		switch {
		case in.stopped():
			return halted
		case in.dead:
			return failed
		case retired == nil && in.isDone():
			return finished
		}
		in.arm(clock)
		select {
		case <-tasks:
			in.drain(in.takeTask)
		case posted := <-posts:
			in.takePost(posted)
		case <-in.own.wake:
			in.drain(in.own.take)
		case <-in.arrivals.wake:
			in.receive()
		case <-clock.C:
			if retired != nil && in.mayRest() {
				return fellAsleep
			}
		case <-retired:
			tasks, posts, retired = nil, nil, nil
			in.finishBy = time.Now().Add(in.app.opts.FinishTimeout)
			go in.closeLines()
		case <-in.halt:
		}
	}
}

// drain handles the events that take returns, until there are none. After drainTime it
// leaves the rest, so that timers, posts and answers have their turn.
func (in *instance) drain(take func() *event) {
	began := time.Now()
	for {
		e := take()
		if e == nil {
			return
		}
		in.handle(task{event: e})
		if in.turnBegan.Sub(began) > drainTime || in.stopped() || in.dead {
			return
		}
		if in.fireTimers(); in.dead {
			return
		}
	}
}

// drainTime is how long an engine handles events before it looks for anything else.
const drainTime = time.Millisecond

// takeTask returns the worker's next event, or nil. An event may have come after another
// generation has taken over, and is for that one.
func (in *instance) takeTask() *event {
	e := in.worker.tasks.take()
	if e != nil && closed(in.retired) {
		in.worker.tasks.put(e)
		return nil
	}
	return e
}

// takePost handles a post. select is fair, so that it may have come after another
// generation has taken over, and is for that one.
func (in *instance) takePost(p post) {
	if closed(in.retired) {
		go in.worker.handOn(p)
		return
	}
	in.handle(task{post: &p})
}

// handle does one thing that came from outside.
func (in *instance) handle(t task) {
	switch {
	case t.event != nil && t.event.claim(): // else it was refused while it waited
		in.burst(t.event)
	case t.post != nil:
		in.worker.postBytes.Add(-t.post.size())
		if err := in.turn(func() error { return in.realm.Deliver(t.post.channel, t.post.message) }); err != nil {
			in.reportFailure(nil, err)
		}
	}
	in.stir()
}

// isDone reports whether an engine whose version was replaced has nothing left to finish,
// or no time.
func (in *instance) isDone() bool {
	if in.reason(false) == "" {
		return true
	}
	in.cutOff = !time.Now().Before(in.finishBy)
	return in.cutOff
}

// arm sets the clock to what comes next: a timer, or sleep; for an engine that only
// finishes what it has begun, the end of its time.
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

// stir puts sleep off.
func (in *instance) stir() {
	if in.app.opts.SleepAfter > 0 {
		in.restAt = time.Now().Add(in.app.opts.SleepAfter)
	}
}

// mayRest tells whether it is time to sleep and nothing keeps the engine awake. What
// does is noted, logged once, and looked at again after the same time.
func (in *instance) mayRest() bool {
	if in.app.opts.SleepAfter <= 0 || time.Now().Before(in.restAt) {
		return false
	}
	reason := in.reason(true)
	if reason == "" {
		return true
	}
	in.stir()
	in.worker.status.awake(reason)
	if !slices.Contains(in.awakeFor, reason) {
		in.awakeFor = append(in.awakeFor, reason)
		in.app.opts.Logger.Info("worker stays awake", "worker", in.worker.index, "reason", reason)
	}
	return false
}

// reason tells what there is to wait for, nothing if it is empty. The script's timers,
// and what it has asked of other servers, count where they are asked for.
func (in *instance) reason(timers bool) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case len(in.events) > 0:
		return "an event is in progress"
	case in.extending > 0:
		return "work of waitUntil is in progress"
	case len(in.lines) > 0 && !in.activating:
		return in.openLine()
	case timers && in.timers.pending():
		return "a timer is pending"
	case timers:
		return in.outgoing.reason()
	}
	return ""
}

// openLine says what kind of line is open. mu is held.
func (in *instance) openLine() string {
	for _, l := range in.lines {
		if l.tie {
			return "a connection that closes at a reload is open"
		}
		break
	}
	return "a WebSocket object is open"
}

// fireTimers runs what is due now: the script's timers, which have positive ids,
// and the deadlines of events, which have negative ones.
func (in *instance) fireTimers() {
	for _, id := range in.timers.due() {
		if in.dead { // perhaps before the first; its end tells what becomes of its events
			return
		}
		if id < 0 {
			in.overdue(-id)
			continue
		}
		if err := in.turn(func() error { return in.realm.FireTimer(id) }); err != nil {
			in.reportFailure(nil, err)
		}
	}
}

// post is what was posted to a BroadcastChannel in another engine.
type post struct {
	channel string
	message web.Message
}

// size returns how many bytes a post takes, about.
func (p post) size() int64 { return int64(len(p.channel) + len(p.message.Text) + len(p.message.Bytes)) }

// spread passes on what was posted to a BroadcastChannel to the engines that listen.
// It waits for nobody: what a busy worker has no room for is dropped.
func (in *instance) spread(p post) {
	for _, w := range in.app.workers {
		w.mu.Lock()
		last := w.last
		w.mu.Unlock()
		if last == nil || last == in || !last.listensTo(p.channel) {
			continue
		}
		if w.post(p) {
			continue
		}
		w.dropped.Add(1)
		if others, ok := w.droppedPosts.admit(time.Now()); ok {
			attrs := append([]any{"worker", w.index, "channel", p.channel}, others...)
			in.app.opts.Logger.Warn("a message of a BroadcastChannel was dropped: the worker is too busy", attrs...)
		}
	}
}

// listen notes whether the script listens to a BroadcastChannel.
func (in *instance) listen(channel string, on bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if on {
		in.channels[channel] = true
	} else {
		delete(in.channels, channel)
	}
}

func (in *instance) listensTo(channel string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.channels[channel]
}
