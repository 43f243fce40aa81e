package engine

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// React is a function that every host object has, beside those that Define makes:
// react(promise, settled, subject) has a job call settled(subject, failed, value) when
// the promise has settled, with its result or what it was rejected with. It is what
// await does within the engine: unlike the method then it makes no second promise, which
// costs more than all else about an event, and asks nothing of what a script may have
// changed.
//
// It returns false if settled will be called, true if the promise is fulfilled already
// and there is nothing to wait for, and undefined for what is not a promise.
const React = "react"

// What react is passed, and what its reactions are bound to.
const (
	argPromise = iota
	argSettled
	argSubject
	argCount
)

func react(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	r, args := runtimeOf(tls), at[[argCount]raw](argv)
	if lib.XJS_PromiseState(tls, ctx, args[argPromise]) < 0 {
		return rawUndefined()
	}
	promise := promiseOf(args[argPromise])
	fulfilled, ok := uint64(0), true
	switch promise.Fpromise_state {
	case lib.EJS_PROMISE_PENDING:
		ok = r.await(promise, argv)
	case lib.EJS_PROMISE_REJECTED:
		r.handled(args[argPromise])
		ok = lib.XJS_EnqueueJob(tls, ctx, pointerTo(settleJob), argCount, argv) >= 0
	default:
		fulfilled = 1
	}
	if !ok {
		return rawException()
	}
	promise.Fis_handled = 1
	return simple(lib.EJS_TAG_BOOL, fulfilled)
}

func promiseOf(v raw) *lib.TJSPromiseData { return at[lib.TJSPromiseData](opaque(object(v))) }

// handled notes that somebody cares for a rejection after all.
func (r *Runtime) handled(v raw) {
	if promise := promiseOf(v); promise.Fis_handled == 0 {
		trackRejection(r.tls, r.ctx, v, promise.Fpromise_result, 1, 0)
	}
}

// await adds a reaction of each kind to a promise.
func (r *Runtime) await(promise *lib.TJSPromiseData, argv uintptr) bool {
	handler := lib.XJS_NewCFunctionData(r.tls, r.ctx, pointerTo(reacted), 1, 0, argCount, argv)
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

// addReaction adds to what a promise does when it settles. Without functions that
// resolve another promise, the engine takes it as a reaction of await.
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

// reacted is what the engine calls in the job of a reaction.
func reacted(tls *libc.TLS, _ uintptr, _ raw, _ int32, _ uintptr, _ int32, bound uintptr) raw {
	return runtimeOf(tls).settle(at[[argCount]raw](bound))
}

// settleJob is the job for a promise that was rejected before.
func settleJob(tls *libc.TLS, _ uintptr, _ int32, argv uintptr) raw {
	return runtimeOf(tls).settle(at[[argCount]raw](argv))
}

// settle calls settled(subject, failed, value).
func (r *Runtime) settle(args *[argCount]raw) raw {
	promise := promiseOf(args[argPromise])
	failed := uint64(0)
	if promise.Fpromise_state == lib.EJS_PROMISE_REJECTED {
		failed = 1
	}
	const size = 3 * int(rawSize)
	argv := r.tls.Alloc(size)
	defer r.tls.Free(size)
	*at[[3]raw](argv) = [3]raw{args[argSubject], simple(lib.EJS_TAG_BOOL, failed), promise.Fpromise_result}
	return lib.XJS_Call(r.tls, r.ctx, args[argSettled], rawUndefined(), 3, argv)
}
