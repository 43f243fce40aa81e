package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// newBuffer returns an ArrayBuffer with a copy of b. The copy is allocated on the script's heap, so it counts towards the
// memory limit.
func (r *Runtime) newBuffer(b []byte) (raw, error) {
	if len(b) > math.MaxInt32 {
		return rawUndefined(), &SizeError{What: "a byte slice", Limit: math.MaxInt32}
	}
	p := lib.Xjs_malloc_rt(r.tls, r.rt, lib.Tsize_t(max(len(b), 1)))
	if p == 0 {
		return rawUndefined(), ErrOutOfMemory
	}
	copy(memory[byte](p, len(b)), b)
	v := lib.XJS_NewArrayBuffer(r.tls, r.ctx, p, lib.Tsize_t(len(b)), pointerTo(freeBuffer), 0, 0)
	if isException(v) {
		lib.Xjs_free_rt(r.tls, r.rt, p)
		return v, r.thrown()
	}
	return v, nil
}

// freeBuffer frees the memory of an ArrayBuffer. The engine calls it.
func freeBuffer(tls *libc.TLS, rt, _, p uintptr) { lib.Xjs_free_rt(tls, rt, p) }

// object returns the header of the object v.
func object(v raw) *lib.TJSObject { return at[lib.TJSObject](address(v)) }

// opaque returns the pointer to the data that is specific to the object's class.
func opaque(o *lib.TJSObject) uintptr { return *(*uintptr)(unsafe.Pointer(&o.Fu)) }

// bytes returns a copy of the contents of an ArrayBuffer, or of the part of one that a view covers. ok is false for every
// other object, for a detached buffer, and for a view that is out of bounds because its buffer has shrunk.
func (r *Runtime) bytes(v raw) (b []byte, ok bool) {
	o := object(v)
	class := int(o.Fclass_id)
	if class == lib.EJS_CLASS_ARRAY_BUFFER || class == lib.EJS_CLASS_SHARED_ARRAY_BUFFER {
		all, ok := buffer(opaque(o))
		return clone(all), ok
	}
	if class < lib.EJS_CLASS_UINT8C_ARRAY || class > lib.EJS_CLASS_DATAVIEW {
		return nil, false
	}
	view := at[lib.TJSTypedArray](opaque(o))
	all, ok := buffer(opaque(at[lib.TJSObject](view.Fbuffer)))
	from, n := int(view.Foffset), int(view.Flength)
	if !ok || from > len(all) {
		return nil, false
	}
	if view.Ftrack_rab != 0 {
		n = (len(all) - from) &^ (elementSize(class) - 1)
	}
	if n > len(all)-from {
		return nil, false
	}
	return clone(all[from : from+n]), true
}

// buffer returns the bytes of an ArrayBuffer without copying them. It reports false if the buffer is detached.
func buffer(p uintptr) ([]byte, bool) {
	b := at[lib.TJSArrayBuffer](p)
	return memory[byte](b.Fdata, int(b.Fbyte_length)), b.Fdetached == 0
}

// clone returns a copy of b that is not nil, even if b is.
func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// elementSize returns the size of an element of a view, in bytes. The length of a view that tracks the length of its
// buffer is a multiple of it.
func elementSize(class int) int {
	switch class {
	case lib.EJS_CLASS_INT16_ARRAY, lib.EJS_CLASS_UINT16_ARRAY, lib.EJS_CLASS_FLOAT16_ARRAY:
		return 2
	case lib.EJS_CLASS_INT32_ARRAY, lib.EJS_CLASS_UINT32_ARRAY, lib.EJS_CLASS_FLOAT32_ARRAY:
		return 4
	case lib.EJS_CLASS_BIG_INT64_ARRAY, lib.EJS_CLASS_BIG_UINT64_ARRAY, lib.EJS_CLASS_FLOAT64_ARRAY:
		return 8
	}
	return 1
}
