package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// raw is one engine value. It holds a count of what it points to when it came from
// a call that says so, as in the C interface of QuickJS.
type raw = lib.TJSValue

// rawSize is the stride of an array of engine values.
const rawSize = unsafe.Sizeof(raw{})

// at views engine memory, which is never on the Go heap, as a T.
func at[T any](p uintptr) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(nil), p))
}

// memory views n elements of engine memory at p.
func memory[T any](p uintptr, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice(at[T](p), n)
}

// pointerTo gives the address by which the engine calls f, which must be a
// top-level function: a closure could be collected while the engine holds it.
func pointerTo(f any) uintptr {
	type funcInterface struct{ _, code uintptr }
	return (*funcInterface)(unsafe.Pointer(&f)).code
}

// tag gives the type of v; only its low half carries it.
func tag(v raw) int32 { return int32(v.Ftag) }

// address gives the memory v points to.
func address(v raw) uintptr { return uintptr(v.Fu.Fuint641) }

func isException(v raw) bool { return tag(v) == lib.EJS_TAG_EXCEPTION }

func simple(tag int64, bits uint64) raw {
	return raw{Fu: lib.TJSValueUnion{Fuint641: bits}, Ftag: tag}
}

func rawUndefined() raw { return simple(lib.EJS_TAG_UNDEFINED, 0) }
func rawNull() raw      { return simple(lib.EJS_TAG_NULL, 0) }
func rawException() raw { return simple(lib.EJS_TAG_EXCEPTION, 0) }

// rawNumber prefers the engine's integers, which its loops and indexes are fast with.
func rawNumber(f float64) raw {
	n := int32(f)
	if float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return simple(lib.EJS_TAG_INT, uint64(uint32(n)))
	}
	return simple(lib.EJS_TAG_FLOAT64, math.Float64bits(f))
}

func rawFloat(v raw) float64 {
	if tag(v) == lib.EJS_TAG_INT {
		return float64(int32(uint32(v.Fu.Fuint641)))
	}
	return math.Float64frombits(v.Fu.Fuint641)
}

// cString copies s to C memory, ended by NUL; the caller frees it.
func (r *Runtime) cString(s string) (uintptr, error) {
	p := libc.Xmalloc(r.tls, lib.Size_t(len(s)+1))
	if p == 0 {
		return 0, ErrOutOfMemory
	}
	copy(memory[byte](p, len(s)+1), s)
	*at[byte](p + uintptr(len(s))) = 0
	return p, nil
}

func (r *Runtime) freeCString(p uintptr) { libc.Xfree(r.tls, p) }
