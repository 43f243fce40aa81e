package worker

import (
	"time"

	"github.com/lingerws/linger/internal/hooks"
)

// Trace is a set of functions that an application calls when something happens, for metrics, logs and tools: [Options.Trace]. Any
// of them may be nil. They are called from any goroutine, at the same time, and must return quickly. What happens to connections is
// reported by the trace of the server, Options.Server.Trace.
type Trace struct {
	// Handled is called when an event is complete: its kind, such as "websocketmessage" or "fetch", how long it waited for the
	// worker, how long it was handled, promises of its listeners included, and whether it failed. Messages that the runtime handles
	// as a series are one event. An event that waits in a child process is being handled.
	Handled func(kind string, waited, duration time.Duration, failed bool)

	// Replaced is called when the engine or the child process of a worker has failed and is replaced. The reason is one of
	// "timeout" (an event computed for too long), "stuck" (it did in a built-in function), "memory", "exit" (of a child process),
	// "crash" (inside the engine) and "load" (the replacement could not be loaded); the text is that of the log.
	Replaced func(worker int, reason, text string)

	// Reloaded is called after each call of [App.Reload], with the number of the generation in use, how long it took, and the
	// error for which the last one stays in use.
	Reloaded func(generation int, took time.Duration, err error)

	// Failed is called when an event has failed or code outside of events has thrown, as often as that is logged.
	Failed func(Failure)
}

// Failure is a failure of an application's code.
type Failure struct {
	Event      string // the kind of the event; "" outside of events
	Connection string // the id of the event's connection; "" if it has none
	Worker     int    // the number of the worker, from 0
	Text       string // what happened, such as "TypeError: not a function"
	At         string // file:line:column in the sources; "" if it is not known
}

// Traces returns a trace that calls the functions of several, in order. Those that are nil are left out; the result is nil if all are.
func Traces(traces ...*Trace) *Trace { return hooks.Join((*Trace).then, traces...) }

// then returns a trace that calls the functions of t, and then those of next.
func (t *Trace) then(next *Trace) *Trace {
	return &Trace{
		Handled:  hooks.Both4(t.Handled, next.Handled),
		Replaced: hooks.Both3(t.Replaced, next.Replaced),
		Reloaded: hooks.Both3(t.Reloaded, next.Reloaded),
		Failed:   hooks.Both(t.Failed, next.Failed),
	}
}

// The reasons of Trace.Replaced.
const (
	reasonTimeout = "timeout"
	reasonStuck   = "stuck"
	reasonMemory  = "memory"
	reasonExit    = "exit"
	reasonCrash   = "crash"
	reasonLoad    = "load"
)

// eventTimes are the times of an event, on the clock of App.traceTime; 0 is not known.
type eventTimes struct {
	arrived time.Duration // in the queue of its worker
	begun   time.Duration // by an instance
}

// traceTime returns the age of the application if Trace.Handled needs it, and 0 otherwise.
func (a *App) traceTime() time.Duration {
	if a.trace.Handled == nil {
		return 0
	}
	return time.Since(a.began)
}

// traceHandled reports that an event which has begun is complete.
func (in *instance) traceHandled(e *event) {
	handled := in.app.trace.Handled
	if handled == nil {
		return
	}
	var waited time.Duration
	if e.times.arrived > 0 {
		waited = max(0, e.times.begun-e.times.arrived)
	}
	handled(e.kind, waited, in.app.traceTime()-e.times.begun, e.failed || e.overdue || e.problem != nil)
}

// traceFailure reports a failure. e is its event; nil if it has none.
func (in *instance) traceFailure(e *event, text string, at Position) {
	if in.app.trace.Failed == nil {
		return
	}
	f := Failure{Worker: in.worker.index, Text: text, At: at.String()}
	if e != nil {
		f.Event = e.kind
		if e.socket != nil {
			f.Connection = e.socket.ID()
		}
	}
	in.app.trace.Failed(f)
}

// traceReplaced reports that the worker's instance has failed and is replaced.
func (w *worker) traceReplaced(reason, text string) {
	if w.app.trace.Replaced != nil {
		w.app.trace.Replaced(w.index, reason, text)
	}
}
