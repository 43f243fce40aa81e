package worker

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

// instance is one engine that runs a generation of the application. It belongs to the
// goroutine of its event loop, except where something else is said.
type instance struct {
	worker     *worker
	app        *App
	generation *generation

	rt     *engine.Runtime
	realm  *web.Realm
	watch  watchdog
	timers timers

	arrivals arrivals
	outgoing outgoing

	begun   chan struct{} // closed when it takes the worker's events
	retired chan struct{} // closed when another generation has taken over: finish what has begun
	halt    chan struct{} // closed by stop
	over    chan struct{} // closed when the loop and the engine have ended
	own     queue         // events of its lines, which no other engine can handle
	gone    chan struct{} // closed when it will not handle them any more
	ending  ending        // why, and behind what; to be read when it is over
	failure string

	first      task      // what the loop begins with
	lastEvent  int       // the number of the last event
	inTurn     bool      // script code runs
	about      *event    // that the turn begins, if it does
	named      bool      // the turn has been named as slow
	turnBegan  time.Time // when the last turn did
	dead       bool      // the engine cannot go on
	cutOff     bool      // its version was replaced, and has had its time to finish
	restAt     time.Time // when it could fall asleep
	finishBy   time.Time // when it has to be done, once its version was replaced
	awakeFor   []string  // the reasons not to that have been told
	activating bool      // the install and activate events happen
	problems   []error   // what went wrong in them
	deferred   deferred  // what they have done to connections
	stopOnce   sync.Once

	mu        sync.Mutex      // guards what follows, which may be taken away from a stuck engine
	events    map[int]*event  // begun and not done
	finished  []*event        // in the turn that runs
	spare     []*event        // the memory of finished for the next turn
	extending int             // promises of waitUntil
	channels  map[string]bool // that a BroadcastChannel listens to
	abandoned bool            // nobody waits for this engine any more
	lines     map[int]*line   // by number
	lastLine  int
}

// ending is why an engine has ended.
type ending int

const (
	halted     ending = iota // the worker was stopped
	finished                 // another generation has taken over, and what had begun is done
	fellAsleep               // there was nothing to do
	failed                   // it can't go on
)

// begin starts an event: a turn that runs its listeners.
func (in *instance) begin(e *event) {
	id := in.admit(e)
	in.about = e
	err := in.turn(func() error { return e.start(in, id) })
	in.about = nil
	e.pass()
	switch {
	case err != nil:
		in.fail(id)
		in.reportFailure(e, err)
		in.finish(id)
	case in.event(id) != nil: // its listeners go on after an await
		e.begins = in.turnBegan
		in.timers.set(-id, in.app.opts.EventTimeout, false)
	}
}

// admit gives an event its number.
func (in *instance) admit(e *event) int {
	in.lastEvent++
	in.mu.Lock()
	in.events[in.lastEvent] = e
	in.mu.Unlock()
	return in.lastEvent
}

// event returns the event with a number, nil if it is done.
func (in *instance) event(id int) *event {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.events[id]
}

// fail notes that an event has failed, if it is not done. One that fails before it has
// accepted an upgrade request has another chance: other listeners, and the fetch event.
func (in *instance) fail(id int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if e := in.events[id]; e != nil && e.socket != nil {
		e.failed = true
	}
}

// finish ends an event, whoever waits for it goes on: at the end of the turn that
// runs, so that nothing of it is cut off when what goes on is a shutdown. A second
// call, or one for an event that ran out of time, does nothing.
func (in *instance) finish(id int) {
	in.mu.Lock()
	e := in.events[id]
	delete(in.events, id)
	if e != nil && in.inTurn {
		in.finished = append(in.finished, e)
	}
	in.mu.Unlock()
	in.timers.clear(-id)
	if e != nil {
		in.waited(e)
	}
	if e != nil && !in.inTurn {
		e.end()
	}
}

// turn runs script code under the watchdog. A turn that is interrupted is the end of
// the engine: who knows in what state the script is.
func (in *instance) turn(code func() error) error {
	in.inTurn, in.named = true, false
	in.watch.start(in.app.opts.EventTimeout)
	err := code()
	began, slow := in.watch.stop()
	in.turnBegan = began
	if slow && !in.named && !fatal(err) {
		in.computed(time.Since(began))
	}
	in.inTurn = false
	in.endFinished()
	if fatal(err) {
		in.die(err)
	}
	return err
}

// endFinished ends the events that the turn has finished. It does not hold mu then: what
// follows an event may lock a connection.
func (in *instance) endFinished() {
	in.mu.Lock()
	finished := in.finished
	in.finished = in.spare
	in.mu.Unlock()
	for _, e := range finished {
		if e.over = e.inBurst; !e.over {
			e.end()
		}
	}
	clear(finished)
	in.spare = finished[:0]
}

func (in *instance) die(err error) {
	if in.dead {
		return
	}
	in.dead = true
	switch {
	case errors.Is(err, engine.ErrInterrupted):
		in.failure = "event timeout"
	case errors.Is(err, engine.ErrOutOfMemory):
		in.failure = "memory limit"
	case errors.Is(err, engine.ErrPoisoned):
		in.failure = "a failure inside the JavaScript engine"
	default:
		in.failure = err.Error()
	}
}

// fatal tells whether an error is the end of an engine.
func fatal(err error) bool {
	return errors.Is(err, engine.ErrOutOfMemory) || errors.Is(err, engine.ErrPoisoned) || errors.Is(err, engine.ErrInterrupted)
}

// overdue ends an event whose listeners did not finish in time. The connection's
// next event need not wait for it any longer.
func (in *instance) overdue(id int) {
	if e := in.event(id); e != nil {
		e.overdue = true
		if in.activating {
			in.problems = append(in.problems, problem("the "+e.kind+" event did not end within "+in.app.opts.EventTimeout.String()))
		}
		in.reportOverdue(e)
		in.finish(id)
	}
}

// stop ends the loop soon, also in the middle of a turn. Any goroutine may call it.
func (in *instance) stop() {
	in.stopOnce.Do(func() {
		close(in.halt)
		in.watch.end()
	})
}

func (in *instance) stopped() bool { return closed(in.halt) }
func (in *instance) isOver() bool  { return closed(in.over) }

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// end ends the engine. Events that it had begun count as failed, and whoever waits
// for them goes on.
func (in *instance) end() {
	why := "event failed: its worker was replaced"
	switch {
	case in.cutOff:
		why = "event cut off: its version had " + in.app.opts.FinishTimeout.String() + " to finish after a newer one was loaded"
	case in.stopped():
		why = "event cut off: too many newer versions have been loaded since it began"
	}
	in.release(why)
	if in.rt != nil {
		_ = in.rt.Close() // it is not in a turn
		if in.rt.Lost() {
			in.worker.lost.Add(1)
		}
	}
	in.watch.release()
	close(in.over)
}

// abandon takes everything that others wait for away from an engine that is stuck.
// If it ever comes back it ends. The first call returns true. Any goroutine may call it.
func (in *instance) abandon() bool {
	in.mu.Lock()
	first := !in.abandoned
	in.abandoned = true
	in.mu.Unlock()
	in.stop()
	if first {
		in.release("event failed: its worker is stuck in a built-in function")
	}
	return first
}

func (in *instance) isAbandoned() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.abandoned
}

// release ends every event that the engine has begun, so that the callers that wait for one go on. Events that are
// not done count as failed and are logged with why, except while the application shuts down.
func (in *instance) release(why string) {
	defer in.hangUp()
	in.endOutgoing()
	failed, finished, promises := in.takeEvents()
	in.app.extensions.add(-promises)
	in.logRelease(why, failed, promises)
	for _, e := range slices.Concat(failed, finished) {
		e.end()
	}
}

// takeEvents removes the events that are not done, which it marks as failed, and returns them, those that are done, and
// the number of pending promises of waitUntil.
func (in *instance) takeEvents() (failed, finished []*event, promises int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, e := range in.events {
		e.failed = true
		failed = append(failed, e)
	}
	clear(in.events)
	promises, in.extending = in.extending, 0
	return failed, slices.Clone(in.finished), promises
}

// logRelease logs what ends with the engine. The caller does not hold mu: the application's logger may block.
func (in *instance) logRelease(why string, failed []*event, promises int) {
	if in.worker.halted() {
		return
	}
	for _, e := range failed {
		in.app.opts.Logger.Error(why, e.attrs()...)
	}
	if promises > 0 {
		in.app.opts.Logger.Warn("work of waitUntil was cut off: its engine has ended", "worker", in.worker.index, "promises", promises)
	}
}

// extend counts the promises of waitUntil.
func (in *instance) extend(n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.abandoned {
		in.extending += n
		in.app.extensions.add(n)
	}
}
