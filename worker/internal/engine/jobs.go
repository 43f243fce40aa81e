package engine

import (
	"slices"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// maxReports bounds the number of unhandled rejections and errors that one turn reports. A script can cause millions; the
// first hundred are enough to find the reason.
const maxReports = 100

// rejection is a promise that was rejected without a handler.
type rejection struct{ promise, reason raw }

// RunJobs runs the promise jobs that are ready, as a turn. It continues as long as jobs create new jobs; Interrupt ends
// it.
func (r *Runtime) RunJobs() error { return r.turn(func() error { return nil }) }

// runJobs runs jobs until none is ready. It records exceptions of jobs that do not reject a promise, such as those of a
// FinalizationRegistry callback.
func (r *Runtime) runJobs() {
	for !r.mustStop() && lib.XJS_IsJobPending(r.tls, r.rt) != 0 {
		r.clearContext()
		if lib.XJS_ExecutePendingJob(r.tls, r.rt, 0) < 0 {
			r.recordFailure()
		}
	}
	if r.interrupted.Load() && !r.broken() {
		r.dropJobs()
	}
}

// recordFailure records the pending exception of a job, unless its context has ended.
func (r *Runtime) recordFailure() {
	if r.contexts.halting {
		r.dropException()
		return
	}
	r.recordUnhandled(r.caught())
}

// dropJobs empties the queue of jobs after an interrupt, because the jobs belong to the interrupted turn. Promises that
// depend on them never settle.
func (r *Runtime) dropJobs() {
	head := &at[lib.TJSRuntime](r.rt).Fjob_list
	for p := head.Fnext; lib.XJS_IsJobPending(r.tls, r.rt) != 0; p = head.Fnext {
		job := at[lib.TJSJobEntry](p)
		head.Fnext = job.Flink.Fnext
		at[lib.Tlist_head](job.Flink.Fnext).Fprev = job.Flink.Fprev
		for _, v := range memory[raw](p+unsafe.Sizeof(*job), int(job.Fargc)) {
			lib.XFreeValue(r.tls, r.ctx, v)
		}
		lib.XJS_FreeContext(r.tls, job.Frealm)
		lib.Xjs_free_rt(r.tls, r.rt, p)
	}
}

// trackRejection records that a promise has been rejected without a handler, or, if handled is not 0, that such a promise
// has got one. The engine calls it.
func trackRejection(tls *libc.TLS, ctx uintptr, promise, reason raw, handled int32, _ uintptr) {
	r := runtimeOf(tls)
	if handled == 0 {
		if r.contexts.halting {
			return
		}
		if len(r.rejections) < maxReports {
			r.rejections = append(r.rejections, rejection{lib.XDupValue(tls, ctx, promise), lib.XDupValue(tls, ctx, reason)})
		}
		return
	}
	for i, earlier := range slices.Backward(r.rejections) {
		if address(earlier.promise) == address(promise) {
			r.rejections = slices.Delete(r.rejections, i, i+1)
			r.freeRejection(earlier)
			return
		}
	}
	if r.watcher != nil && len(r.handledLate) < maxReports {
		r.handledLate = append(r.handledLate, rejection{lib.XDupValue(tls, ctx, promise), lib.XDupValue(tls, ctx, reason)})
	}
}

// WatchRejections makes the Runtime call a function of the script at the end of a turn, as watch(promise, reason, handled),
// for each rejection that is not handled, and, with handled true, for each promise that has got a handler in a later turn than
// that in which it was rejected. If the function returns true, the rejection is not reported to OnUnhandled. The Runtime keeps
// a reference to the function. nil ends the calls.
func (r *Runtime) WatchRejections(watch *Function) {
	if r.watcher != nil {
		r.watcher.Release()
	}
	r.watcher = nil
	if watch != nil {
		r.watcher = watch.Keep()
	}
}

// passRejection calls the function of WatchRejections, and reports whether it has returned true.
func (r *Runtime) passRejection(rejected rejection, handled bool) bool {
	if r.watcher == nil || r.mustStop() {
		return false
	}
	watch, err := r.duplicate(r.watcher)
	if err != nil {
		return false
	}
	const count = 3
	argv := r.tls.Alloc(count * int(rawSize))
	defer r.tls.Free(count * int(rawSize))
	*at[[count]raw](argv) = [count]raw{rejected.promise, rejected.reason, rawBool(handled)}
	result := r.hold(lib.XJS_Call(r.tls, r.ctx, r.hold(watch), rawUndefined(), count, argv))
	if isException(result) {
		r.recordUnhandled(r.caught())
		return false
	}
	return isTrue(result)
}

// collectRejections records the rejections that are still unhandled at the end of the turn. Converting them can run code
// of the script, which may cause new rejections; these are reported after the next turn.
func (r *Runtime) collectRejections() {
	list, late := r.rejections, r.handledLate
	r.rejections, r.handledLate = nil, nil
	for _, rejected := range late {
		r.passRejection(rejected, true)
		r.freeRejection(rejected)
	}
	for _, rejected := range list {
		if !r.mustStop() && !r.hasHandleFor(rejected) && !r.passRejection(rejected, false) {
			r.recordUnhandled(r.describe(rejected.reason, maxCauses))
		}
		r.freeRejection(rejected)
	}
	if r.watcher != nil && len(list)+len(late) > 0 {
		r.runJobs()
	}
}

func (r *Runtime) freeRejection(rejected rejection) {
	if r.broken() {
		return
	}
	lib.XFreeValue(r.tls, r.ctx, rejected.promise)
	lib.XFreeValue(r.tls, r.ctx, rejected.reason)
}

// recordUnhandled records an exception for OnUnhandled, up to maxReports of a turn.
func (r *Runtime) recordUnhandled(e *Exception) {
	if e != nil && len(r.unhandled) < maxReports {
		r.unhandled = append(r.unhandled, e)
	}
}

// reportUnhandled calls OnUnhandled for the recorded exceptions. It is called after the turn, so that OnUnhandled may use
// the Runtime.
func (r *Runtime) reportUnhandled() {
	list := r.unhandled
	r.unhandled = nil
	if r.options.OnUnhandled == nil {
		return
	}
	for _, e := range list {
		r.options.OnUnhandled(e)
	}
}
