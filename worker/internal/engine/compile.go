package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// The engine's parser does not bear that an allocation fails: it goes on with scopes and
// bytecode that it does not have, and reads and writes where there is no memory of its
// own. So code is compiled with room beyond the memory limit, and what it takes is
// compared with the limit before it runs.
const (
	anyRoom   = math.MaxInt64
	leastRoom = 64 << 20 // compiling takes up to 600 bytes for a byte of source
)

// evaluate is what the engine calls to compile a source text and, unless it is only to
// be compiled, to run it: for eval, for the constructor Function, and for what the host
// loads.
func evaluate(tls *libc.TLS, ctx uintptr, this raw, source uintptr, length lib.Tsize_t, file uintptr, flags, scope int32) raw {
	r := runtimeOf(tls)
	r.compile(r.room())
	evaluate := *(*func(*libc.TLS, uintptr, raw, uintptr, lib.Tsize_t, uintptr, int32, int32) raw)(unsafe.Pointer(&struct{ uintptr }{r.evaluate}))
	v := evaluate(tls, ctx, this, source, length, file, flags, scope)
	r.compiled()
	return v
}

// room returns how far beyond the limit the heap may grow while a source text is
// compiled: as far as it takes for what the host loads, and by the limit again for what
// a script makes.
func (r *Runtime) room() int64 {
	if r.trusted {
		r.trusted = false
		return anyRoom
	}
	return max(leastRoom, r.options.MemoryLimit)
}

// compile raises the memory limit. Compiled lowers it when the code begins to run, at its
// first step, or at the end of compiling.
func (r *Runtime) compile(room int64) {
	if r.options.MemoryLimit <= 0 {
		return
	}
	r.compiling = true
	limit := uint64(r.options.MemoryLimit)
	r.state().Fmalloc_limit = lib.Tsize_t(limit + min(uint64(room), math.MaxUint64-limit))
	r.Poke()
}

// compiled puts the limit back in force.
func (r *Runtime) compiled() {
	if !r.compiling {
		return
	}
	r.compiling = false
	r.state().Fmalloc_limit = lib.Tsize_t(r.options.MemoryLimit)
	if r.state().Fmalloc_size > r.state().Fmalloc_limit {
		r.refuse()
	}
}
