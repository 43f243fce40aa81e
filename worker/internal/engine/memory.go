package engine

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Memory tells what a script's heap takes.
type Memory struct {
	Used    int64 // bytes, as the limit counts them
	Limit   int64 // bytes, 0 for no limit
	Objects int   // objects alive, or dead and not yet collected
}

// Memory counts what the heap holds by walking it, so it is not for every turn. A
// Runtime that cannot be used answers with its limit only.
func (r *Runtime) Memory() Memory {
	m := Memory{Limit: r.options.MemoryLimit}
	if r.closed || r.abandoned {
		return m
	}
	const size = int(unsafe.Sizeof(lib.TJSMemoryUsage{}))
	usage := r.tls.Alloc(size)
	defer r.tls.Free(size)
	lib.XJS_ComputeMemoryUsage(r.tls, r.rt, usage)
	m.Used = at[lib.TJSMemoryUsage](usage).Fmalloc_size
	m.Objects = int(at[lib.TJSMemoryUsage](usage).Fobj_count)
	return m
}

// CollectGarbage frees objects that only refer to each other; everything else is
// freed the moment its last reference goes.
func (r *Runtime) CollectGarbage() {
	if r.closed || r.poisoned || r.abandoned {
		return
	}
	lib.XJS_RunGC(r.tls, r.rt)
}

// setMemoryLimit comes after the built-ins are made, so that a limit too small even
// for them is an error of New and not of the first script.
func (r *Runtime) setMemoryLimit() error {
	if r.options.MemoryLimit <= 0 {
		return nil
	}
	if used := int64(r.heap().Fmalloc_size); r.options.MemoryLimit <= used {
		return fmt.Errorf("engine: the memory limit is %d bytes, but the built-ins alone take %d; raise it",
			r.options.MemoryLimit, used)
	}
	lib.XJS_SetMemoryLimit(r.tls, r.rt, lib.Tsize_t(r.options.MemoryLimit))
	return nil
}

func (r *Runtime) heap() *lib.TJSMallocState {
	return &at[lib.TJSRuntime](r.rt).Fmalloc_ctx.Fmalloc_state
}

// allocFunctions are ours, not the engine's own, for one reason: they notice a
// refusal. A script can catch the error it sees, so the error alone would not tell.
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
	s := at[lib.TJSMallocState](state)
	if !fits(s, size) {
		return refuse(tls)
	}
	p := libc.Xmalloc(tls, lib.Size_t(size))
	if p == 0 {
		return refuse(tls)
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
	libc.Xfree(tls, p)
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
	s := at[lib.TJSMallocState](state)
	old := usableSize(tls, p)
	if size > old && !fits(s, size-old) {
		return refuse(tls)
	}
	q := libc.Xrealloc(tls, p, lib.Size_t(size))
	if q == 0 {
		return refuse(tls)
	}
	s.Fmalloc_size += usableSize(tls, q) - old
	return q
}

// fits compares without adding: a script can make the engine ask for sizes whose
// sum would wrap around.
func fits(s *lib.TJSMallocState, more lib.Tsize_t) bool {
	return s.Fmalloc_size <= s.Fmalloc_limit && more <= s.Fmalloc_limit-s.Fmalloc_size
}

func usableSize(tls *libc.TLS, p uintptr) lib.Tsize_t {
	return lib.Tsize_t(libc.Xmalloc_usable_size(tls, p))
}

// refuse has the turn end with ErrOutOfMemory.
func refuse(tls *libc.TLS) uintptr {
	runtimeOf(tls).starved = true
	return 0
}
