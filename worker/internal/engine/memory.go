package engine

import (
	"fmt"
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
	alloc "modernc.org/memory"
)

// Memory is what a script's heap takes.
type Memory struct {
	Used    int64 // bytes, as the limit counts them
	Limit   int64 // bytes, 0 for no limit
	Objects int   // objects alive, or dead and not yet collected
}

// Memory counts what the heap holds by walking it, so it is not for every turn. A
// Runtime that is closed or has failed inside answers with its limit only, and one
// that ran out of memory without the number of objects.
func (r *Runtime) Memory() Memory {
	m := Memory{Limit: r.options.MemoryLimit}
	if r.closed || r.abandoned {
		return m
	}
	m.Used = int64(r.state().Fmalloc_size)
	if r.broken() {
		return m
	}
	const size = int(unsafe.Sizeof(lib.TJSMemoryUsage{}))
	_ = r.protect(func() {
		usage := r.tls.Alloc(size)
		defer r.tls.Free(size)
		lib.XJS_ComputeMemoryUsage(r.tls, r.rt, usage)
		m.Objects = int(at[lib.TJSMemoryUsage](usage).Fobj_count)
	})
	return m
}

// CollectGarbage frees objects that only refer to each other; everything else is
// freed the moment its last reference goes.
func (r *Runtime) CollectGarbage() {
	if r.broken() {
		return
	}
	_ = r.protect(func() { lib.XJS_RunGC(r.tls, r.rt) }) // the next turn answers ErrPoisoned
}

// setMemoryLimit comes after the built-ins are made, so that a limit too small even
// for them is an error of New and not of the first script.
func (r *Runtime) setMemoryLimit() error {
	if r.options.MemoryLimit <= 0 {
		return nil
	}
	if used := int64(r.state().Fmalloc_size); r.options.MemoryLimit <= used {
		return fmt.Errorf("engine: the memory limit is %d bytes, but the built-ins alone take %d; raise it",
			r.options.MemoryLimit, used)
	}
	lib.XJS_SetMemoryLimit(r.tls, r.rt, lib.Tsize_t(r.options.MemoryLimit))
	return nil
}

// state is what the engine knows of its heap.
func (r *Runtime) state() *lib.TJSMallocState {
	return &at[lib.TJSRuntime](r.rt).Fmalloc_ctx.Fmalloc_state
}

// allocFunctions take the place of the engine's own. They notice a refusal, which a
// script could hide by catching the error that it sees. And they take memory from the
// Runtime's own allocator, so that all of it can be given back without the engine, and
// what the engine writes to the wrong place is not another Runtime's.
var allocFunctions = lib.TJSMallocFunctions{
	Fjs_malloc:             pointerTo(allocate),
	Fjs_free:               pointerTo(release),
	Fjs_realloc:            pointerTo(reallocate),
	Fjs_malloc_usable_size: pointerTo(usableSize),
}

func allocator() uintptr { return uintptr(unsafe.Pointer(&allocFunctions)) }

// blockOverhead is what the allocator adds to a block, as the engine counts it.
const blockOverhead = lib.MMALLOC_OVERHEAD

func allocate(tls *libc.TLS, state uintptr, size lib.Tsize_t) uintptr {
	r, s := runtimeOf(tls), at[lib.TJSMallocState](state)
	if !fits(s, size) {
		return r.refuse()
	}
	p, err := r.heap.UintptrMalloc(max(1, int(size)))
	if err != nil {
		return r.refuse()
	}
	s.Fmalloc_count++
	s.Fmalloc_size += usableSize(tls, p) + blockOverhead
	return p
}

func release(tls *libc.TLS, state, p uintptr) {
	if p == 0 {
		return
	}
	s := at[lib.TJSMallocState](state)
	s.Fmalloc_count--
	s.Fmalloc_size -= usableSize(tls, p) + blockOverhead
	_ = runtimeOf(tls).heap.UintptrFree(p)
}

func reallocate(tls *libc.TLS, state, p uintptr, size lib.Tsize_t) uintptr {
	switch {
	case p == 0 && size == 0:
		return 0
	case p == 0:
		return allocate(tls, state, size)
	case size == 0:
		release(tls, state, p)
		return 0
	}
	r, s := runtimeOf(tls), at[lib.TJSMallocState](state)
	old := usableSize(tls, p)
	if size > old && !fits(s, size-old) {
		return r.refuse()
	}
	q, err := r.heap.UintptrRealloc(p, int(size))
	if err != nil {
		return r.refuse()
	}
	s.Fmalloc_size += usableSize(tls, q) - old
	return q
}

// fits compares without adding: a script can make the engine ask for sizes whose
// sum would wrap around.
func fits(s *lib.TJSMallocState, more lib.Tsize_t) bool {
	return more <= math.MaxInt && s.Fmalloc_size <= s.Fmalloc_limit && more <= s.Fmalloc_limit-s.Fmalloc_size
}

func usableSize(_ *libc.TLS, p uintptr) lib.Tsize_t {
	return lib.Tsize_t(alloc.UintptrUsableSize(p))
}

// refuse has the turn end with ErrOutOfMemory at the script's next step, whether or not
// it catches the error: what the engine does after a failed allocation is the part of it
// that is the least reliable.
func (r *Runtime) refuse() uintptr {
	r.starved = true
	r.Poke()
	return 0
}
