package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
	alloc "modernc.org/memory"
)

// Version is the version of QuickJS.
const Version = lib.MCONFIG_VERSION

// maxDepth keeps the deepest recursion far below the size at which Go ends the
// process for a stack that is too large.
const maxDepth = 20000

// Options are the limits of a Runtime and its ways to report. The zero Options
// mean no memory limit and nothing reported.
type Options struct {
	// MemoryLimit is the most bytes the script's heap may take; 0 is no limit.
	// The allocator rounds large blocks up, so one block may reach beyond it. The
	// arguments and variables of calls in progress are added to it whenever the
	// engine looks up: every 10,000 steps, and at a Poke. A limit above 384 MiB raises
	// that of all stacks of the process (debug.SetMaxStack). Above 768 MiB a script
	// that means harm can end the process by a recursion within a built-in function.
	MemoryLimit int64

	// Depth is how deeply calls may nest before the script sees a stack
	// overflow: a plain call takes one step, a call through a getter, a proxy or
	// a built-in 3 to 9. 0 is the engine's default of 5000; the most is 20000.
	Depth int

	// OnUnhandled is told of each promise rejection that nobody handled by the
	// end of its turn. It is called between turns and may begin another.
	OnUnhandled func(*Exception)

	// OnLocated is called after Locate with the place where the script is, in the
	// middle of its turn: it cannot use the Runtime.
	OnLocated func(Place)

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
	heap alloc.Allocator // all memory of the script; no other runtime has a part in it
	rt   uintptr         // JSRuntime
	ctx  uintptr         // JSContext
	host raw             // the object that Host names

	evaluate uintptr // the engine's function that compiles a source text and runs it

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
	lost        bool // a fault left the heap in a state that is not known
	starved     bool // the memory limit refused an allocation
	compiling   bool // a source text is compiled, for which the limit is higher
	trusted     bool // the next source text is the host's
	interrupted atomic.Bool
	noticed     atomic.Bool // the script has been stopped
	locating    atomic.Bool // OnLocated is to be called
	placing     int         // polls while the stack is being read, from 1

	poking  sync.Mutex
	counter *int32 // the steps until the engine calls pollInterrupt; nil while there is no engine
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
	if options.MemoryLimit <= 0 || options.MemoryLimit > modestLimit {
		raiseMaxStack()
	}
	r := &Runtime{options: options, tls: libc.NewTLS(), host: rawUndefined(), errorClass: rawUndefined()}
	runtimes.Store(r.tls, r)
	var err error
	if fault := r.protect(func() { err = r.start() }); fault != nil {
		err = fault
	}
	if err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// A few built-in functions recurse along chains of objects without a check of the depth:
// instanceof along a chain of bound functions, for one, which takes 260 bytes of heap and
// 336 bytes of stack for each. Go ends the process when a stack has to grow beyond a
// limit, 1 GB by default, of which a power of two can be used: 512 MiB. So below
// modestLimit no chain is long enough, and with maxStack none up to twice that much.
const (
	modestLimit = 384 << 20
	maxStack    = 2_000_000_000 // as much as Go bears
)

// raiseMaxStack raises the limit of stacks, which is the process's.
var raiseMaxStack = sync.OnceFunc(func() {
	if last := debug.SetMaxStack(maxStack); last > maxStack {
		debug.SetMaxStack(last)
	}
})

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
	r.watchSteps(&at[lib.TJSContext](r.ctx).Finterrupt_counter)
	r.evaluate = at[lib.TJSContext](r.ctx).Feval_internal
	at[lib.TJSContext](r.ctx).Feval_internal = pointerTo(evaluate)
	lib.XJS_SetHostPromiseRejectionTracker(r.tls, r.rt, pointerTo(trackRejection), 0)
	lib.XJS_SetModuleLoaderFunc(r.tls, r.rt, 0, pointerTo(refuseImport), 0)
	if err := r.makeHost(); err != nil {
		return err
	}
	if err := r.findErrorClass(); err != nil {
		return err
	}
	r.headStacks()
	return r.setMemoryLimit()
}

// Close frees everything; Functions and Promises of r turn inert. Closing again
// does nothing. Inside a host function it answers ErrBusy. The memory of a Runtime
// that is Lost is not freed.
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

// stop gives the memory of r back as a whole. The engine does not walk it: after an
// allocation that failed the engine may have left it inconsistent. After a fault the
// records of the allocator may be damaged too, so then it stays.
func (r *Runtime) stop() {
	r.closed = true
	runtimes.Delete(r.tls)
	r.watchSteps(nil)
	r.dropHandles()
	r.rejections = nil
	if r.lost {
		return
	}
	_ = r.heap.Close() // what the system does not take back now is in no other use
	r.tls.Close()
}

// Lost reports whether a fault inside the engine has left the heap of r in a state
// that is not known. Its memory is never given back, so a process bears few of them.
func (r *Runtime) Lost() bool { return r.lost }

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
	r.depth++
	defer func() {
		r.depth--
		r.scope = r.scope[:mark]
	}()
	fault := r.protect(func() {
		err = body()
		if r.depth == 1 {
			r.runJobs()
			r.settleRejections()
		}
		r.free(mark)
	})
	if fault != nil {
		return fault
	}
	return r.verdict(err)
}

// protect calls f, which enters the engine, and returns an error if f did not return.
// The engine is C that was translated: an access to any address at which there is no
// memory would end the process, unless it is made a panic.
func (r *Runtime) protect(f func()) (err error) {
	returned := false
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if !returned {
			err = r.abandon(recover())
		}
	}()
	f()
	returned = true
	return nil
}

// errLeft is what callHost panics with to leave the frames of a turn in which an inner
// turn has failed inside the engine.
var errLeft = errors.New("engine: a turn within this one failed inside the engine")

// abandon gives r up after a panic or a Goexit passed through engine frames. A
// panic here is a fault of the engine: those of host functions never get so far.
func (r *Runtime) abandon(cause any) error {
	r.abandoned = true
	if err, _ := cause.(error); cause == nil || errors.Is(err, errLeft) {
		return ErrPoisoned
	}
	r.lost = true
	return fmt.Errorf("%w: %w", ErrPoisoned, &PanicError{Value: cause, Stack: debug.Stack()})
}

// broken reports whether values of the engine must not be touched any more: after a
// fault, and after an allocation failed in the middle of something.
func (r *Runtime) broken() bool { return r.closed || r.abandoned || r.poisoned || r.starved }

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

// stopped reports whether no more script may run in this turn.
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
	if !r.broken() {
		for _, v := range r.scope[mark:] {
			lib.XFreeValue(r.tls, r.ctx, v)
		}
	}
	r.scope = r.scope[:mark]
}
