package worker

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/script"
)

// instance is a runtime with one version of the application, and its event loop. Its fields and methods belong to the
// goroutine of the loop, unless stated otherwise.
type instance struct {
	worker     *worker
	app        *App
	generation *generation

	runtime  script.Runtime
	events   activeEvents
	host     *hostAPI // what the script calls
	timers   timers
	arrivals arrivals  // turns that other goroutines have queued
	sockets  jsSockets // WebSocket objects, and their events

	serving  chan struct{} // closed when it handles the worker's events
	retired  chan struct{} // closed when a newer version is in use: it only finishes what it has begun
	stopping chan struct{} // closed by stop
	ended    chan struct{} // closed when the loop and the runtime have ended
	stopOnce sync.Once

	outcome outcome // why it has ended; valid when ended is closed
	failure string  // the reason of a failure; valid when ended is closed

	first      task      // handled before all others
	inTurn     bool      // script code runs
	about      *event    // the event with which the turn begins, if any
	turnBegan  time.Time // the beginning of the last turn
	dead       bool      // the runtime is not usable any more
	cutOff     bool      // FinishTimeout has expired
	restAt     time.Time // the earliest time for sleep
	finishBy   time.Time // the end of FinishTimeout, once the instance is retired
	awakeFor   []string  // the reasons for not sleeping that were logged
	activating bool      // the install and activate events are in progress
	problems   []error   // of the install and activate events
	deferred   deferred  // their actions on connections
}

// outcome is why an instance has ended.
type outcome int

const (
	outcomeStopped  outcome = iota // the worker was stopped
	outcomeFinished                // a newer version is in use, and the events in progress have ended
	outcomeIdle                    // there was nothing to do for SleepAfter
	outcomeFailed                  // the runtime is not usable any more
)

// newInstance makes an instance with a generation's code loaded. The error is a *[LoadError] or [ErrStopped]; then the
// instance has ended, or is stuck and abandoned.
func newInstance(w *worker, g *generation) (*instance, error) {
	if w.stuck.Load()+w.lost.Load() >= maxGivenUp {
		return nil, problem("too many engines are stuck in built-in functions, or have failed inside, to load another: restart the process")
	}
	in := &instance{
		worker: w, app: w.app, generation: g,
		events:   activeEvents{pending: &w.app.pending},
		arrivals: newArrivals(),
		sockets:  newJSSockets(w.app.opts.Overlap),
		serving:  make(chan struct{}),
		retired:  make(chan struct{}),
		stopping: make(chan struct{}),
		ended:    make(chan struct{}),
	}
	in.host = newHostAPI(in)
	in.runtime = w.app.launch(in.host, w.app.scriptOf(g))
	if err := in.apart(in.load); err != nil {
		in.discard()
		return nil, err
	}
	return in, nil
}

// scriptOf returns a generation's code with the settings for its runtime.
func (a *App) scriptOf(g *generation) script.Application {
	return script.Application{
		Code: g.bundle.Code, Name: bundle.Name, Vars: a.vars,
		EventTimeout: a.opts.EventTimeout, SlowEvent: a.opts.SlowEvent, Memory: a.opts.Memory, MaxBody: a.opts.MaxBody,
		Overlap: a.opts.Overlap, CloseAtReload: a.opts.CloseAtReload,
		ManualReply: a.compatibility.manualReply, BinaryType: a.compatibility.binaryType, Undated: a.compatibility.undated,
	}
}

// begin passes an event to the script, in a turn that runs its listeners.
func (in *instance) begin(e *event) {
	id := in.events.add(e)
	in.about = e
	if e.prepare != nil {
		e.prepare()
	}
	err := in.dispatch(id, e.input)
	in.about = nil
	e.listenersReturned()
	switch {
	case err != nil:
		in.events.fail(id)
		in.reportFailure(e, err, Position{})
		in.finish(id)
	case in.events.get(id) != nil: // its listeners continue after an await
		e.begins = in.turnBegan
		in.timers.set(-id, in.app.opts.EventTimeout, false)
	}
}

// dispatch passes an event to the script, as a turn.
func (in *instance) dispatch(id int, e script.Event) error {
	return in.turn(func() error { return in.runtime.Dispatch(in.turnBegan, id, e) })
}

// answer passes the answer to a request to the script, within a turn.
func (in *instance) answer(e *script.Fetched) error { return in.runtime.Dispatch(in.turnBegan, 0, e) }

// finish ends an event. During a turn the event is completed at the end of the turn, so that a shutdown that waits for it
// does not cut the turn off. A second call has no effect.
func (in *instance) finish(id int) {
	e := in.events.remove(id, in.inTurn)
	in.timers.clear(-id)
	if e == nil {
		return
	}
	in.reportWait(e)
	if !in.inTurn {
		e.end()
	}
}

// turn runs script code. After a fatal error the instance ends: the state of the script is undefined.
func (in *instance) turn(code func() error) error {
	in.inTurn = true
	in.turnBegan = time.Now()
	err := code()
	in.inTurn = false
	in.events.endAfterTurn()
	if script.IsFatal(err) {
		in.die(err)
	}
	return err
}

// die marks the instance as failed; the loop ends it.
func (in *instance) die(err error) {
	if in.dead {
		return
	}
	in.dead = true
	switch {
	case errors.Is(err, script.ErrInterrupted):
		in.failure = "event timeout"
	case errors.Is(err, script.ErrOutOfMemory):
		in.failure = "memory limit"
	case errors.Is(err, script.ErrBroken):
		in.failure = "a failure inside the JavaScript engine"
	default:
		in.failure = err.Error()
	}
}

// overdue ends an event whose listeners are not done within EventTimeout. The next event of its connection can begin.
func (in *instance) overdue(id int) {
	if e := in.events.get(id); e != nil {
		e.overdue = true
		if in.activating {
			in.problems = append(in.problems, problem("the "+e.kind+" event did not end within "+in.app.opts.EventTimeout.String()))
		}
		in.reportOverdue(e)
		in.finish(id)
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

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// end closes the runtime. The events in progress fail.
func (in *instance) end() {
	why := "event failed: its worker was replaced"
	switch {
	case in.cutOff:
		why = "event cut off: its version had " + in.app.opts.FinishTimeout.String() + " to finish after a newer one was loaded"
	case in.isStopping():
		why = "event cut off: too many newer versions have been loaded since it began"
	}
	in.release(why)
	if errors.Is(in.runtime.Close(), script.ErrLost) {
		in.worker.lost.Add(1)
	}
	close(in.ended)
}

// abandon completes the events of an instance whose runtime is stuck, as failed. If the turn ever returns, the instance
// ends. It reports whether this is the first call. Any goroutine may call it.
func (in *instance) abandon() bool {
	first := in.events.abandon()
	in.stop()
	if first {
		in.release("event failed: its worker is stuck in a built-in function")
	}
	return first
}

// release ends all events of the instance and closes its WebSocket objects. Events in progress fail. They are logged with
// why, and so are promises of waitUntil, except while the application shuts down.
func (in *instance) release(why string) {
	defer in.closeSockets()
	in.host.end()
	failed, ended, promises := in.events.takeAll()
	if !in.worker.isStopping() {
		for _, e := range failed {
			in.app.opts.Logger.Error(why, e.attrs()...)
		}
		if promises > 0 {
			in.app.opts.Logger.Warn("work of waitUntil was cut off: its engine has ended", "worker", in.worker.index, "promises", promises)
		}
	}
	for _, e := range slices.Concat(failed, ended) {
		e.end()
	}
}

// closeSockets closes the WebSocket objects with the code for the reason why the instance ends.
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
