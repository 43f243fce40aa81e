package engine

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// maxDepth keeps the deepest recursion far below the size at which Go ends the
// process for a stack that is too large.
const maxDepth = 20000

// Options are the limits of a Runtime and its ways to report. The zero Options
// mean no memory limit and nothing reported.
type Options struct {
	// MemoryLimit is the most bytes the script's heap may take; 0 is no limit.
	// The allocator rounds large blocks up, so one block may reach beyond it.
	MemoryLimit int64

	// Depth is how deeply calls may nest before the script sees a stack
	// overflow: a plain call takes one step, a call through a getter, a proxy or
	// a built-in 3 to 9. 0 is the engine's default of 5000; the most is 20000.
	Depth int

	// OnUnhandled is told of each promise rejection that nobody handled by the
	// end of its turn. It is called between turns and may begin another.
	OnUnhandled func(*Exception)

	// OnHostError is told what a host function really failed with when the
	// script is shown only a fixed text: any error that is not a *Throw, and
	// panics as a *PanicError.
	OnHostError func(function string, err error)
}

// Runtime is one JavaScript world: a heap, a global object and a queue of promise
// jobs. One goroutine at a time may use it.
type Runtime struct {
	options Options

	tls  *libc.TLS
	rt   uintptr // JSRuntime
	ctx  uintptr // JSContext
	host raw     // the object that Host names

	errorClass raw // the script's Error, as it was before the script could change it

	functions  []hostFunction // by the number the engine calls them with
	handles    []*handle      // what Functions and Promises hold
	scope      []raw          // what the turn frees when it ends
	args       []Value        // the arguments of host functions that are running
	rejections []rejection    // rejected promises without a handler so far
	unhandled  []*Exception   // what OnUnhandled is to be told
	printed    []byte         // what inspect writes
	cut        *Interruption  // where the turn was interrupted, once it is known

	depth       int // turns running inside each other
	closed      bool
	poisoned    bool
	abandoned   bool // engine frames were left without being unwound
	starved     bool // the memory limit refused an allocation
	interrupted atomic.Bool
}

// runtimes finds the Runtime of a callback by the one Go value the engine hands on.
var runtimes sync.Map // *libc.TLS -> *Runtime

func runtimeOf(tls *libc.TLS) *Runtime {
	r, _ := runtimes.Load(tls)
	return r.(*Runtime)
}

// New makes a Runtime. The caller closes it: its memory is not the Go collector's.
func New(options Options) (*Runtime, error) {
	if options.Depth < 0 || options.Depth > maxDepth {
		return nil, fmt.Errorf("engine: depth is %d, want 0 to %d", options.Depth, maxDepth)
	}
	r := &Runtime{options: options, tls: libc.NewTLS(), host: rawUndefined(), errorClass: rawUndefined()}
	runtimes.Store(r.tls, r)
	if err := r.start(); err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// start makes the engine's side of r.
func (r *Runtime) start() error {
	r.rt = lib.XJS_NewRuntime2(r.tls, allocator(), 0)
	if r.rt == 0 {
		return ErrOutOfMemory
	}
	lib.XJS_SetMaxStackSize(r.tls, r.rt, lib.Tsize_t(r.options.Depth))
	r.ctx = lib.XJS_NewContext(r.tls, r.rt)
	if r.ctx == 0 {
		return ErrOutOfMemory
	}
	lib.XJS_SetInterruptHandler(r.tls, r.rt, pointerTo(pollInterrupt), 0)
	lib.XJS_SetHostPromiseRejectionTracker(r.tls, r.rt, pointerTo(trackRejection), 0)
	lib.XJS_SetModuleLoaderFunc(r.tls, r.rt, 0, pointerTo(refuseImport), 0)
	if err := r.makeHost(); err != nil {
		return err
	}
	if err := r.findErrorClass(); err != nil {
		return err
	}
	return r.setMemoryLimit()
}

// Close frees everything; Functions and Promises of r turn inert. Closing again
// does nothing. Inside a host function it answers ErrBusy.
func (r *Runtime) Close() error {
	if r.closed {
		return nil
	}
	if r.depth > 0 {
		return ErrBusy
	}
	r.stop()
	return nil
}

// stop frees the engine's side of r. Memory that abandoned frames still point into
// is left alone: freeing it would write through dangling pointers.
func (r *Runtime) stop() {
	r.closed = true
	runtimes.Delete(r.tls)
	if r.abandoned {
		return
	}
	r.dropHandles()
	r.dropRejections()
	lib.XFreeValue(r.tls, r.ctx, r.host)
	lib.XFreeValue(r.tls, r.ctx, r.errorClass)
	if r.ctx != 0 {
		lib.XJS_FreeContext(r.tls, r.ctx)
	}
	if r.rt != 0 {
		lib.XJS_FreeRuntime(r.tls, r.rt)
	}
	r.tls.Close()
}

// usable says why no turn can begin, or nil.
func (r *Runtime) usable() error {
	switch {
	case r.closed:
		return ErrClosed
	case r.poisoned || r.abandoned:
		return ErrPoisoned
	case r.interrupted.Load():
		return ErrInterrupted
	}
	return nil
}

// turn runs body in the engine, then the promise jobs when no other turn is
// running, frees what was held, and reports.
func (r *Runtime) turn(body func() error) error {
	if err := r.usable(); err != nil {
		return err
	}
	err := r.enter(body)
	if r.depth == 0 && !r.abandoned {
		r.report()
	}
	return err
}

func (r *Runtime) enter(body func() error) (err error) {
	mark := len(r.scope)
	frame := at[lib.TJSRuntime](r.rt).Fcurrent_stack_frame
	returned := false
	r.depth++
	defer func() {
		r.depth--
		if !returned {
			at[lib.TJSRuntime](r.rt).Fcurrent_stack_frame = frame
			err = r.abandon(recover())
			return
		}
		r.free(mark)
		err = r.verdict(err)
	}()
	err = body()
	if r.depth == 1 {
		r.runJobs()
		r.settleRejections()
	}
	returned = true
	return err
}

// abandon gives r up after a panic or a Goexit passed through engine frames. A
// panic here is a fault of the engine: those of host functions never get so far.
func (r *Runtime) abandon(cause any) error {
	r.abandoned = true
	if cause == nil {
		return ErrPoisoned
	}
	return fmt.Errorf("%w: %w", ErrPoisoned, &PanicError{Value: cause, Stack: debug.Stack()})
}

// verdict puts what ended the turn from outside before what the script threw.
func (r *Runtime) verdict(err error) error {
	switch {
	case r.abandoned:
		return ErrPoisoned
	case r.starved:
		r.poisoned = true
		return ErrOutOfMemory
	case r.interrupted.Load():
		return r.interruption()
	}
	return err
}

// stopped says whether no more script may run in this turn.
func (r *Runtime) stopped() bool {
	return r.starved || r.abandoned || r.interrupted.Load()
}

// hold has v freed when the turn or host call that is running ends.
func (r *Runtime) hold(v raw) raw {
	r.scope = append(r.scope, v)
	return v
}

// free lets go of everything held since mark.
func (r *Runtime) free(mark int) {
	if !r.abandoned {
		for _, v := range r.scope[mark:] {
			lib.XFreeValue(r.tls, r.ctx, v)
		}
	}
	r.scope = r.scope[:mark]
}
