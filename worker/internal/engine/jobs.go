package engine

import (
	"slices"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// maxReports bounds what one turn remembers of rejections and errors that nobody
// handled. A script can make millions; the first hundred tell what is wrong.
const maxReports = 100

// rejection is a promise that was rejected while nobody listened.
type rejection struct{ promise, reason raw }

// RunJobs is a turn that only runs the promise jobs which are ready. It goes on for
// as long as jobs make new jobs; Interrupt ends it.
func (r *Runtime) RunJobs() error { return r.turn(func() error { return nil }) }

// runJobs runs jobs until none is ready. An error here belongs to no promise, as
// the one of a FinalizationRegistry callback does.
func (r *Runtime) runJobs() {
	for !r.stopped() && lib.XJS_IsJobPending(r.tls, r.rt) != 0 {
		if lib.XJS_ExecutePendingJob(r.tls, r.rt, 0) < 0 {
			r.note(r.caught())
		}
	}
	if r.interrupted.Load() && !r.broken() {
		r.dropJobs()
	}
}

// dropJobs empties the queue after an interrupt: the jobs are the rest of the turn
// that was to end. Promises that wait for them never settle.
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

// trackRejection is told when a promise is rejected without a handler, and again
// when a handler is attached after all.
func trackRejection(tls *libc.TLS, ctx uintptr, promise, reason raw, handled int32, _ uintptr) {
	r := runtimeOf(tls)
	if handled == 0 {
		if len(r.rejections) < maxReports {
			r.rejections = append(r.rejections, rejection{lib.XDupValue(tls, ctx, promise), lib.XDupValue(tls, ctx, reason)})
		}
		return
	}
	for i, late := range slices.Backward(r.rejections) {
		if address(late.promise) == address(promise) {
			r.rejections = slices.Delete(r.rejections, i, i+1)
			r.freeRejection(late)
			return
		}
	}
}

// settleRejections notes the rejections that are still unhandled at the end of the
// turn. Describing them can run script, which may add new ones for the next turn.
func (r *Runtime) settleRejections() {
	list := r.rejections
	r.rejections = nil
	for _, late := range list {
		if !r.stopped() && !r.adopted(late) {
			r.note(r.describe(late.reason, maxCauses))
		}
		r.freeRejection(late)
	}
}

func (r *Runtime) freeRejection(late rejection) {
	if r.broken() {
		return
	}
	lib.XFreeValue(r.tls, r.ctx, late.promise)
	lib.XFreeValue(r.tls, r.ctx, late.reason)
}

func (r *Runtime) note(e *Exception) {
	if e != nil && len(r.unhandled) < maxReports {
		r.unhandled = append(r.unhandled, e)
	}
}

// report hands out what was noted, outside of the turn, so that the receiver may
// use the Runtime.
func (r *Runtime) report() {
	list := r.unhandled
	r.unhandled = nil
	if r.options.OnUnhandled == nil {
		return
	}
	for _, e := range list {
		r.options.OnUnhandled(e)
	}
}
