package engine

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// React is the name of a function of every host object. react(promise, settled, subject) queues a job that calls
// settled(subject, failed, value) when the promise has settled; value is its result, or the reason of its rejection.
// React does what await does within the engine: unlike the method then it does not create a second promise, which costs
// more than everything else about an event, and it does not depend on methods that a script may have changed.
//
// It returns false if settled will be called, true if the promise is already fulfilled, in which case settled is not
// called, and undefined if the first argument is not a promise. With the fourth argument true, settled is also called for
// a promise that is already fulfilled.
const React = "react"

// Enqueue is the name of a function of every host object. enqueue(settled, subject, failed, value) queues a job that calls
// settled(subject, failed, value). It costs less than a promise that is already settled, and a reaction to it.
const Enqueue = "enqueue"

// The indexes of react's arguments, of which the first argCount are also bound to its reactions.
const (
	argPromise = iota
	argSettled
	argSubject
	argCount
	argAlways = argCount
)

func react(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	r, args := runtimeOf(tls), at[[argCount + 1]raw](argv)
	if lib.XJS_PromiseState(tls, ctx, args[argPromise]) < 0 {
		return rawUndefined()
	}
	if r.hasContext() {
		return r.withBound(argv, argSettled, argAlways+1, func(argv uintptr) raw { return r.react(argv) })
	}
	return r.react(argv)
}

// react implements React for a promise.
func (r *Runtime) react(argv uintptr) raw {
	tls, ctx, args := r.tls, r.ctx, at[[argCount + 1]raw](argv)
	promise := promiseOf(args[argPromise])
	fulfilled, ok := false, true
	switch promise.Fpromise_state {
	case lib.EJS_PROMISE_PENDING:
		ok = r.await(promise, argv)
	case lib.EJS_PROMISE_REJECTED:
		r.markHandled(args[argPromise])
		ok = lib.XJS_EnqueueJob(tls, ctx, pointerTo(callSettledJob), argCount, argv) >= 0
	default:
		if isTrue(args[argAlways]) {
			ok = lib.XJS_EnqueueJob(tls, ctx, pointerTo(callSettledJob), argCount, argv) >= 0
		} else {
			fulfilled = true
		}
	}
	if !ok {
		return rawException()
	}
	promise.Fis_handled = 1
	return rawBool(fulfilled)
}

func promiseOf(v raw) *lib.TJSPromiseData { return at[lib.TJSPromiseData](opaque(object(v))) }

// markHandled removes a rejected promise from the unhandled rejections.
func (r *Runtime) markHandled(v raw) {
	if promise := promiseOf(v); promise.Fis_handled == 0 {
		trackRejection(r.tls, r.ctx, v, promise.Fpromise_result, 1, 0)
	}
}

// await adds reactions for fulfilment and for rejection to a pending promise. It reports false if there is no memory.
func (r *Runtime) await(promise *lib.TJSPromiseData, argv uintptr) bool {
	handler := lib.XJS_NewCFunctionData(r.tls, r.ctx, pointerTo(callSettledReaction), 1, 0, argCount, argv)
	if isException(handler) {
		return false
	}
	defer lib.XFreeValue(r.tls, r.ctx, handler)
	for i := range promise.Fpromise_reactions {
		if !r.addReaction(&promise.Fpromise_reactions[i], handler) {
			return false
		}
	}
	return true
}

// addReaction adds a reaction to a list of a promise. As the reaction has no functions that resolve another promise, the
// engine treats it as one of await.
func (r *Runtime) addReaction(list *lib.Tlist_head, handler raw) bool {
	p := lib.Xjs_malloc(r.tls, r.ctx, lib.Tsize_t(unsafe.Sizeof(lib.TJSPromiseReactionData{})))
	if p == 0 {
		return false
	}
	head, last := uintptr(unsafe.Pointer(list)), list.Fprev
	*at[lib.TJSPromiseReactionData](p) = lib.TJSPromiseReactionData{
		Flink:            lib.Tlist_head{Fprev: last, Fnext: head},
		Fresolving_funcs: [2]raw{rawUndefined(), rawUndefined()},
		Fhandler:         lib.XDupValue(r.tls, r.ctx, handler),
	}
	at[lib.Tlist_head](last).Fnext = p
	list.Fprev = p
	return true
}

// callSettledReaction is the handler of a reaction. bound are the arguments of react.
func callSettledReaction(tls *libc.TLS, _ uintptr, _ raw, _ int32, _ uintptr, _ int32, bound uintptr) raw {
	return runtimeOf(tls).settle(at[[argCount]raw](bound))
}

// callSettledJob is the job for a promise that was already settled when react was called. argv are the arguments of react.
func callSettledJob(tls *libc.TLS, _ uintptr, _ int32, argv uintptr) raw {
	return runtimeOf(tls).settle(at[[argCount]raw](argv))
}

// settle calls settled(subject, failed, value) with the arguments of react.
func (r *Runtime) settle(args *[argCount]raw) raw {
	promise := promiseOf(args[argPromise])
	failed := promise.Fpromise_state == lib.EJS_PROMISE_REJECTED
	const size = 3 * int(rawSize)
	argv := r.tls.Alloc(size)
	defer r.tls.Free(size)
	*at[[3]raw](argv) = [3]raw{args[argSubject], rawBool(failed), promise.Fpromise_result}
	return lib.XJS_Call(r.tls, r.ctx, args[argSettled], rawUndefined(), 3, argv)
}

// enqueuedCount is the number of the arguments of enqueue.
const enqueuedCount = 4

// enqueue implements Enqueue. It always gets four arguments, as the engine adds missing ones.
func enqueue(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	if r := runtimeOf(tls); r.hasContext() {
		return r.withBound(argv, 0, enqueuedCount, func(argv uintptr) raw { return enqueueJob(tls, ctx, argv) })
	}
	return enqueueJob(tls, ctx, argv)
}

func enqueueJob(tls *libc.TLS, ctx uintptr, argv uintptr) raw {
	if lib.XJS_EnqueueJob(tls, ctx, pointerTo(callEnqueuedJob), enqueuedCount, argv) < 0 {
		return rawException()
	}
	return rawUndefined()
}

// callEnqueuedJob is the job of enqueue. argv are its arguments: the function is the first one, and the others are those
// that it gets.
func callEnqueuedJob(tls *libc.TLS, ctx uintptr, _ int32, argv uintptr) raw {
	return lib.XJS_Call(tls, ctx, at[[enqueuedCount]raw](argv)[0], rawUndefined(), enqueuedCount-1, argv+rawSize)
}
