package engine

import (
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Interrupt ends what the script runs now, or would run next, with ErrInterrupted.
// It lasts until ClearInterrupt. Any goroutine may call it at any time, also twice
// and on a closed Runtime. The script cannot catch it; a host function that is
// running is not stopped, nor is a built-in in one long operation.
//
// The promise jobs of the turn are dropped: promises that wait for them never settle.
func (r *Runtime) Interrupt() {
	r.interrupted.Store(true)
	r.Poke()
}

// Poke has the engine look up from its work at the next call or loop turn of the script.
// By itself it does so after 10,000 of them, which takes minutes if each is a built-in
// function with a lot to do. Any goroutine may call it at any time.
//
// The engine counts down in its own memory without a lock. It may miss a
// Poke that comes in the middle of that, so whoever waits repeats it.
func (r *Runtime) Poke() {
	r.poking.Lock()
	defer r.poking.Unlock()
	if r.counter != nil {
		atomic.StoreInt32(r.counter, 0)
	}
}

// watchSteps says where the engine counts its steps.
func (r *Runtime) watchSteps(counter *int32) {
	r.poking.Lock()
	defer r.poking.Unlock()
	r.counter = counter
}

// ClearInterrupt lets turns begin again.
func (r *Runtime) ClearInterrupt() {
	r.interrupted.Store(false)
	r.noticed.Store(false)
}

// Noticed reports whether the script has been stopped by Interrupt: what the turn still
// does is to free what it had. Any goroutine may call it.
func (r *Runtime) Noticed() bool { return r.noticed.Load() }

// Locate has OnLocated called at the next step of the script that runs now, or runs next.
// Any goroutine may call it at any time.
func (r *Runtime) Locate() {
	r.locating.Store(true)
	r.Poke()
}

// Place is where a script was.
type Place struct {
	Stack  string
	Frames []Frame
}

// Interruption is an [ErrInterrupted] that says where the script was.
type Interruption struct{ Place }

// Error gives the text of ErrInterrupted.
func (*Interruption) Error() string { return ErrInterrupted.Error() }

// Unwrap gives ErrInterrupted.
func (*Interruption) Unwrap() error { return ErrInterrupted }

// interruption is the end of a turn that was interrupted.
func (r *Runtime) interruption() error {
	if r.cut == nil {
		return ErrInterrupted
	}
	where := r.cut
	if r.depth == 0 {
		r.cut = nil
	}
	return where
}

// pollInterrupt is called by the engine every few thousand steps, after a Poke, and
// within long regular expressions, to learn whether to end the script.
func pollInterrupt(tls *libc.TLS, _, _ uintptr) int32 {
	r := runtimeOf(tls)
	if r.placing > 0 {
		return r.pollPlace()
	}
	r.compiled()
	r.countLocals()
	if !r.stopped() {
		r.located()
		return 0
	}
	r.noteInterruption()
	r.noticed.Store(true)
	return 1
}

// noteInterruption takes the stack as it is now: what the engine throws at the end of
// an interrupted promise job tells nothing any more.
func (r *Runtime) noteInterruption() {
	if r.cut != nil || r.broken() || !r.interrupted.Load() {
		return
	}
	if where, ok := r.place(); ok {
		r.cut = &Interruption{where}
	}
}

// located answers Locate.
func (r *Runtime) located() {
	if r.options.OnLocated == nil || !r.locating.Swap(false) {
		return
	}
	if where, ok := r.place(); ok {
		_, _ = guard(func([]Value) (Value, error) { r.options.OnLocated(where); return Undefined(), nil }, nil)
	}
}

// maxPlacePolls bounds what Error.prepareStackTrace may do, which a script can define, while
// place reads the stack.
const maxPlacePolls = 10

// pollPlace lets the stack be read, also when the script is to be ended.
func (r *Runtime) pollPlace() int32 {
	if r.placing++; r.placing < maxPlacePolls && !r.starved {
		return 0
	}
	return 1
}

// place returns where the script is.
func (r *Runtime) place() (where Place, ok bool) {
	r.placing = 1
	defer func() { r.placing = 0 }()
	e := lib.XJS_CallConstructor(r.tls, r.ctx, r.errorClass, 0, 0)
	defer lib.XFreeValue(r.tls, r.ctx, e)
	if isException(e) {
		r.dropException()
		return Place{}, false
	}
	stack := withoutHead(r.property(e, lib.EJS_ATOM_stack), "Error")
	return Place{Stack: stack, Frames: parseStack(stack)}, true
}

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
