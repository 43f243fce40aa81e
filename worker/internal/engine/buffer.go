package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// newBuffer makes an ArrayBuffer with a copy of b. The memory is taken from the
// script's own heap, so the memory limit counts it.
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

func freeBuffer(tls *libc.TLS, rt, _, p uintptr) { lib.Xjs_free_rt(tls, rt, p) }

// object is what every engine object begins with.
func object(v raw) *lib.TJSObject { return at[lib.TJSObject](address(v)) }

// opaque gives the class's own data of an object.
func opaque(o *lib.TJSObject) uintptr { return *(*uintptr)(unsafe.Pointer(&o.Fu)) }

// bytes copies what an ArrayBuffer or a view of one shows. ok is false for every
// other object, and for a buffer that was detached or shrunk away under its view.
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

// buffer views the bytes of an ArrayBuffer that is not detached.
func buffer(p uintptr) ([]byte, bool) {
	b := at[lib.TJSArrayBuffer](p)
	return memory[byte](b.Fdata, int(b.Fbyte_length)), b.Fdetached == 0
}

// clone never gives nil: no bytes are still bytes.
func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// elementSize tells how many bytes a view of a growing buffer grows by.
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
