package engine

import lib "modernc.org/libquickjs"

// handle is a counted reference of Go to an engine value. The value is freed by the last release, or with the Runtime.
type handle struct {
	r     *Runtime
	v     raw
	count int // references of Go code; 0 if the handle cannot be used
	index int // index in r.handles
}

// addHandle sets h to a handle with one reference. It takes over the caller's reference to v.
func (r *Runtime) addHandle(h *handle, v raw) {
	*h = handle{r: r, v: v, count: 1, index: len(r.handles)}
	r.handles = append(r.handles, h)
}

// hasHandleFor reports whether there is a handle of a rejected promise. It also reports true for a promise that is
// rejected with the same reason: a module without await has an internal promise for its body in addition to its own.
func (r *Runtime) hasHandleFor(rejected rejection) bool {
	for _, h := range r.handles {
		if address(h.v) == address(rejected.promise) {
			return true
		}
		if lib.XJS_PromiseState(r.tls, r.ctx, h.v) == lib.EJS_PROMISE_REJECTED {
			reason := r.hold(lib.XJS_PromiseResult(r.tls, r.ctx, h.v))
			if reason == rejected.reason {
				return true
			}
		}
	}
	return false
}

// release releases one reference. It does nothing if there are none.
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
		_ = r.protect(func() { lib.XFreeValue(r.tls, r.ctx, h.v) }) // after a fault the next turn returns ErrPoisoned
	}
}

// invalidateHandles makes all handles inert.
func (r *Runtime) invalidateHandles() {
	for _, h := range r.handles {
		h.count = 0
	}
	r.handles = nil
}
