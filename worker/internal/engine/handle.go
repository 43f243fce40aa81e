package engine

import lib "modernc.org/libquickjs"

// handle keeps one engine value alive for Go. It is freed by its last release or
// with its Runtime, whichever comes first.
type handle struct {
	r     *Runtime
	v     raw
	count int
	index int // in r.handles
}

// adopt has h take over one count of v.
func (r *Runtime) adopt(h *handle, v raw) {
	*h = handle{r: r, v: v, count: 1, index: len(r.handles)}
	r.handles = append(r.handles, h)
}

// adopted says whether a handle stands for the rejected promise. A module without
// await has two promises: one of its body, which nobody sees, and its own, which is
// rejected with the same reason.
func (r *Runtime) adopted(late rejection) bool {
	for _, h := range r.handles {
		if address(h.v) == address(late.promise) {
			return true
		}
		if lib.XJS_PromiseState(r.tls, r.ctx, h.v) == lib.EJS_PROMISE_REJECTED {
			reason := r.hold(lib.XJS_PromiseResult(r.tls, r.ctx, h.v))
			if reason == late.reason {
				return true
			}
		}
	}
	return false
}

// release gives one count back; beyond the last one it does nothing.
func (h *handle) release() {
	if h.count == 0 {
		return
	}
	if h.count--; h.count > 0 {
		return
	}
	r := h.r
	last := r.handles[len(r.handles)-1]
	last.index = h.index
	r.handles[h.index] = last
	r.handles[len(r.handles)-1] = nil
	r.handles = r.handles[:len(r.handles)-1]
	if !r.broken() {
		_ = r.protect(func() { lib.XFreeValue(r.tls, r.ctx, h.v) }) // the next turn answers ErrPoisoned
	}
}

// dropHandles leaves every handle inert.
func (r *Runtime) dropHandles() {
	for _, h := range r.handles {
		h.count = 0
	}
	r.handles = nil
}
