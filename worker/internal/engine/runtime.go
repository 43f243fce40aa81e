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

// maxDepth is the maximum of Options.Depth. At this depth the stack is far below the size at which Go ends the process.
const maxDepth = 20000

// Options are the limits and callbacks of a Runtime. The zero value means no memory limit and no callbacks.
type Options struct {
	// MemoryLimit is the maximum size of the script's heap in bytes; 0 means no limit. The allocator rounds large blocks
	// up, so the heap may exceed the limit by one block. The arguments and variables of calls in progress are included
	// whenever the engine polls: every 10,000 steps, and after a Poke. A limit above 384 MiB raises the limit of all
	// stacks of the process (debug.SetMaxStack). Above 768 MiB a malicious script can end the process by a recursion
	// within a built-in function.
	MemoryLimit int64

	// Depth is the maximum depth of nested calls. Deeper calls throw a stack overflow. A plain call counts as one, a call
	// through a getter, a proxy or a built-in function as 3 to 9. 0 means 5000, the engine's default; the maximum is
	// 20000.
	Depth int

	// OnUnhandled is called for each promise rejection that was not handled by the end of its turn. It is called between
	// turns, and may start another turn.
	OnUnhandled func(*Exception)

	// OnLocated is called after Locate with the position of the script. It is called within a turn, and must not use the
	// Runtime.
	OnLocated func(Place)

	// OnHostError is called with an error of a host function whose details are not shown to the script: any error other
	// than a *Throw or an *Exception, and a panic as a *PanicError.
	OnHostError func(function string, err error)
}

// Runtime is an instance of the engine: a heap, a global object and a queue of promise jobs. It may be used by one
// goroutine at a time.
type Runtime struct {
	options Options

	tls  *libc.TLS
	heap alloc.Allocator // all memory of the script, and of no other Runtime
	rt   uintptr         // the JSRuntime
	ctx  uintptr         // the JSContext
	host raw             // the host object

	evaluate uintptr // the engine's own function that compiles and runs a source text

	errorClass raw // the built-in Error, from before a script could replace it

	contexts asyncContexts

	functions     []hostFunction // the functions of Define, by their numbers
	handles       []*handle      // the handles of all Functions and Promises
	scope         []raw          // values to be freed at the end of the turn
	args          []Value        // the arguments of host functions that are running
	rejections    []rejection    // promises rejected in this turn that have no handler
	handledLate   []rejection    // promises of earlier turns that have got a handler in this one; only with a watcher
	watcher       *Function      // the function of WatchRejections, or nil
	unhandled     []*Exception   // recorded for OnUnhandled
	printed       []byte         // the output of inspect
	interruptedAt *Interruption  // where the turn was interrupted; nil if that is unknown

	depth       int      // number of nested turns
	onClose     []func() // the functions of OnClose
	closed      bool
	poisoned    bool        // an earlier turn has run out of memory
	abandoned   bool        // frames of the engine were left without being unwound
	lost        bool        // a fault has left the heap in an unknown state
	outOfMemory bool        // an allocation has failed because of the memory limit
	limitRaised bool        // the memory limit is raised while a source text is compiled
	hostSource  bool        // the next source text to be compiled is from the host
	interrupted atomic.Bool // set by Interrupt
	noticed     atomic.Bool // the script has been stopped because of Interrupt
	locating    atomic.Bool // set by Locate; cleared when OnLocated is called
	stackPolls  int         // polls since currentPlace began to read the stack; 0 if it does not

	counterMu sync.Mutex
	counter   *int32 // the engine's count of steps until it calls pollInterrupt; nil if there is no engine
}

// runtimes contains all open Runtimes by their *libc.TLS, which is the only Go value that callbacks of the engine get.
var runtimes sync.Map

// runtimeOf returns the Runtime in a callback of the engine.
func runtimeOf(tls *libc.TLS) *Runtime {
	r, _ := runtimes.Load(tls)
	return r.(*Runtime)
}

// New returns a new Runtime. The caller must close it: its memory is not on the Go heap.
func New(options Options) (*Runtime, error) {
	if options.Depth < 0 || options.Depth > maxDepth {
		return nil, fmt.Errorf("engine: depth is %d, want 0 to %d", options.Depth, maxDepth)
	}
	if options.MemoryLimit <= 0 || options.MemoryLimit > safeMemoryLimit {
		raiseMaxStack()
	}
	r := &Runtime{options: options, tls: libc.NewTLS(), host: rawUndefined(), errorClass: rawUndefined()}
	runtimes.Store(r.tls, r)
	var err error
	if fault := r.protect(func() { err = r.start() }); fault != nil {
		err = fault
	}
	if err != nil {
		r.dispose()
		return nil, err
	}
	return r, nil
}

// A few built-in functions recurse along chains of objects without checking the depth. One is instanceof along a chain of
// bound functions, which takes 260 bytes of heap and 336 bytes of stack for each. Go ends the process when a stack would
// grow beyond a limit, which is 1 GB by default; stacks grow to powers of two, so 512 MiB can be used. With a memory limit
// up to safeMemoryLimit no chain is long enough for that. With maxStack the same holds up to twice safeMemoryLimit.
const (
	safeMemoryLimit = 384 << 20
	maxStack        = 2_000_000_000 // the maximum that Go supports
)

// raiseMaxStack raises the limit of the stacks of all goroutines to maxStack, unless it is already higher.
var raiseMaxStack = sync.OnceFunc(func() {
	if last := debug.SetMaxStack(maxStack); last > maxStack {
		debug.SetMaxStack(last)
	}
})

// start creates the engine's runtime and context.
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
	r.setStepCounter(&at[lib.TJSContext](r.ctx).Finterrupt_counter)
	r.evaluate = at[lib.TJSContext](r.ctx).Feval_internal
	at[lib.TJSContext](r.ctx).Feval_internal = pointerTo(evaluate)
	lib.XJS_SetHostPromiseRejectionTracker(r.tls, r.rt, pointerTo(trackRejection), 0)
	lib.XJS_SetModuleLoaderFunc(r.tls, r.rt, 0, pointerTo(refuseImport), 0)
	if err := r.defineHostObject(); err != nil {
		return err
	}
	if err := r.findErrorClass(); err != nil {
		return err
	}
	r.installStackHeads()
	return r.setMemoryLimit()
}

// Close frees the memory of r, unless r is Lost. Functions and Promises of r become inert. Close returns ErrBusy within a
// host function, and does nothing if r is already closed.
func (r *Runtime) Close() error {
	if r.closed {
		return nil
	}
	if r.depth > 0 {
		return ErrBusy
	}
	r.dispose()
	return nil
}

// dispose frees the memory of r as a whole. It does not use the engine, which after a failed allocation may have left its
// heap inconsistent. After a fault the records of the allocator may be damaged too, so the memory is not freed then.
func (r *Runtime) dispose() {
	r.closed = true
	runtimes.Delete(r.tls)
	r.setStepCounter(nil)
	r.invalidateHandles()
	r.rejections, r.handledLate = nil, nil
	if r.lost {
		return
	}
	for _, free := range r.onClose {
		free()
	}
	_ = r.heap.Close() // an error means that memory could not be unmapped, which does no harm
	r.tls.Close()
}

// Lost reports whether a fault in the engine has left the heap of r in an unknown state. The memory of such a Runtime is
// never freed, so a process must not accumulate many of them.
func (r *Runtime) Lost() bool { return r.lost }

// checkUsable returns the reason why no turn can be started, or nil.
func (r *Runtime) checkUsable() error {
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

// turn runs body and then, if the turn is not nested, the promise jobs. At the end it frees the values in r.scope and
// reports unhandled rejections.
func (r *Runtime) turn(body func() error) error {
	if err := r.checkUsable(); err != nil {
		return err
	}
	err := r.runTurn(body)
	if r.depth == 0 && !r.abandoned {
		r.reportUnhandled()
	}
	return err
}

// runTurn is turn without checkUsable and the report.
func (r *Runtime) runTurn(body func() error) (err error) {
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
			r.collectRejections()
			r.clearContext()
		}
		r.free(mark)
	})
	if fault != nil {
		return fault
	}
	return r.turnError(err)
}

// protect calls f, which uses the engine, and abandons r if f does not return. As the engine is translated C, it may
// access an unmapped address, which would end the process; protect makes it a panic, and recovers it.
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

// errInnerTurnFailed is the value of the panic with which callHost leaves the engine's frames of a turn after a fault in a
// nested turn.
var errInnerTurnFailed = errors.New("engine: a fault occurred in a nested turn")

// abandon marks r as unusable after a panic or a Goexit has unwound frames of the engine. Such a panic is a fault of the
// engine: guard recovers those of host functions.
func (r *Runtime) abandon(cause any) error {
	r.abandoned = true
	if err, _ := cause.(error); cause == nil || errors.Is(err, errInnerTurnFailed) {
		return ErrPoisoned
	}
	r.lost = true
	return fmt.Errorf("%w: %w", ErrPoisoned, &PanicError{Value: cause, Stack: debug.Stack()})
}

// broken reports whether values of the engine must not be used any more: after a fault, and after a failed allocation.
func (r *Runtime) broken() bool { return r.closed || r.abandoned || r.poisoned || r.outOfMemory }

// turnError returns the error of a turn: the reason why the turn had to stop, if there is one, and err otherwise.
func (r *Runtime) turnError(err error) error {
	switch {
	case r.abandoned:
		return ErrPoisoned
	case r.outOfMemory:
		r.poisoned = true
		return ErrOutOfMemory
	case r.interrupted.Load():
		return r.interruption()
	}
	return err
}

// mustStop reports whether no more code of the script may run in this turn.
func (r *Runtime) mustStop() bool {
	return r.outOfMemory || r.abandoned || r.interrupted.Load()
}

// hold adds v to the values that are freed at the end of the current turn or host call, and returns v.
func (r *Runtime) hold(v raw) raw {
	r.scope = append(r.scope, v)
	return v
}

// free frees the values that have been held since r.scope had the length mark.
func (r *Runtime) free(mark int) {
	if !r.broken() {
		for _, v := range r.scope[mark:] {
			lib.XFreeValue(r.tls, r.ctx, v)
		}
	}
	r.scope = r.scope[:mark]
}
