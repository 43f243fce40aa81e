package engine

import (
	"fmt"
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
	alloc "modernc.org/memory"
)

// Memory is the memory usage of a script's heap.
type Memory struct {
	Used    int64 // bytes, as the limit counts them
	Limit   int64 // bytes; 0 means no limit
	Objects int   // number of objects, including garbage that has not been collected
}

// Memory returns the memory usage. It walks the heap, which is too slow for every turn. For a Runtime that is closed, or
// in which a fault has occurred, the result has only the limit. For one that has run out of memory, the number of objects
// is missing.
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

// CollectGarbage frees unreachable cycles of objects. All other objects are freed with their last reference.
func (r *Runtime) CollectGarbage() {
	if r.broken() {
		return
	}
	_ = r.protect(func() { lib.XJS_RunGC(r.tls, r.rt) }) // after a fault the next turn returns ErrPoisoned
}

// setMemoryLimit sets the memory limit. It is called after the built-in objects have been created, so that a limit that is
// too small for them is an error of New.
func (r *Runtime) setMemoryLimit() error {
	if r.options.MemoryLimit <= 0 {
		return nil
	}
	if used := int64(r.state().Fmalloc_size); r.options.MemoryLimit <= used {
		return fmt.Errorf("engine: the memory limit of %d bytes is too low: the built-in objects alone take %d; raise it",
			r.options.MemoryLimit, used)
	}
	lib.XJS_SetMemoryLimit(r.tls, r.rt, lib.Tsize_t(r.options.MemoryLimit))
	return nil
}

// state returns the engine's record of its heap.
func (r *Runtime) state() *lib.TJSMallocState {
	return &at[lib.TJSRuntime](r.rt).Fmalloc_ctx.Fmalloc_state
}

// allocFunctions replace the engine's allocator. They record a failed allocation, which a script could otherwise hide by
// catching the exception. And they use an allocator of the Runtime, so that all memory can be freed without the engine,
// and a write of the engine to a wrong address does not hit the memory of another Runtime.
var allocFunctions = lib.TJSMallocFunctions{
	Fjs_malloc:             pointerTo(allocate),
	Fjs_free:               pointerTo(release),
	Fjs_realloc:            pointerTo(reallocate),
	Fjs_malloc_usable_size: pointerTo(usableSize),
}

// allocator returns the address of allocFunctions.
func allocator() uintptr { return uintptr(unsafe.Pointer(&allocFunctions)) }

// blockOverhead is the size that the engine counts for a block in addition to its usable size.
const blockOverhead = lib.MMALLOC_OVERHEAD

func allocate(tls *libc.TLS, state uintptr, size lib.Tsize_t) uintptr {
	r, s := runtimeOf(tls), at[lib.TJSMallocState](state)
	if !fits(s, size) {
		return r.failAllocation()
	}
	p, err := r.heap.UintptrMalloc(max(1, int(size)))
	if err != nil {
		return r.failAllocation()
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
		return r.failAllocation()
	}
	q, err := r.heap.UintptrRealloc(p, int(size))
	if err != nil {
		return r.failAllocation()
	}
	s.Fmalloc_size += usableSize(tls, q) - old
	return q
}

// fits reports whether more bytes can be allocated within the limit. It does not add sizes, as a script can cause requests
// for which the sum would overflow.
func fits(s *lib.TJSMallocState, more lib.Tsize_t) bool {
	return more <= math.MaxInt && s.Fmalloc_size <= s.Fmalloc_limit && more <= s.Fmalloc_limit-s.Fmalloc_size
}

func usableSize(_ *libc.TLS, p uintptr) lib.Tsize_t {
	return lib.Tsize_t(alloc.UintptrUsableSize(p))
}

// failAllocation returns 0, the result of a failed allocation, and makes the turn end with ErrOutOfMemory at the script's
// next step, even if the script catches the exception: after a failed allocation the engine is not reliable.
func (r *Runtime) failAllocation() uintptr {
	r.outOfMemory = true
	r.Poke()
	return 0
}
