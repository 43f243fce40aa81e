// Package script is the boundary between a worker and the runtime of its application. A worker
// handles connections, HTTP and supervision; a [Runtime] runs JavaScript, in this process or in
// another one. Everything that crosses the boundary is plain Go data:
//
//   - a worker passes events and answers to [Runtime.Dispatch];
//   - an application calls its [Host], whose calls are of two kinds: [Calls] return to the script at
//     once, [Requests] are answered later by an event.
package script

import "time"

// Runtime runs one version of an application. One goroutine at a time uses it, except for Stop, which
// any goroutine may call at any time.
//
// A call that may run code of the application is a turn. The Runtime calls its Host during turns, on the
// goroutine of the turn. If the application runs in another process, each method returns when its argument was
// sent there; the Runtime calls [Host.Enqueue] to get a turn for the calls that the application makes later. Listening
// and Places then return what the application has reported so far.
//
// If [IsFatal] reports true for the error of a turn, the Runtime is not usable any more and has to be closed.
type Runtime interface {
	// Load starts to run the application's module. It may return before the top-level awaits of the
	// module are complete.
	Load() error

	// Started reports whether the process of the application runs.
	Started() bool

	// Loaded reports whether the module is complete, including its top-level awaits. The error is what the
	// module has thrown.
	Loaded() (bool, error)

	// Listening returns the names of the events that the application listens to.
	Listening() ([]string, error)

	// Dispatch passes an event to the application. began is the time at which the turn begins. id
	// identifies the event in the Host's calls about it; the Runtime calls [Calls.Done] when the listeners
	// of an event with an id are done. The id is 0 for answers, posts and timers.
	Dispatch(began time.Time, id int, e Event) error

	// Flush sends to the application what Dispatch has kept. It is called at the end of a series of turns.
	Flush()

	// Room reports whether the application can take another event. If not, the Runtime calls [Host.Enqueue] when it can. Answers
	// and timers need no room.
	Room() bool

	// Busy describes what the application waits for without the knowledge of the Host, such as a timer of its own; "" for nothing. If
	// that is not known yet, known is false, and a turn follows when it is.
	Busy() (reason string, known bool)

	// Series reports whether Dispatch takes a [Message] that has Following. Then the Runtime limits the time of each message itself, and
	// calls [Observer.Overdue].
	Series() bool

	// Places returns the positions at which the application has defined its listeners to a kind of event. It may be
	// called during a turn, by the goroutine of the turn.
	Places(kind string) ([]Frame, error)

	// Collect frees memory that the application does not use any more. It runs no code of the application, and must not be
	// called during a turn.
	Collect()

	// Stop ends the turn that runs, as soon as possible, with ErrInterrupted, and each later turn at once.
	Stop()

	// Handled reports whether the application has handled an event that was dispatched: its listeners have returned. Until then a
	// Runtime limits its time itself. For 0 it reports so of the module, and of posts and answers.
	Handled(id int) bool

	// MidTurn reports whether a turn of the application goes on that has used storage: the end of a turn here is not its end. What it
	// writes is committed together, at the call of [StorageCalls.EndTurn].
	MidTurn() bool

	// Begun returns how many messages of an event that was dispatched the application has seen: 0 if it has not seen the event, and more
	// than there are if that is not known. It may be called after an error for which [IsFatal] reports true.
	Begun(id int) int

	// Stuck returns a channel that is closed when a turn does not end although it was interrupted. The goroutine
	// of the turn may never return.
	Stuck() <-chan struct{}

	// Process returns the id of the process in which the application runs, 0 if that is this process.
	Process() int

	// Close releases the Runtime. It must not be called during a turn. The error is ErrLost if the memory cannot be
	// freed.
	Close() error
}

// Launch makes a Runtime for an application. It does not run any code of the application.
type Launch func(host Host, app Application) Runtime

// Application is the code that a Runtime runs and its settings.
type Application struct {
	Code string // an ES module; in this process, without imports
	File string // the path of a file with Code, for a Runtime in another process; "" for one in this process
	Name string // the file name of Code in stacks
	Vars string // the variables in env, as JSON

	// Bindings are the other members of env, as a JSON list of objects with type, name, and the members of the type.
	Bindings string

	EventTimeout time.Duration // the time after which a turn is interrupted
	SlowEvent    time.Duration // a longer turn is reported with [Observer.Slow]; 0 for never
	Memory       int64         // the limit of the heap in bytes
	MaxBody      int64         // the limit of a body in bytes, after its content codings are undone

	Tracing       bool   // the code of an event runs in its trace context
	Overlap       bool   // the next event of a connection may begin before the promises of the last one are settled
	CloseAtReload bool   // a reload closes connections, unless the options of accept() override it
	ManualReply   bool   // WebSocket objects do not answer the peer's Close by themselves
	BinaryType    string // the initial binaryType of WebSocket objects
	Undated       bool   // there is no compatibility date, so BinaryType may not be what the application expects
}
