package engine

import (
	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// A context that is an object may end: then its property owner is an object whose property ended is true. Code of such a context does not
// go on after an await, and its callbacks of then are not called.

// Halt is the name of a function of every host object. halt() ends the code that runs, up to the call of CallIn with which it began, which
// then returns undefined; neither catch nor finally blocks run. The context of the code must have ended. The constructor of
// promises and the callbacks of jobs also stop it, but nothing of the context runs afterwards.
const Halt = "halt"

// halt implements Halt.
func halt(tls *libc.TLS, _ uintptr, _ raw, _ int32, _ uintptr) raw {
	return runtimeOf(tls).throwHalt()
}

// throwHalt throws an exception that the script cannot catch, and that is not reported.
func (r *Runtime) throwHalt() raw {
	r.throwError(&Throw{Name: "Error", Message: "the code has ended"})
	lib.XJS_SetUncatchableException(r.tls, r.ctx, 1)
	r.contexts.halting = true
	return rawException()
}

// haltInstead goes on with unwinding instead of returning a value, which is freed.
func (r *Runtime) haltInstead(v raw) raw {
	if isException(v) {
		return v
	}
	lib.XFreeValue(r.tls, r.ctx, v)
	return r.throwHalt()
}

// hasEnded reports whether a context has ended.
func (r *Runtime) hasEnded(context raw) bool {
	if tag(context) != lib.EJS_TAG_OBJECT {
		return false
	}
	owner := r.member(context, r.contexts.owner)
	defer lib.XFreeValue(r.tls, r.ctx, owner)
	if tag(owner) != lib.EJS_TAG_OBJECT {
		return false
	}
	ended := r.member(owner, r.contexts.ended)
	defer lib.XFreeValue(r.tls, r.ctx, ended)
	return isTrue(ended)
}

// member returns a property of an object, undefined if reading it throws. The caller must free it.
func (r *Runtime) member(object raw, name lib.TJSAtom) raw {
	value := lib.XJS_GetPropertyInternal(r.tls, r.ctx, object, name, object, 0)
	if isException(value) {
		r.dropException()
		return rawUndefined()
	}
	return value
}

// callInArguments is the number of the arguments of CallIn before those of the function. The engine adds missing ones.
const callInArguments = 3

// callIn implements CallIn.
func callIn(tls *libc.TLS, ctx uintptr, _ raw, argc int32, argv uintptr) raw {
	r, args := runtimeOf(tls), at[[callInArguments]raw](argv)
	result := r.within(args[0], func() raw {
		return lib.XJS_Call(tls, ctx, args[1], args[2], max(argc, callInArguments)-callInArguments, argv+callInArguments*rawSize)
	})
	if !r.contexts.halting || r.mustStop() || r.hasEnded(r.contexts.current) {
		return result
	}
	r.contexts.halting = false
	if !isException(result) {
		return result // the constructor of promises has caught the exception
	}
	r.dropException()
	return rawUndefined()
}

// newAtom returns the engine's identifier of a name of a property. It is never freed, as the engine frees all of them at its end.
func (r *Runtime) newAtom(name string) lib.TJSAtom {
	key, err := r.cString(name)
	if err != nil {
		return 0
	}
	defer r.freeCString(key)
	return lib.XJS_NewAtom(r.tls, r.ctx, key)
}
