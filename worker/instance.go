package worker

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// instance is a runtime with one version of the application, and its event loop. Unless stated otherwise, only the goroutine of
// the loop may use its fields and call its methods.
type instance struct {
	worker     *worker
	app        *App
	generation *generation

	runtime   script.Runtime
	events    activeEvents
	host      *hostAPI // the functions that the script calls
	timers    loop.Timers
	deadlines loop.Deadlines // of the events whose time limit is EventTimeout
	arrivals  loop.Arrivals  // turns that other goroutines have queued
	sockets   jsSockets      // WebSocket objects, and their events
	objects   homedObjects
	evicted   int64 // the objects that were evicted since the last Collect
	writes    writes

	serving  chan struct{} // closed when the instance begins to handle the worker's events
	retired  chan struct{} // closed at the retirement, after which the instance only finishes what it has begun
	stopping chan struct{} // closed by stop
	ended    chan struct{} // closed when the loop and the runtime have ended
	stopOnce sync.Once

	outcome outcome // why the instance has ended; valid when ended is closed
	failure string  // why the runtime is unusable; valid when ended is closed
	reason  string  // the identifier of failure for Trace.Replaced

	crowded       *event    // an event of an object that waits until another object is evicted
	firstTask     task      // handled before all others
	inTurn        bool      // script code runs
	currentEvent  *event    // the event with which the turn begins, if any
	turnBegan     time.Time // the beginning of the last turn
	unusable      bool      // the runtime is not usable any more
	fatal         error     // why it is not
	finishExpired bool      // FinishTimeout has expired
	sleepAt       time.Time // the earliest time for sleep
	finishBy      time.Time // the end of FinishTimeout, once the instance is retired
	loggedReasons []string  // the reasons for not sleeping that were logged
	activating    bool      // the install and activate events are in progress
	problems      []error   // the errors of the install and activate events
	deferred      deferred  // the actions of the install and activate events on connections
}

// outcome is why an instance has ended.
type outcome int

const (
	outcomeStopped  outcome = iota // the worker was stopped
	outcomeFinished                // the instance was retired, and has finished what it had begun
	outcomeIdle                    // there was nothing to do for SleepAfter
	outcomeFailed                  // the runtime is not usable any more
)

// newInstance makes an instance of w and loads the code of g. The error is a *[LoadError] or [ErrStopped]; then the instance has
// ended, or is stuck and abandoned.
func newInstance(w *worker, g *generation) (*instance, error) {
	if w.stuck.Load()+w.lost.Load() >= maxAbandoned {
		return nil, problem("no other engine can be loaded, because too many are stuck in built-in functions or have failed inside: restart the process")
	}
	in := &instance{
		worker: w, app: w.app, generation: g,
		events:   activeEvents{pending: &w.app.pending},
		arrivals: loop.NewArrivals(),
		sockets:  newJSSockets(g.opts.Overlap),
		serving:  make(chan struct{}),
		retired:  make(chan struct{}),
		stopping: make(chan struct{}),
		ended:    make(chan struct{}),
	}
	in.host = newHostAPI(in)
	in.runtime = w.app.launch(in.host, w.app.scriptApplication(g))
	if err := in.runLoadStep(in.load); err != nil {
		in.discard()
		return nil, w.app.unlessStopped(err)
	}
	return in, nil
}

// scriptApplication returns the code of a generation with the settings of its runtime.
func (a *App) scriptApplication(g *generation) script.Application {
	return script.Application{
		Code: g.bundle.Code, File: g.file, Name: bundle.Name, Vars: g.vars, Bindings: a.bindings,
		EventTimeout: g.opts.EventTimeout, SlowEvent: g.opts.SlowEvent, Memory: g.opts.Memory, MaxBody: g.opts.MaxBody,
		Tracing: a.opts.StartSpan != nil, Overlap: g.opts.Overlap, CloseAtReload: g.opts.CloseAtReload,
		ManualReply: g.compatibility.manualReply, BinaryType: g.compatibility.binaryType, Undated: g.compatibility.undated,
	}
}

// beginEvent passes an event to the script, in a turn that runs the listeners. If they do not end in the turn, it sets a timer for
// EventTimeout.
func (in *instance) beginEvent(e *event) {
	id := in.events.add(e)
	in.currentEvent = e
	e.times.begun = in.app.traceTime()
	if e.prepare != nil {
		e.prepare(in.host)
	}
	in.startSpan(e)
	err := in.dispatch(id, e.input)
	in.currentEvent = nil
	e.listenersReturned()
	switch {
	case err != nil:
		in.events.fail(id)
		in.reportFailure(e, err, Position{})
		in.endEvent(id)
	case in.events.get(id) != nil: // the listeners continue after an await
		e.turnBegan = in.turnBegan
		in.setDeadline(id, e)
	}
}

// setDeadline sets the time at which an event in progress ends at the latest. Most have the same time limit.
func (in *instance) setDeadline(id int, e *event) {
	limit := in.eventTimeout(e)
	if limit == in.generation.opts.EventTimeout {
		in.deadlines.Set(id, time.Now().Add(limit), in.events.isInProgress)
		return
	}
	e.ownDeadline = true
	in.timers.Set(-id, limit, false)
}

// eventTimeout returns the time in which the listeners to an event or to one of its messages, or its handler in an object, must be done.
func (in *instance) eventTimeout(e *event) time.Duration {
	if e.object != nil && e.socket != nil {
		return time.Duration(cmp.Or(e.object.sockets.eventTimeout.Load(), int64(in.generation.opts.EventTimeout)))
	}
	return in.generation.opts.EventTimeout
}

// dispatch passes an event to the script, in a new turn.
func (in *instance) dispatch(id int, e script.Event) error {
	return in.runTurn(func() error { return in.runtime.Dispatch(in.turnBegan, id, e) })
}

// dispatchInTurn passes an answer to the script, within the turn that runs.
func (in *instance) dispatchInTurn(e script.Event) error {
	return in.runtime.Dispatch(in.turnBegan, 0, e)
}

// endEvent ends an event. During a turn the event is completed at the end of the turn, so that a shutdown that waits for it
// does not cut the turn off. A second call has no effect.
func (in *instance) endEvent(id int) {
	e := in.events.remove(id, in.inTurn)
	if e == nil {
		return
	}
	if e.ownDeadline {
		in.timers.Clear(-id)
	}
	in.reportWait(e)
	in.traceHandled(e)
	if !in.inTurn {
		e.finish()
	}
}

// runTurn runs script code. After a fatal error the state of the script is undefined, so the instance ends.
func (in *instance) runTurn(code func() error) error {
	in.inTurn = true
	in.turnBegan = time.Now()
	err := code()
	in.inTurn = false
	if failure := fatal(err); failure != nil || !in.runtime.MidTurn() {
		in.commitWrites(failure)
	}
	in.events.endAfterTurn()
	in.sockets.closeAccepted(in.isUpgrading)
	if script.IsFatal(err) {
		in.markUnusable(err)
	}
	return err
}

// isUpgrading reports whether the event that has accepted a connection is in progress.
func (in *instance) isUpgrading(socket *linger.Socket) bool {
	return slices.ContainsFunc(in.events.numbers(), func(id int) bool {
		e := in.events.get(id)
		return e != nil && e.upgrade != nil && e.socket == socket
	})
}

// fatal returns err if the runtime is not usable any more, and nil otherwise.
func fatal(err error) error {
	if script.IsFatal(err) {
		return err
	}
	return nil
}

// markUnusable records a fatal error of the runtime. The loop then ends the instance.
func (in *instance) markUnusable(err error) {
	if in.unusable {
		return
	}
	in.unusable, in.fatal = true, err
	switch {
	case errors.Is(err, script.ErrInterrupted):
		in.failure, in.reason = "event timeout", reasonTimeout
	case errors.Is(err, script.ErrOutOfMemory):
		in.failure, in.reason = "memory limit", reasonMemory
	case errors.Is(err, script.ErrExited):
		in.failure, in.reason = err.Error(), reasonExit
	default: // script.ErrBroken
		in.failure, in.reason = "a failure inside the JavaScript engine", reasonCrash
	}
}

// timeOutEvent ends an event whose listeners are not done within EventTimeout, so that the next event of its connection can begin.
func (in *instance) timeOutEvent(id int) {
	e := in.events.get(id)
	switch {
	case e == nil:
	case !in.runtime.Handled(id), e.messages() > 1: // the runtime limits the time of each message
		in.timers.Set(-id, in.eventTimeout(e), false)
	default:
		e.overdue = true
		if in.activating {
			in.problems = append(in.problems, problem("the "+e.kind+" event did not end within "+in.generation.opts.EventTimeout.String()))
		}
		in.reportOverdue(e)
		in.endEvent(id)
	}
}

// stop ends the loop as soon as possible, and interrupts the turn that runs. Any goroutine may call it.
func (in *instance) stop() {
	in.stopOnce.Do(func() {
		close(in.stopping)
		in.runtime.Stop()
	})
}

func (in *instance) isStopping() bool { return closed(in.stopping) }
func (in *instance) hasEnded() bool   { return closed(in.ended) }

// closed reports whether a channel that is only ever closed is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// end closes the runtime, after the loop. The events in progress fail.
func (in *instance) end() {
	why := "event failed: its worker was replaced"
	switch {
	case in.finishExpired:
		why = "event cut off: its version had " + in.generation.opts.FinishTimeout.String() + " to finish after a newer one was loaded"
	case in.isStopping():
		why = "event cut off: too many newer versions have been loaded since it began"
	}
	unbegun := in.takeUnbegun(why)
	in.endEvents(why)
	if errors.Is(in.runtime.Close(), script.ErrLost) {
		in.worker.lost.Add(1)
	}
	in.leaveObjects()
	if in.crowded != nil {
		unbegun = append(unbegun, in.crowded)
	}
	in.worker.tasks.putBack(unbegun)
	close(in.ended)
}

// takeUnbegun removes what the application has not begun from the events in progress, if the runtime is not usable any more, and returns
// it: the next instance handles it. Of a series of messages, the one that has begun fails, and is logged with the message why.
func (in *instance) takeUnbegun(why string) (unbegun []*event) {
	if !in.unusable || in.isStopping() {
		return nil
	}
	for _, id := range in.events.numbers() {
		seen := in.runtime.Begun(id)
		e := in.events.release(id, seen)
		if e == nil {
			continue
		}
		if seen > 0 && !e.reported {
			in.app.opts.Logger.Error(why, newEvent(e.kind, e.socket).attrs()...)
			in.traceFailure(e, why, Position{})
		}
		if seen > 0 {
			e.skip(seen)
		}
		e.unbegin()
		unbegun = append(unbegun, e)
	}
	return unbegun
}

// abandon completes the events of an instance whose runtime is stuck, as failed. If the turn ever returns, the instance
// ends. It reports whether this is the first call. Any goroutine may call it.
func (in *instance) abandon() bool {
	first := in.events.abandon()
	in.stop()
	if first {
		in.endEvents("event failed: its worker is stuck in a built-in function")
		in.leaveObjects()
	}
	return first
}

// endEvents ends all events of the instance and closes its WebSocket objects. Events in progress fail, and each is logged with the
// message why; so are pending promises of waitUntil. Nothing is logged while the application shuts down. Any goroutine may call
// it.
func (in *instance) endEvents(why string) {
	defer in.closeSockets()
	in.host.cancelRequests()
	failed, ended, promises := in.events.takeAll()
	if !in.worker.isStopping() {
		for _, e := range failed {
			attrs := e.attrs()
			if n := e.messages(); n > 1 {
				attrs = append(attrs, "messages", n) // how many of them were handled is not known
			}
			in.app.opts.Logger.Error(why, attrs...)
			in.traceFailure(e, why, Position{})
		}
		if promises > 0 {
			in.app.opts.Logger.Warn("work of waitUntil was cut off: its engine has ended", "worker", in.worker.index, "promises", promises)
		}
	}
	for _, e := range failed {
		in.traceHandled(e)
	}
	for _, e := range slices.Concat(failed, ended) {
		e.end()
	}
}

// closeSockets closes the WebSocket objects with the close code that fits the end of the instance.
func (in *instance) closeSockets() {
	switch {
	case in.worker.isStopping():
		in.sockets.closeAll(protocol.CloseGoingAway, appEnded)
	case closed(in.retired):
		in.sockets.closeAll(protocol.CloseServiceRestart, appRestart)
	default:
		in.sockets.closeAll(protocol.CloseInternalError, appFailed)
	}
}
