// Package process runs applications in child processes: it is the [script.Runtime] whose application runs in Node, Bun, Deno or
// another copy of this program. What passes between the two is described in docs/dev/worker-protocol.md.
package process

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Options are how the children of an application are started.
type Options struct {
	Path string   // the executable
	Args []string // without the name of the executable
	Env  []string // the whole environment, as of os.Environ
	Dir  string   // the working directory; "" for that of this process

	// Memory is the limit of the resident memory of a child in bytes; 0 for none. Only Linux applies it.
	Memory int64

	// Engine returns the globals for a child that runs [Serve]; nil for another runtime. Grace is the time beyond the event timeout that
	// a child has to end a turn itself.
	Engine func() (*web.Prelude, error)
	Grace  time.Duration

	// Print is called with each line of the output of a child, without its end, and Dropped with the number of lines that
	// were dropped, because they came faster than Print returned. One goroutine calls both.
	Print   func(stderr bool, line string)
	Dropped func(lines int)
}

// New returns a Launch for Runtimes in child processes. start returns the options for the child of a Runtime.
func New(start func(host script.Host) Options) script.Launch {
	return func(host script.Host, app script.Application) script.Runtime {
		r := &remote{host: host, app: app, options: start(host), closed: make(chan struct{})}
		r.table = modules.NewTable(host, app.Name, r.interrupted)
		r.names, r.functions, r.transient = r.provided()
		r.sendNumber = slices.Index(r.names, "send")
		r.progress = newProgress(app.EventTimeout+r.options.Grace, r.halt, r.Stop)
		return r
	}
}

// remote is a child with an application. Unless stated otherwise, only the goroutine that uses the script.Runtime uses its fields.
type remote struct {
	host    script.Host
	app     script.Application
	options Options

	table      *modules.Table
	names      []string           // of the functions that the child may call
	functions  []modules.Function // by their positions in names
	transient  []bool             // which functions keep no argument, likewise
	sendNumber int                // the position of send
	args       []engine.Value     // the arguments of the last call of such a function

	child    *child // nil before Load, and if it could not be started; set with startMu held
	startMu  sync.Mutex
	stopped  bool // Stop has been called; guarded by startMu
	calls    outgoing
	sent     int64 // bytes of calls
	answers  outgoing
	exposed  map[string]uint16 // the numbers of the functions of the child; nil before its hello
	progress progress

	module    moduleState
	failure   *script.Exception // what the module has thrown
	listeners map[string][]script.Frame
	types     []string // of the events that the application listens to
	busy      string   // what keeps the application awake, as of the last answer to check
	checked   bool     // nothing was sent since that answer
	checking  bool     // the answer is on its way
	idle      bool     // while the module is loading, the child has reported that nothing is in progress there
	fatal     error    // why the child is unusable; nil while it is usable
	unhandled pending  // the events that were sent and are not handled

	midTurn bool // a turn of the application goes on that has used storage

	closeOnce sync.Once
	closed    chan struct{} // closed by Close
}

// moduleState is how far the application's module is.
type moduleState int

const (
	moduleLoading moduleState = iota
	moduleLoaded
	moduleFailed
)

var _ script.Runtime = (*remote)(nil)

// Load starts the child and sends hello. The code follows when the child has answered.
func (r *remote) Load() error {
	o := &r.options
	c, err := startChild(childSpec{path: o.Path, args: o.Args, env: o.Env, dir: o.Dir, memory: o.Memory, printLine: o.Print, reportDropped: o.Dropped})
	if err != nil {
		return err
	}
	r.setChild(c)
	r.calls.pipe, r.answers.pipe = r.child.calls, r.child.answers
	r.send(func(b []byte) []byte { return appendHello(b, engine.List(textValues(r.names)...)) })
	r.Flush()
	go r.receive()
	return nil
}

// receive passes what the child sends to the goroutine that uses the Runtime, until the child has ended. At most maxBatches are on
// their way, so that a child that sends faster than its calls are handled is stopped by its full pipe.
func (r *remote) receive() {
	in := incoming{r: r.child.results}
	free := make(chan *frameBatch, maxBatches)
	for range maxBatches {
		free <- &frameBatch{}
	}
	for {
		var t *frameBatch
		select {
		case t = <-free:
		case <-r.closed:
			return
		}
		err := in.next(t)
		if errors.Is(err, errFrame) {
			r.host.Enqueue(func() error { return r.fail(err) })
			break
		}
		r.host.Enqueue(func() error {
			err := r.handle(t.frames)
			free <- t
			return err
		})
		if err != nil {
			break
		}
	}
	<-r.child.ended
	r.host.Enqueue(r.end)
}

// maxBatches bounds the batches of frames that wait to be handled. Each is the result of one read.
const maxBatches = 4

// fail ends a child that does not follow the protocol.
func (r *remote) fail(err error) error {
	r.child.kill()
	if r.fatal == nil {
		r.fatal = &script.Failure{Cause: err}
	}
	return r.fatal
}

// end makes the Runtime unusable after the end of the child.
func (r *remote) end() error {
	if r.fatal == nil {
		r.fatal = endError(r.child.ending, r.progress.hung())
	}
	return r.fatal
}

// endError returns the error for the end of a child. hung is not nil if the child was killed because it did not handle an event in
// time.
func endError(e ending, hung *script.Interruption) error {
	switch {
	case hung != nil:
		return hung
	case e.outOfMemory:
		return fmt.Errorf("%w: the process %s", script.ErrOutOfMemory, e.text)
	}
	return &script.Exit{How: e.text, Stderr: e.stderr}
}

// haltTime bounds the time that a child that hangs has to report. The child is killed after that.
const haltTime = 3 * time.Second

// halt has a child that hangs report how far it is, if it can, and returns where its application is; nil if that cannot be found out. It may be
// called by any goroutine.
func (r *remote) halt() *script.Interruption {
	if !slices.Contains(r.options.Args, closedInspector[0]) {
		return nil
	}
	// After an error, what the child did not report counts as begun.
	frames, _ := r.child.halt(haltTime, func(file string) bool { return r.fileName(file) == scriptName })
	if frames == nil {
		return nil
	}
	return &script.Interruption{Frames: r.named(frames)}
}

// named returns the calls in a child with the names of the files, and without those of node that have called the first script.
func (r *remote) named(frames []script.Frame) []script.Frame {
	for n := len(frames); n > 0 && strings.HasPrefix(frames[n-1].File, "node:"); n-- {
		frames = frames[:n-1]
	}
	for i := range frames {
		frames[i].File = r.fileName(frames[i].File)
	}
	return frames
}

// fileName returns the name that a file has in frames.
func (r *remote) fileName(path string) string {
	switch {
	case path == r.app.File:
		return r.app.Name
	case slices.Contains(r.options.Args, path):
		return scriptName
	case strings.HasPrefix(path, "node:"):
		return "native"
	}
	return path
}

// MidTurn reports whether the child has used storage in a turn that goes on.
func (r *remote) MidTurn() bool { return r.midTurn }

// Begun returns how far the child was with an event, if it has reported that.
func (r *remote) Begun(id int) int { return r.unhandled.begun(id) }

// Handled reports whether the child has handled the call for an event or, for 0, those that load the application and those for posts and answers.
func (r *remote) Handled(id int) bool { return !r.unhandled.has(id) }

// Started reports whether the child has said hello, or never will.
func (r *remote) Started() bool { return r.exposed != nil || r.fatal != nil }

// Loaded reports whether the module has been loaded. The error is what it has thrown.
func (r *remote) Loaded() (bool, error) {
	switch {
	case r.fatal != nil:
		return true, r.fatal
	case r.module == moduleFailed:
		return true, r.failure
	}
	return r.module == moduleLoaded, nil
}

// Listening returns what the application has reported.
func (r *remote) Listening() ([]string, error) { return r.types, r.fatal }

// Places returns what the application has reported.
func (r *remote) Places(kind string) ([]script.Frame, error) { return r.listeners[kind], r.fatal }

// Dispatch adds the call for an event to the next batch.
func (r *remote) Dispatch(_ time.Time, id int, e script.Event) error {
	if r.fatal != nil {
		return r.fatal
	}
	call := r.table.Event(id, e)
	args := r.withConnection(e, call.Args)
	err := r.call(call.Function, args...)
	clear(args)
	r.progress.sentEvent()
	r.unhandled.add(id, r.sent)
	return err
}

// withConnection appends what the listeners of an event are likely to need of its connection: its state and data, or only its data if
// it has ended. The child then need not ask.
func (r *remote) withConnection(e script.Event, args []engine.Value) []engine.Value {
	var id string
	switch e := e.(type) {
	case *script.Message:
		id = e.Connection
	case *script.Drain:
		id = e.Connection
	case *script.PeerClose:
		id = e.Connection
	case *script.Close:
		return append(args, dataValue(r.host.Data(e.Connection)))
	default:
		return args
	}
	state, data := r.host.Present(id)
	return append(args, modules.ReadyState(state), dataValue(data))
}

// dataValue returns the text of the data of a connection, null if it has none.
func dataValue(data string) engine.Value {
	if data == "" {
		return engine.Null()
	}
	return engine.String(data)
}

// call adds the call of a function of the child to the next batch.
func (r *remote) call(function string, args ...engine.Value) error {
	number, ok := r.exposed[function]
	if !ok {
		return fmt.Errorf("the runtime has no function %q: it implements another version of the worker protocol", function)
	}
	r.checked, r.idle = false, false
	r.send(func(b []byte) []byte { return appendCall(b, number, args) })
	return nil
}

// send adds a frame to the next batch.
func (r *remote) send(appendTo func(b []byte) []byte) {
	r.sent = r.progress.sent(r.calls.add(appendTo))
}

// Flush sends the batch.
func (r *remote) Flush() {
	r.calls.flush()
	if r.Started() { // the time of the start is limited by the worker
		r.progress.begin(time.Now())
	}
}

// Room reports whether the child may get another event now. If not, a turn follows when it may.
func (r *remote) Room() bool {
	bytes, events := r.progress.outstanding()
	return bytes < window && events < maxEvents
}

// maxEvents bounds the events that are sent to a child before it has reported that it has handled them, which are those that fail if the
// child ends by then.
const maxEvents = 64

// Series reports whether the child has the function for a series of messages.
func (r *remote) Series() bool {
	_, ok := r.exposed["messages"]
	return ok
}

// Busy returns what keeps the application awake, as the child has answered since the last event. If it was not asked since, Busy asks.
func (r *remote) Busy() (reason string, known bool) {
	if r.fatal != nil || r.module == moduleFailed {
		return "", true
	}
	if r.module == moduleLoading {
		if bytes, _ := r.progress.outstanding(); r.idle && bytes == 0 {
			return "", true
		}
		return "the application is loading", true
	}
	if r.checked && !r.checking {
		r.checked = r.busy == "" // a child does not report the end of what keeps it awake, so it is asked again
		return r.busy, true
	}
	if !r.checking {
		r.checking = r.call("check") == nil
		r.checked = r.checking
		r.Flush()
	}
	return "", false
}

// Process returns the id of the child, 0 before Load.
func (r *remote) Process() int {
	if r.child == nil {
		return 0
	}
	return r.child.command.Process.Pid
}

// Collect has no effect: the child collects its memory itself.
func (r *remote) Collect() {}

// Stop kills the child, or the one that Load starts later. Any goroutine may call it.
func (r *remote) Stop() {
	r.startMu.Lock()
	r.stopped = true
	c := r.child
	r.startMu.Unlock()
	if c != nil {
		c.kill()
	}
}

// setChild sets the child that Load has started. It is killed if Stop was called in the meantime.
func (r *remote) setChild(c *child) {
	r.startMu.Lock()
	r.child = c
	stopped := r.stopped
	r.startMu.Unlock()
	if stopped {
		c.kill()
	}
}

// interrupted reports whether the child has been killed or has ended.
func (r *remote) interrupted() bool { return r.child == nil || closed(r.child.ended) }

// Stuck returns nil: a child can always be killed.
func (r *remote) Stuck() <-chan struct{} { return nil }

// closeTime is the time that a child has to exit by itself.
const closeTime = time.Second

// Close ends the child.
func (r *remote) Close() error {
	r.closeOnce.Do(func() { close(r.closed) })
	r.progress.stop()
	if r.child == nil {
		return nil
	}
	if r.fatal != nil {
		r.child.kill()
	}
	if err := r.child.close(closeTime); err != nil {
		return errors.Join(script.ErrLost, err)
	}
	return nil
}

// closed reports whether a channel that is only ever closed is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// textValues returns texts as values.
func textValues(texts []string) []engine.Value {
	values := make([]engine.Value, 0, len(texts))
	for _, text := range texts {
		values = append(values, engine.String(text))
	}
	return values
}
