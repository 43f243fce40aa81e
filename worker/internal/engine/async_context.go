package engine

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// The async context is a value that follows the control flow of a script: code that runs because of a promise, after an
// await or in a callback of then, has the context of the code that awaited the promise or called then. AsyncLocalStorage of
// Node is made of it. Each turn begins with the context undefined.
//
// The engine has no hooks for this. FollowContext replaces some of its functions, which then save and restore the context:
// a Runtime that does not call it pays nothing.
//
//	an async function     its context at an await is saved in its promise, and restored when it goes on
//	an async generator    the same, in the generator
//	then                  its callbacks are wrapped in functions that set the context
//	resolve(thenable)     the method then of the thenable is wrapped, since a job calls it
//	React, Enqueue        their callbacks are wrapped

// Context, FollowContext and CallIn are the names of functions of every host object:
//
//	context()                        returns the context of the code that runs
//	context(value)                   changes it, and returns the one before
//	followContext(key)               makes contexts follow promises; key is a symbol, under which they are saved
//	callIn(context, fn, this, ...)   calls fn in a context, and returns its result
//
// A context may end: see [Halt].
const (
	Context       = "context"
	FollowContext = "followContext"
	CallIn        = "callIn"
)

// asyncContexts is the state of the async context of a Runtime.
type asyncContexts struct {
	current raw // the context of the code that runs
	key     lib.TJSAtom
	active  bool // FollowContext has been called
	halting bool // the code of an ended context is being unwound

	owner, ended lib.TJSAtom // the names of the properties of ended contexts

	// The engine's own functions.
	callAsync, continueAsync, callBound, resolve uintptr // methods call of classes
	then, next                                   uintptr
}

func (r *Runtime) defineContextFunctions() error {
	r.contexts.current = rawUndefined()
	if err := r.defineNative(Context, pointerTo(swapContext), 0); err != nil {
		return err
	}
	if err := r.defineNative(FollowContext, pointerTo(followContext), 1); err != nil {
		return err
	}
	if err := r.defineNative(CallIn, pointerTo(callIn), callInArguments); err != nil {
		return err
	}
	return r.defineNative(Halt, pointerTo(halt), 0)
}

// swapContext implements Context.
func swapContext(tls *libc.TLS, ctx uintptr, _ raw, argc int32, argv uintptr) raw {
	r := runtimeOf(tls)
	if argc == 0 {
		return lib.XDupValue(tls, ctx, r.contexts.current)
	}
	previous := r.contexts.current
	r.contexts.current = lib.XDupValue(tls, ctx, *at[raw](argv))
	return previous
}

// followContext implements FollowContext.
func followContext(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	r := runtimeOf(tls)
	c := &r.contexts
	if c.active {
		return rawUndefined()
	}
	c.active = true
	c.key = lib.XJS_ValueToAtom(tls, ctx, *at[raw](argv))
	c.owner, c.ended = r.newAtom("owner"), r.newAtom("ended")
	c.callAsync = r.replaceCall(pointerTo(callAsync), lib.EJS_CLASS_ASYNC_FUNCTION)
	c.continueAsync = r.replaceCall(pointerTo(continueAsync), lib.EJS_CLASS_ASYNC_FUNCTION_RESOLVE, lib.EJS_CLASS_ASYNC_FUNCTION_REJECT)
	c.callBound = r.replaceCall(pointerTo(callBound), lib.EJS_CLASS_C_FUNCTION_DATA)
	c.resolve = r.replaceCall(pointerTo(resolvePromise), lib.EJS_CLASS_PROMISE_RESOLVE_FUNCTION)
	c.then = r.replaceMethods(pointerTo(promiseThen), lib.EJS_CLASS_PROMISE, "then")
	c.next = r.replaceMethods(pointerTo(asyncGeneratorNext), lib.EJS_CLASS_ASYNC_GENERATOR, "next", "return", "throw")
	return rawUndefined()
}

// replaceCall replaces the function with which the engine calls objects of classes, and returns the one of the engine.
func (r *Runtime) replaceCall(function uintptr, classes ...int) (original uintptr) {
	for _, class := range classes {
		original = r.class(class).Fcall
		r.class(class).Fcall = function
	}
	return original
}

// nativeFunction is the class-specific data of a function that is implemented by the engine.
type nativeFunction struct{ realm, function uintptr }

// replaceMethods replaces the implementation of methods of a class, and returns that of the engine. It does not replace
// methods that a script has replaced.
func (r *Runtime) replaceMethods(function uintptr, class int, names ...string) (original uintptr) {
	prototype := lib.XJS_GetClassProto(r.tls, r.ctx, lib.TJSClassID(class))
	defer lib.XFreeValue(r.tls, r.ctx, prototype)
	for _, name := range names {
		key, err := r.cString(name)
		if err != nil {
			return original
		}
		method := lib.XJS_GetPropertyStr(r.tls, r.ctx, prototype, key)
		if tag(method) == lib.EJS_TAG_OBJECT && object(method).Fclass_id == lib.EJS_CLASS_C_FUNCTION {
			native := (*nativeFunction)(unsafe.Pointer(&object(method).Fu))
			original, native.function = native.function, function
		}
		lib.XFreeValue(r.tls, r.ctx, method)
		r.freeCString(key)
	}
	return original
}

// The types of the engine's functions.
type (
	callFunction   = func(tls *libc.TLS, ctx uintptr, fn, this raw, argc int32, argv uintptr, flags int32) raw
	methodFunction = func(tls *libc.TLS, ctx uintptr, this raw, argc int32, argv uintptr, magic int32) raw
)

// functionAt returns the function of the engine with an address.
func functionAt[T any](address uintptr) T {
	return *(*T)(unsafe.Pointer(&struct{ uintptr }{address}))
}

// hasContext reports whether the code that runs has a context.
func (r *Runtime) hasContext() bool { return tag(r.contexts.current) != lib.EJS_TAG_UNDEFINED }

// setContext makes v the context, and takes over the caller's reference to it.
func (r *Runtime) setContext(v raw) {
	if r.broken() {
		return
	}
	previous := r.contexts.current
	r.contexts.current = v
	lib.XFreeValue(r.tls, r.ctx, previous)
}

// clearContext ends the context, at the end of a job and of a turn.
func (r *Runtime) clearContext() {
	r.contexts.halting = false
	if r.hasContext() {
		r.setContext(rawUndefined())
	}
}

// within calls f with v as the context, which f may change.
func (r *Runtime) within(v raw, f func() raw) raw {
	previous := r.contexts.current
	r.contexts.current = lib.XDupValue(r.tls, r.ctx, v)
	result := f()
	r.setContext(previous)
	return result
}

// savedContext returns the context that is saved in a promise or a generator. The caller owns a reference to it.
func (r *Runtime) savedContext(object raw) raw {
	v := lib.XJS_GetPropertyInternal(r.tls, r.ctx, object, r.contexts.key, object, 0)
	if isException(v) {
		r.dropException()
		return rawUndefined()
	}
	return v
}

// saveContext saves a context in a promise or a generator.
func (r *Runtime) saveContext(object, context raw) {
	const flags = lib.MJS_PROP_CONFIGURABLE | lib.MJS_PROP_WRITABLE
	if lib.XJS_DefinePropertyValue(r.tls, r.ctx, object, r.contexts.key, lib.XDupValue(r.tls, r.ctx, context), flags) < 0 {
		r.dropException()
	}
}

// callAsync calls an async function. If it has stopped at an await, its context is saved in its promise.
func callAsync(tls *libc.TLS, ctx uintptr, fn, this raw, argc int32, argv uintptr, flags int32) raw {
	r := runtimeOf(tls)
	promise := functionAt[callFunction](r.contexts.callAsync)(tls, ctx, fn, this, argc, argv, flags)
	if r.contexts.halting {
		return r.haltInstead(promise)
	}
	if !isException(promise) && r.hasContext() && promiseOf(promise).Fpromise_state == lib.EJS_PROMISE_PENDING {
		r.saveContext(promise, r.contexts.current)
	}
	return promise
}

// continueAsync continues an async function after an await. fn is one of the two reactions to what it awaited.
func continueAsync(tls *libc.TLS, ctx uintptr, fn, this raw, argc int32, argv uintptr, flags int32) raw {
	r := runtimeOf(tls)
	state := at[lib.TJSAsyncFunctionState](opaque(object(fn)))
	proceed := func() raw {
		return functionAt[callFunction](r.contexts.continueAsync)(tls, ctx, fn, this, argc, argv, flags)
	}
	settle := state.Fresolving_funcs[0] // of the promise of the async function
	if tag(settle) != lib.EJS_TAG_OBJECT || object(settle).Fclass_id != lib.EJS_CLASS_PROMISE_RESOLVE_FUNCTION {
		return proceed() // a module
	}
	promise := lib.XDupValue(tls, ctx, at[lib.TJSPromiseFunctionData](opaque(object(settle))).Fpromise)
	defer lib.XFreeValue(tls, ctx, promise)
	return r.continueIn(promise, proceed, func() bool { return promiseOf(promise).Fpromise_state == lib.EJS_PROMISE_PENDING })
}

// continueIn calls proceed with the context that is saved in an object, and then saves the context, which may be another one,
// if the function has stopped at an await again.
func (r *Runtime) continueIn(object raw, proceed func() raw, stopped func() bool) raw {
	saved := r.savedContext(object)
	if r.hasEnded(saved) {
		lib.XFreeValue(r.tls, r.ctx, saved)
		return rawUndefined() // it never goes on
	}
	defer func() {
		if !r.broken() {
			lib.XFreeValue(r.tls, r.ctx, saved)
		}
	}()
	return r.within(saved, func() raw {
		result := proceed()
		switch {
		case r.broken():
		case !stopped():
			r.saveContext(object, rawUndefined()) // the object may be kept for long
		case r.contexts.current != saved:
			r.saveContext(object, r.contexts.current)
		}
		return result
	})
}

// callBound calls a function of the engine that has data. If it continues an async generator after an await, it does so in
// the context of the generator.
func callBound(tls *libc.TLS, ctx uintptr, fn, this raw, argc int32, argv uintptr, flags int32) raw {
	r := runtimeOf(tls)
	proceed := func() raw {
		return functionAt[callFunction](r.contexts.callBound)(tls, ctx, fn, this, argc, argv, flags)
	}
	record := opaque(object(fn))
	if at[lib.TJSCFunctionDataRecord](record).Fdata_len != 1 {
		return proceed()
	}
	generator := *at[raw](record + recordSize)
	state := generatorState(generator)
	if state == nil || state.Fstate != lib.EJS_ASYNC_GENERATOR_STATE_EXECUTING {
		return proceed()
	}
	generator = lib.XDupValue(tls, ctx, generator)
	defer lib.XFreeValue(tls, ctx, generator)
	return r.continueIn(generator, proceed, func() bool { return state.Fstate == lib.EJS_ASYNC_GENERATOR_STATE_EXECUTING })
}

// recordSize is the offset of the data after a TJSCFunctionDataRecord: its size, rounded up to the alignment of values.
const recordSize = (unsafe.Sizeof(lib.TJSCFunctionDataRecord{}) + unsafe.Alignof(raw{}) - 1) &^ (unsafe.Alignof(raw{}) - 1)

// generatorState returns the state of an async generator, or nil for any other value.
func generatorState(v raw) *lib.TJSAsyncGeneratorData {
	if tag(v) != lib.EJS_TAG_OBJECT || object(v).Fclass_id != lib.EJS_CLASS_ASYNC_GENERATOR || opaque(object(v)) == 0 {
		return nil
	}
	return at[lib.TJSAsyncGeneratorData](opaque(object(v)))
}

// asyncGeneratorNext implements next, return and throw of async generators. If the call has started the generator, and it
// has stopped at an await, its context is saved in it.
func asyncGeneratorNext(tls *libc.TLS, ctx uintptr, this raw, argc int32, argv uintptr, magic int32) raw {
	r := runtimeOf(tls)
	state := generatorState(this)
	idle := state != nil && state.Fstate != lib.EJS_ASYNC_GENERATOR_STATE_EXECUTING
	promise := functionAt[methodFunction](r.contexts.next)(tls, ctx, this, argc, argv, magic)
	if r.contexts.halting {
		return r.haltInstead(promise)
	}
	if idle && !r.broken() && state.Fstate == lib.EJS_ASYNC_GENERATOR_STATE_EXECUTING {
		r.saveContext(this, r.contexts.current)
	}
	return promise
}

// promiseThen implements then. The callbacks run in the context of the call.
func promiseThen(tls *libc.TLS, ctx uintptr, this raw, argc int32, argv uintptr) raw {
	r := runtimeOf(tls)
	then := functionAt[func(*libc.TLS, uintptr, raw, int32, uintptr) raw](r.contexts.then)
	if !r.hasContext() {
		return then(tls, ctx, this, argc, argv)
	}
	const size = 2 * int(rawSize)
	wrapped := r.tls.Alloc(size)
	defer r.tls.Free(size)
	for i, callback := range memory[raw](argv, 2) { // then has two parameters, and the engine adds missing arguments
		bound := lib.XDupValue(tls, ctx, callback)
		if lib.XJS_IsFunction(tls, ctx, callback) != 0 {
			lib.XFreeValue(tls, ctx, bound)
			bound = r.bindContext(callback, ofScript)
		}
		if isException(bound) {
			return bound
		}
		defer lib.XFreeValue(tls, ctx, bound)
		*at[raw](wrapped + uintptr(i)*rawSize) = bound
	}
	return then(tls, ctx, this, argc, wrapped)
}

// resolvePromise calls the function that resolves a promise. For a thenable the engine adds a job, which calls its method
// then; the method is called in the context of the call.
func resolvePromise(tls *libc.TLS, ctx uintptr, fn, this raw, argc int32, argv uintptr, flags int32) raw {
	r := runtimeOf(tls)
	jobs := &at[lib.TJSRuntime](r.rt).Fjob_list
	last := jobs.Fprev
	result := functionAt[callFunction](r.contexts.resolve)(tls, ctx, fn, this, argc, argv, flags)
	if !r.hasContext() || jobs.Fprev == last || r.broken() {
		return result
	}
	const thenableArguments = 3 // promise, thenable and then; the jobs of reactions have five arguments
	job := at[lib.TJSJobEntry](jobs.Fprev)
	if job.Fargc != thenableArguments {
		return result
	}
	then := at[[thenableArguments]raw](jobs.Fprev + unsafe.Sizeof(*job))
	if bound := r.bindContext(then[2], ofScript); !isException(bound) {
		lib.XFreeValue(tls, ctx, then[2])
		then[2] = bound
	}
	return result
}

// withBound calls f with a copy of arguments, in which the function with an index is bound to the present context.
func (r *Runtime) withBound(argv uintptr, index, count int, f func(argv uintptr) raw) raw {
	size := count * int(rawSize)
	copied := r.tls.Alloc(size)
	defer r.tls.Free(size)
	args := memory[raw](copied, count)
	copy(args, memory[raw](argv, count))
	bound := r.bindContext(args[index], ofPlatform)
	if isException(bound) {
		return bound
	}
	defer lib.XFreeValue(r.tls, r.ctx, bound)
	args[index] = bound
	return f(copied)
}

// The kinds of functions of bindContext: one of the platform is called even if the context has ended.
const (
	ofScript int32 = iota
	ofPlatform
)

// bindContext returns a function that calls fn in the present context.
func (r *Runtime) bindContext(fn raw, kind int32) raw {
	const size = 2 * int(rawSize)
	data := r.tls.Alloc(size)
	defer r.tls.Free(size)
	*at[[2]raw](data) = [2]raw{fn, r.contexts.current}
	return lib.XJS_NewCFunctionData(r.tls, r.ctx, pointerTo(callBoundContext), 0, kind, 2, data)
}

// callBoundContext is the function of bindContext. data are the function and the context. Only jobs call it, and the context lasts
// until the end of the job, as the engine then resolves a promise with the result, which may be a thenable.
func callBoundContext(tls *libc.TLS, ctx uintptr, this raw, argc int32, argv uintptr, kind int32, data uintptr) raw {
	bound := *at[[2]raw](data)
	r := runtimeOf(tls)
	if kind == ofScript && r.hasEnded(bound[1]) {
		return r.throwHalt()
	}
	r.setContext(lib.XDupValue(tls, ctx, bound[1]))
	return lib.XJS_Call(tls, ctx, bound[0], this, argc, argv)
}
