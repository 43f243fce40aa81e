package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// raw is an engine value. As in the C interface of QuickJS, it depends on the function that returned it whether the value
// owns a reference to the object that it points to.
type raw = lib.TJSValue

// rawSize is the stride of an array of engine values.
const rawSize = unsafe.Sizeof(raw{})

// at returns a pointer to engine memory, which is never on the Go heap.
func at[T any](p uintptr) *T {
	return (*T)(unsafe.Add(unsafe.Pointer(nil), p))
}

// memory returns the n elements of engine memory at p, without copying them.
func memory[T any](p uintptr, n int) []T {
	if n == 0 {
		return nil
	}
	return unsafe.Slice(at[T](p), n)
}

// pointerTo returns the address with which the engine calls f. f must be a top-level function: a closure could be
// collected while the engine has its address.
func pointerTo(f any) uintptr {
	type funcInterface struct{ _, code uintptr }
	return (*funcInterface)(unsafe.Pointer(&f)).code
}

// tag returns the type of v, which is the low half of the field.
func tag(v raw) int32 { return int32(v.Ftag) }

// address returns the address of the object or string that v points to.
func address(v raw) uintptr { return uintptr(v.Fu.Fuint641) }

func isException(v raw) bool { return tag(v) == lib.EJS_TAG_EXCEPTION }

// simple returns a value with a tag and its payload.
func simple(tag int64, bits uint64) raw {
	return raw{Fu: lib.TJSValueUnion{Fuint641: bits}, Ftag: tag}
}

func rawUndefined() raw { return simple(lib.EJS_TAG_UNDEFINED, 0) }
func rawNull() raw      { return simple(lib.EJS_TAG_NULL, 0) }
func rawException() raw { return simple(lib.EJS_TAG_EXCEPTION, 0) }

func rawBool(b bool) raw {
	if b {
		return simple(lib.EJS_TAG_BOOL, 1)
	}
	return simple(lib.EJS_TAG_BOOL, 0)
}

// isTrue reports whether v is the boolean true.
func isTrue(v raw) bool { return tag(v) == lib.EJS_TAG_BOOL && v.Fu.Fuint641 != 0 }

// rawNumber returns a number. It is an integer of the engine where possible, as loops and indexes are faster with these.
func rawNumber(f float64) raw {
	n := int32(f)
	if float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return simple(lib.EJS_TAG_INT, uint64(uint32(n)))
	}
	return simple(lib.EJS_TAG_FLOAT64, math.Float64bits(f))
}

// rawFloat returns a number of the engine as a float64.
func rawFloat(v raw) float64 {
	if tag(v) == lib.EJS_TAG_INT {
		return float64(int32(uint32(v.Fu.Fuint641)))
	}
	return math.Float64frombits(v.Fu.Fuint641)
}

// cString copies s to C memory with a terminating NUL. The caller frees it with freeCString.
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
