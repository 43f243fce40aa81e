package engine

import (
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Interrupt ends the current turn, and every turn that is started before ClearInterrupt, with ErrInterrupted. The script
// cannot catch it. A host function that is running is not interrupted, nor is a long operation of a built-in function.
// Interrupt may be called from any goroutine at any time, also on a closed Runtime.
//
// The promise jobs of the turn are dropped, so promises that depend on them never settle.
func (r *Runtime) Interrupt() {
	r.interrupted.Store(true)
	r.Poke()
}

// Interrupted reports whether Interrupt has been called since the last ClearInterrupt, so that a host function that runs for
// long can end. It may be called from any goroutine.
func (r *Runtime) Interrupted() bool { return r.interrupted.Load() }

// Poke makes the engine poll for interrupts at the script's next step, which is a call or an iteration of a loop. Without
// it the engine polls after 10,000 steps, which takes minutes if each step calls a slow built-in function. Poke may be
// called from any goroutine at any time.
//
// The engine decrements its counter of steps without a lock, so it may miss a Poke. A caller that waits for the effect
// must repeat it.
func (r *Runtime) Poke() {
	r.counterMu.Lock()
	defer r.counterMu.Unlock()
	if r.counter != nil {
		atomic.StoreInt32(r.counter, 0)
	}
}

// setStepCounter sets the address of the engine's counter of steps, or nil when there is no engine.
func (r *Runtime) setStepCounter(counter *int32) {
	r.counterMu.Lock()
	defer r.counterMu.Unlock()
	r.counter = counter
}

// ClearInterrupt ends the effect of Interrupt, so that turns can be started again. It may be called from any goroutine.
func (r *Runtime) ClearInterrupt() {
	r.interrupted.Store(false)
	r.noticed.Store(false)
}

// Noticed reports whether Interrupt has stopped the script: the rest of the turn only frees values. It may be called from
// any goroutine.
func (r *Runtime) Noticed() bool { return r.noticed.Load() }

// Locate requests a call of OnLocated at the script's next step, in this turn or the next one. It may be called from any
// goroutine at any time.
func (r *Runtime) Locate() {
	r.locating.Store(true)
	r.Poke()
}

// Place is a position in a running script.
type Place struct {
	Stack  string  // one line for each frame
	Frames []Frame // the parsed Stack
}

// Interruption is an [ErrInterrupted] with the position at which the script was interrupted.
type Interruption struct{ Place }

// Error returns the text of ErrInterrupted.
func (*Interruption) Error() string { return ErrInterrupted.Error() }

// Unwrap returns ErrInterrupted.
func (*Interruption) Unwrap() error { return ErrInterrupted }

// interruption returns the error of an interrupted turn: an *Interruption if the position is known.
func (r *Runtime) interruption() error {
	if r.interruptedAt == nil {
		return ErrInterrupted
	}
	interruption := r.interruptedAt
	if r.depth == 0 {
		r.interruptedAt = nil
	}
	return interruption
}

// pollInterrupt returns 1 if the script must be ended, and 0 otherwise. The engine calls it every few thousand steps,
// after a Poke, and within long regular expressions.
func pollInterrupt(tls *libc.TLS, _, _ uintptr) int32 {
	r := runtimeOf(tls)
	if r.stackPolls > 0 {
		return r.pollWhileReadingStack()
	}
	r.restoreLimit()
	r.checkLocals()
	if !r.mustStop() {
		r.reportLocation()
		return 0
	}
	r.recordInterruption()
	r.noticed.Store(true)
	return 1
}

// recordInterruption records the current stack. The exception at the end of an interrupted promise job has none.
func (r *Runtime) recordInterruption() {
	if r.interruptedAt != nil || r.broken() || !r.interrupted.Load() {
		return
	}
	if place, ok := r.currentPlace(); ok {
		r.interruptedAt = &Interruption{place}
	}
}

// reportLocation calls OnLocated if Locate has been called.
func (r *Runtime) reportLocation() {
	if r.options.OnLocated == nil || !r.locating.Swap(false) {
		return
	}
	if place, ok := r.currentPlace(); ok {
		_, _ = guard(func([]Value) (Value, error) { r.options.OnLocated(place); return Undefined(), nil }, nil)
	}
}

// maxStackPolls bounds the time of currentPlace, in polls: a script can define Error.prepareStackTrace, which then runs.
const maxStackPolls = 10

// pollWhileReadingStack is pollInterrupt for currentPlace. It does not end the script because of an interrupt, but after
// maxStackPolls.
func (r *Runtime) pollWhileReadingStack() int32 {
	if r.stackPolls++; r.stackPolls < maxStackPolls && !r.outOfMemory {
		return 0
	}
	return 1
}

// currentPlace returns the position of the script. It reports false if the stack cannot be read.
func (r *Runtime) currentPlace() (place Place, ok bool) {
	r.stackPolls = 1
	defer func() { r.stackPolls = 0 }()
	e := lib.XJS_CallConstructor(r.tls, r.ctx, r.errorClass, 0, 0)
	defer lib.XFreeValue(r.tls, r.ctx, e)
	if isException(e) {
		r.dropException()
		return Place{}, false
	}
	stack := stripHead(r.property(e, lib.EJS_ATOM_stack), "Error")
	return Place{Stack: stack, Frames: parseStack(stack)}, true
}

// findErrorClass sets r.errorClass.
func (r *Runtime) findErrorClass() error {
	key, err := r.cString("Error")
	if err != nil {
		return err
	}
	defer r.freeCString(key)
	global := lib.XJS_GetGlobalObject(r.tls, r.ctx)
	defer lib.XFreeValue(r.tls, r.ctx, global)
	r.errorClass = lib.XJS_GetPropertyStr(r.tls, r.ctx, global, key)
	return nil
}
