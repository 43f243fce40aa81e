package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// The engine's parser is not safe against failed allocations: it goes on with scopes and bytecode that do not exist, and
// accesses memory that does not belong to it. So code is compiled with a memory limit that is raised by one of these
// amounts, and the heap is compared with the real limit before the code runs.
const (
	unlimitedRoom = math.MaxInt64
	minRoom       = 64 << 20 // compiling takes up to 600 bytes for each byte of source
)

// evaluate replaces the engine's function that compiles and runs a source text: for eval, for the constructor Function,
// and for the sources that the host loads. It raises the memory limit while the text is compiled.
func evaluate(tls *libc.TLS, ctx uintptr, this raw, source uintptr, length lib.Tsize_t, file uintptr, flags, scope int32) raw {
	r := runtimeOf(tls)
	r.raiseLimit(r.compileRoom())
	evaluate := *(*func(*libc.TLS, uintptr, raw, uintptr, lib.Tsize_t, uintptr, int32, int32) raw)(unsafe.Pointer(&struct{ uintptr }{r.evaluate}))
	v := evaluate(tls, ctx, this, source, length, file, flags, scope)
	r.restoreLimit()
	return v
}

// compileRoom returns the number of bytes by which the heap may exceed the memory limit while a source text is compiled.
// It is unlimited for sources of the host, and the limit again, or minRoom if that is more, for sources of a script.
func (r *Runtime) compileRoom() int64 {
	if r.hostSource {
		r.hostSource = false
		return unlimitedRoom
	}
	return max(minRoom, r.options.MemoryLimit)
}

// raiseLimit raises the memory limit by room. restoreLimit restores it at the first step of the compiled code, or at the
// end of compiling.
func (r *Runtime) raiseLimit(room int64) {
	if r.options.MemoryLimit <= 0 {
		return
	}
	r.limitRaised = true
	limit := uint64(r.options.MemoryLimit)
	r.state().Fmalloc_limit = lib.Tsize_t(limit + min(uint64(room), math.MaxUint64-limit))
	r.Poke()
}

// restoreLimit restores the memory limit after raiseLimit, and ends the turn if the heap exceeds it.
func (r *Runtime) restoreLimit() {
	if !r.limitRaised {
		return
	}
	r.limitRaised = false
	r.state().Fmalloc_limit = lib.Tsize_t(r.options.MemoryLimit)
	if r.state().Fmalloc_size > r.state().Fmalloc_limit {
		r.failAllocation()
	}
}
