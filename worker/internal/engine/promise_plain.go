package engine

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// NewPromise and SettlePromise are the names of two functions of every host object:
//
//	newPromise()                          returns a pending promise
//	settlePromise(promise, failed, value) fulfils a promise of newPromise with value, or rejects it
//
// Such a promise does not have the two functions that settle a promise of the constructor, which cost several times as
// much as the promise itself. value is never treated as a thenable. A promise that is settled stays as it is.
const (
	NewPromise    = "newPromise"
	SettlePromise = "settlePromise"
)

// settlePromiseCount is the number of the arguments of settlePromise.
const settlePromiseCount = 3

func (r *Runtime) definePromiseFunctions() error {
	if err := r.defineNative(NewPromise, pointerTo(newPlainPromise), 0); err != nil {
		return err
	}
	return r.defineNative(SettlePromise, pointerTo(settlePlainPromise), settlePromiseCount)
}

// newPlainPromise implements NewPromise.
func newPlainPromise(tls *libc.TLS, ctx uintptr, _ raw, _ int32, _ uintptr) raw {
	v := lib.XJS_NewObjectClass(tls, ctx, lib.EJS_CLASS_PROMISE)
	if isException(v) {
		return v
	}
	p := lib.Xjs_mallocz(tls, ctx, lib.Tsize_t(unsafe.Sizeof(lib.TJSPromiseData{})))
	if p == 0 {
		lib.XFreeValue(tls, ctx, v)
		return rawException()
	}
	data := at[lib.TJSPromiseData](p)
	data.Fpromise_state = lib.EJS_PROMISE_PENDING
	data.Fpromise_result = rawUndefined()
	for i := range data.Fpromise_reactions {
		head := uintptr(unsafe.Pointer(&data.Fpromise_reactions[i]))
		data.Fpromise_reactions[i] = lib.Tlist_head{Fprev: head, Fnext: head}
	}
	lib.XJS_SetOpaque(tls, v, p)
	return v
}

// settlePlainPromise implements SettlePromise (ECMAScript, sections 27.2.1.4 and 27.2.1.7).
func settlePlainPromise(tls *libc.TLS, ctx uintptr, _ raw, _ int32, argv uintptr) raw {
	args := at[[settlePromiseCount]raw](argv)
	v, value := args[0], args[2]
	if lib.XJS_PromiseState(tls, ctx, v) != lib.EJS_PROMISE_PENDING {
		return rawUndefined()
	}
	r, promise := runtimeOf(tls), promiseOf(v)
	failed := 0
	promise.Fpromise_state = lib.EJS_PROMISE_FULFILLED
	if isTrue(args[1]) {
		failed = 1
		promise.Fpromise_state = lib.EJS_PROMISE_REJECTED
	}
	promise.Fpromise_result = lib.XDupValue(tls, ctx, value)
	if failed == 1 && promise.Fis_handled == 0 {
		trackRejection(tls, ctx, v, value, 0, 0)
	}
	ok := r.settleReactions(&promise.Fpromise_reactions[failed], func(reaction *lib.TJSPromiseReactionData) bool {
		job := [reactionCount]raw{reaction.Fresolving_funcs[0], reaction.Fresolving_funcs[1], reaction.Fhandler, rawBool(failed == 1), value}
		size := len(job) * int(rawSize)
		jobArgs := r.tls.Alloc(size)
		defer r.tls.Free(size)
		*at[[reactionCount]raw](jobArgs) = job
		return lib.XJS_EnqueueJob(tls, ctx, pointerTo(callReactionJob), reactionCount, jobArgs) >= 0
	})
	r.settleReactions(&promise.Fpromise_reactions[1-failed], func(*lib.TJSPromiseReactionData) bool { return true })
	if !ok {
		return rawException()
	}
	return rawUndefined()
}

// settleReactions calls f for each reaction of a list, and frees it. It reports false if f has.
func (r *Runtime) settleReactions(list *lib.Tlist_head, f func(*lib.TJSPromiseReactionData) bool) bool {
	ok := true
	head := uintptr(unsafe.Pointer(list))
	for list.Fnext != head {
		p := list.Fnext
		reaction := at[lib.TJSPromiseReactionData](p)
		ok = f(reaction) && ok
		list.Fnext = reaction.Flink.Fnext
		at[lib.Tlist_head](reaction.Flink.Fnext).Fprev = head
		for _, v := range []raw{reaction.Fresolving_funcs[0], reaction.Fresolving_funcs[1], reaction.Fhandler} {
			lib.XFreeValue(r.tls, r.ctx, v)
		}
		lib.Xjs_free_rt(r.tls, r.rt, p)
	}
	return ok
}

// The indexes of the arguments of callReactionJob.
const (
	reactionFulfil  = iota // settles the promise that depends on the reaction, or undefined for an await
	reactionReject         // the same
	reactionHandler        // undefined if the promise of then has no handler for the case
	reactionFailed
	reactionValue
	reactionCount
)

// callReactionJob is the job of a reaction, as the engine's own (ECMAScript, section 27.2.2.1).
func callReactionJob(tls *libc.TLS, ctx uintptr, _ int32, argv uintptr) raw {
	args := at[[reactionCount]raw](argv)
	const size = int(rawSize)
	p := tls.Alloc(size)
	defer tls.Free(size)
	failed := isTrue(args[reactionFailed])
	result := lib.XDupValue(tls, ctx, args[reactionValue])
	if handler := args[reactionHandler]; tag(handler) != lib.EJS_TAG_UNDEFINED {
		*at[raw](p) = result
		called := lib.XJS_Call(tls, ctx, handler, rawUndefined(), 1, p)
		lib.XFreeValue(tls, ctx, result)
		if failed = isException(called); failed {
			called = lib.XJS_GetException(tls, ctx)
		}
		result = called
	}
	defer lib.XFreeValue(tls, ctx, result)
	settle := args[reactionFulfil]
	if failed {
		settle = args[reactionReject]
	}
	if tag(settle) == lib.EJS_TAG_UNDEFINED {
		return rawUndefined()
	}
	*at[raw](p) = result
	return lib.XJS_Call(tls, ctx, settle, rawUndefined(), 1, p)
}
