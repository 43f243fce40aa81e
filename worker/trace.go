package worker

import "time"

// Trace is a set of functions that an application calls when something happens, for metrics, logs and tools: [Options.Trace]. Any
// of them may be nil. They are called from any goroutine, at the same time, and must return quickly.
type Trace struct {
	// Handled is called when an event is complete: its kind, such as "message" or "fetch", how long it waited for the worker,
	// how long it was handled, promises of its listeners included, and whether it failed.
	Handled func(kind string, waited, duration time.Duration, failed bool)

	// Replaced is called when a worker's engine has failed and is replaced. The reason is one of "memory", "timeout", "exit",
	// "crash" and "load"; the text is that of the log.
	Replaced func(worker int, reason, text string)

	// Reloaded is called after each reload, with the number of the new generation, or with the error for which the last one stays.
	Reloaded func(generation int, took time.Duration, err error)

	// Failed is called when an event has failed or code outside of events has thrown.
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
