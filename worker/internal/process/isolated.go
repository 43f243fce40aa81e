package process

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lingerws/linger/worker/internal/embedded"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// Serve is what a child with [Options.Engine] runs: the embedded engine, for the process that has started this one. files has Linger's
// modules. Serve does not return: the process exits when its parent has closed the pipes, or when the engine is not usable any more.
func Serve(files fs.FS) {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // the parent ends this process
	debug.SetGCPercent(isolatedGC)
	err := serveEngine(files)
	if errors.Is(err, errClosed) {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(exitProtocol)
}

const (
	// isolatedGC is the garbage collection percentage of a child. Its heap is small, because the memory of scripts is not part of it, so
	// that a low percentage would mean many collections.
	isolatedGC = 400

	exitProtocol = 64 // the exit status if the parent does not follow the protocol
	exitFailed   = 70 // the exit status after a report with failed
)

// isolated is an engine in a child, and its event loop: the other end of a remote. Unless stated otherwise, only the goroutine of the loop
// uses its fields.
type isolated struct {
	parent
	isolatedConnections
	engine *embedded.Engine
	calls  callReader
	waker  waker

	exposed      []exposedFunction // by the numbers with which the parent calls them
	isOpen       bool              // the parent has got the hello
	event        atomic.Int64      // the number of the event whose listeners run, 0 for none
	received     atomic.Int64      // the bytes of frames that are handled, but not reported as handled
	handling     atomic.Bool       // a frame is being handled
	timers       loop.Timers
	arrivals     loop.Arrivals
	computations loop.Computations

	limits     embedded.Limits
	series     map[int]*series // those in progress, by the numbers of their events
	seriesArgs []engine.Value  // the arguments of the last call of message for a series
	advancing  []int           // the numbers of series whose next messages can begin

	loading bool     // the application's module is not complete
	begun   bool     // an event other than install and activate has begun
	types   []string // of the events that the application listens to, as reported
	awake   string   // what keeps the application awake, as reported
}

// exposedFunction is a function that the parent may call.
type exposedFunction struct {
	name         string
	ofEvent      bool
	endsByResult bool
}

// serveEngine connects to the parent and runs the event loop.
func serveEngine(files fs.FS) error {
	s := &isolated{arrivals: loop.NewArrivals(), series: map[int]*series{}}
	s.computations = loop.NewComputations(context.Background(), &s.arrivals)
	if err := s.openPipes(); err != nil {
		return err
	}
	var err error
	if s.limits, err = s.readLimits(); err != nil {
		return err
	}
	s.isolatedConnections = newIsolatedConnections(&s.parent)
	s.engine = embedded.NewEngine(s, s.limits)
	s.expose("load")
	s.expose("check")
	prelude, err := web.OpenPrelude(files, s.bytecode)
	if err == nil {
		err = s.engine.Start(prelude)
	}
	if err != nil {
		return err
	}
	go s.exitIfStuck()
	s.sendHello()
	s.isOpen = true
	return s.loop()
}

// openPipes reads the parent's hello.
func (s *isolated) openPipes() error {
	if err := s.waker.open(); err != nil {
		return err
	}
	if err := s.calls.open(); err != nil {
		return err
	}
	go s.waker.pass(s.arrivals.Wake)
	for {
		kind, content, ok, err := s.calls.next()
		if err != nil {
			return err
		}
		if ok {
			s.received.Add(frameSize(content))
			return s.readHello(kind, content)
		}
		if err := s.calls.wait(&s.waker, time.Hour); err != nil {
			return err
		}
	}
}

// readLimits asks the parent for the limits of the application.
func (s *isolated) readLimits() (embedded.Limits, error) {
	answer, err := s.ask("limits", nil)
	list := answer.List()
	if err == nil && len(list) < 5 {
		err = fmt.Errorf("%w: limits has %d elements", errFrame, len(list))
	}
	if err == nil {
		err = web.SealWith(slices.Clone(list[4].Content()))
	}
	if err != nil {
		return embedded.Limits{}, err
	}
	return embedded.Limits{
		EventTimeout: time.Duration(list[0].Int()), SlowEvent: time.Duration(list[1].Int()),
		Memory: int64(list[2].Int()), MaxBody: int64(list[3].Int()),
	}, nil
}

// bytecode returns code that the parent has compiled.
func (s *isolated) bytecode(bundle string) ([]byte, error) {
	code, err := s.ask("bytecode", []engine.Value{engine.String(bundle)})
	return slices.Clone(code.Content()), err
}

// sendHello sends the names of the functions that the parent may call.
func (s *isolated) sendHello() {
	names := make([]engine.Value, 0, len(s.exposed))
	for _, fn := range s.exposed {
		names = append(names, engine.String(fn.name))
	}
	s.add(func(b []byte) []byte {
		return appendFrame(b, frameHello, func(b []byte) []byte {
			b = append(b, protocolVersion, 0)
			return appendValue(appendValue(b, engine.List(names...)), engine.String(embedded.Version))
		})
	})
	s.flush()
}

// expose makes a function available to the parent.
func (s *isolated) expose(name string) {
	s.exposed = append(s.exposed, exposedFunction{name, modules.BelongsToEvent(name), modules.EndsByResult(name)})
	if s.isOpen {
		s.call("exposed", engine.String(name))
	}
}

// loop handles calls, timers and arrivals until the parent closes the pipe. The error is errClosed, or means that the parent does not
// follow the protocol.
func (s *isolated) loop() error {
	for {
		if err := s.handleCalls(); err != nil {
			return err
		}
		s.runArrivals()
		s.fireTimers()
		s.advanceSeries()
		s.reportState()
		s.flush()
		if s.calls.buffered() {
			continue
		}
		if err := s.calls.wait(&s.waker, s.untilTimer()); err != nil {
			return err
		}
	}
}

// untilTimer returns the time until a timer expires, or a long one.
func (s *isolated) untilTimer() time.Duration {
	if next, armed := s.timers.UntilNext(); armed {
		return next
	}
	return time.Hour
}

// batchTime bounds the time for which the results of a batch are kept, so that the parent works at the same time.
const batchTime = 2 * time.Millisecond

// handleCalls handles the calls that have arrived, for batchTime at most.
func (s *isolated) handleCalls() error {
	var first time.Time
	for {
		kind, content, ok, err := s.calls.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if kind != frameCall {
			return fmt.Errorf("%w: a parent does not send the kind %d", errFrame, kind)
		}
		now := time.Now()
		if first.IsZero() {
			first = now
		}
		s.handling.Store(true)
		if err := s.handleCall(now, content); err != nil {
			return err
		}
		s.handling.Store(false)
		s.received.Add(frameSize(content))
		if now.Sub(first) > batchTime {
			break
		}
	}
	if s.received.Load() > 0 {
		s.reportState()
		s.reportHandled()
	}
	return nil
}

// frameSize returns the number of bytes of a frame.
func frameSize(c content) int64 { return int64(frameHead + 1 + len(c.data)) }

// reportHandled reports what was handled since the last report.
func (s *isolated) reportHandled() { s.handled(int(s.received.Swap(0))) }

// handleCall handles a call. The error means that the parent does not follow the protocol.
func (s *isolated) handleCall(began time.Time, c content) error {
	number := int(c.uint16())
	s.args = c.values(s.args[:0])
	if c.err != nil {
		return c.err
	}
	if number >= len(s.exposed) {
		return fmt.Errorf("%w: there is no function %d", errFrame, number)
	}
	fn := &s.exposed[number]
	switch fn.name {
	case "load":
		s.load(s.args)
	case "check":
		s.awake = s.busy()
		s.call("busy", engine.String(s.awake))
	default:
		s.begin(began, fn, s.args)
	}
	clear(s.args)
	return nil
}

// load begins to run the application.
func (s *isolated) load(args []engine.Value) {
	s.loading, s.awake = true, "the application is loading"
	if err := s.engine.Run(at(args, 2).String(), at(args, 1).String()); err != nil {
		s.loading = false
		s.loadFailed(err)
	}
}

// begin calls a function of the modules.
func (s *isolated) begin(began time.Time, fn *exposedFunction, args []engine.Value) {
	event := 0
	if fn.ofEvent {
		event = at(args, 0).Int()
		s.begun = s.begun || fn.name != "lifecycle"
	}
	args = s.arrive(fn.name, args)
	if fn.name == "messages" {
		s.beginSeries(began, args)
	} else {
		s.run(began, event, modules.Call{Function: fn.name, Args: args, Done: fn.endsByResult})
	}
	s.leave()
}

// run calls a function as a turn, and reports its exception.
func (s *isolated) run(began time.Time, event int, call modules.Call) {
	s.event.Store(int64(event))
	done, err := s.engine.Call(began, event, call)
	s.event.Store(0)
	if err != nil {
		s.threw(event, err)
	}
	s.endTurn()
	if event != 0 && (done || err != nil) {
		s.done(event)
	}
}

// threw reports the error of a turn.
func (s *isolated) threw(event int, err error) {
	if script.IsFatal(err) {
		s.fail(event, err)
	}
	s.Threw(event, err, nil)
}

// runArrivals runs the turns that other goroutines have queued.
func (s *isolated) runArrivals() {
	for next := s.arrivals.Next(); next != nil; next = s.arrivals.Next() {
		s.flush() // as before a callback of a timer
		if err := next(); err != nil {
			s.threw(0, err)
		}
		s.endTurn()
	}
}

// fireTimers calls the callbacks of the timers that have expired.
func (s *isolated) fireTimers() {
	for _, id := range s.timers.Expired() {
		if id < 0 {
			s.abandonMessage(-id)
			continue
		}
		s.flush() // what was called before does not wait for the callback
		s.run(time.Now(), 0, modules.Call{Function: "fireTimer", Args: []engine.Value{engine.Int(id)}})
	}
}

// reportState reports what has changed: that the module is complete, the listeners until the first event, and that nothing keeps
// the application awake any more.
func (s *isolated) reportState() {
	if s.loading {
		s.reportAwake()
		loaded, err := s.engine.Loaded()
		switch {
		case err != nil:
			s.loading = false
			s.loadFailed(err)
		case loaded:
			s.loading = false
			s.reportListeners(true)
			s.call("loaded")
		}
	} else if !s.begun {
		s.reportListeners(false)
	}
	if s.awake != "" {
		s.reportAwake()
	}
}

// reportAwake reports what keeps the application awake, if that has changed.
func (s *isolated) reportAwake() {
	if reason := s.busy(); reason != s.awake {
		s.awake = reason
		s.call("busy", engine.String(reason))
	}
}

// loadFailed reports what the module has thrown.
func (s *isolated) loadFailed(err error) {
	if script.IsFatal(err) {
		s.fail(0, err)
	}
	s.call("loadFailed", exceptionValue(asException(err)))
}

// reportListeners reports the events that the application listens to, if they have changed or always is set.
func (s *isolated) reportListeners(always bool) {
	types, err := s.engine.Listening()
	if err == nil && !always && slices.Equal(types, s.types) {
		return
	}
	var places []engine.Value
	for _, kind := range types {
		frames, failure := s.engine.Places(kind)
		err = errors.Join(err, failure)
		places = append(places, placesValue(frames))
	}
	if err != nil {
		s.threw(0, err)
	}
	s.types = types
	s.call("listeners", engine.List(textValues(types)...), engine.List(places...))
}

// busy returns what keeps the application awake, "" for nothing.
func (s *isolated) busy() string {
	switch {
	case s.timers.Pending():
		return "a timer is pending"
	case s.computations.InProgress():
		return "a computation is in progress"
	}
	return ""
}

// fail reports a fatal error and ends the process. The event with the number was in progress; those that follow it have not begun.
func (s *isolated) fail(event int, err error) {
	kind, frames, stack := "broken", []script.Frame(nil), ""
	if where, ok := errors.AsType[*script.Interruption](err); ok {
		frames = where.Frames
	}
	if failure, ok := errors.AsType[*script.Failure](err); ok {
		stack = failure.Stack
	}
	switch {
	case errors.Is(err, script.ErrInterrupted):
		kind = "interrupted"
	case errors.Is(err, script.ErrOutOfMemory):
		kind = "memory"
	}
	s.reportHandled()
	s.reportSeries()
	s.call("halted", engine.Bool(s.handling.Load()))
	s.call("failed", engine.String(kind), engine.Int(event), stackValue(frames), engine.String(err.Error()), engine.String(stack))
	s.flush()
	os.Exit(exitFailed)
}

// exitIfStuck ends the process if a turn does not end although it was interrupted. The loop does not use the pipe then.
func (s *isolated) exitIfStuck() {
	<-s.engine.Stuck()
	s.fail(int(s.event.Load()), script.ErrInterrupted)
}
