package engine

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// Buffer is an ArrayBuffer on memory of the host, which is not copied: writes of the script change it, and the other way
// round.
type Buffer struct{ handle handle }

// NewBuffer returns an ArrayBuffer on b, whose address must not change and which must not be freed before r is closed. It
// must be called within a turn. The caller must release the Buffer; the ArrayBuffer lives as long as the script uses it.
// b does not count towards the memory limit: see AddMemory.
func (r *Runtime) NewBuffer(b []byte) (*Buffer, error) {
	if len(b) > math.MaxInt32 {
		return nil, &SizeError{What: "a buffer", Limit: math.MaxInt32}
	}
	v := lib.XJS_NewArrayBuffer(r.tls, r.ctx, uintptr(unsafe.Pointer(unsafe.SliceData(b))), lib.Tsize_t(len(b)), pointerTo(keepBuffer), 0, 0)
	if isException(v) {
		return nil, r.thrown()
	}
	buffer := new(Buffer)
	r.addHandle(&buffer.handle, v)
	return buffer, nil
}

// keepBuffer does nothing. The engine calls it when it no longer needs the memory of a Buffer.
func keepBuffer(_ *libc.TLS, _, _, _ uintptr) {}

// Value returns the ArrayBuffer as a Value, to be passed to JavaScript.
func (b *Buffer) Value() Value { return Value{kind: KindBuffer, data: unsafe.Pointer(b)} }

// Detach detaches the ArrayBuffer: its length and that of its views become 0. It must be called within a turn.
func (b *Buffer) Detach() {
	if r := b.handle.r; b.handle.count > 0 && !r.broken() {
		lib.XJS_DetachArrayBuffer(r.tls, r.ctx, b.handle.v)
	}
}

// Release releases the reference to the ArrayBuffer. Then b can no longer be used.
func (b *Buffer) Release() { b.handle.release() }

// AddMemory adds n bytes of memory outside of the script's heap to those that the memory limit counts, or removes them if
// n is negative. It reports false, and adds nothing, if they would exceed the limit.
func (r *Runtime) AddMemory(n int64) bool {
	if r.closed {
		return n <= 0
	}
	s := r.state()
	if n < 0 {
		s.Fmalloc_size -= min(lib.Tsize_t(-n), s.Fmalloc_size)
		return true
	}
	if !fits(s, lib.Tsize_t(n)) {
		return false
	}
	s.Fmalloc_size += lib.Tsize_t(n)
	return true
}

// OnClose adds a function that is called when r is closed and no code of the script can run any more, so that memory of
// Buffers can be freed. It is not called for a Runtime that is Lost.
func (r *Runtime) OnClose(free func()) { r.onClose = append(r.onClose, free) }
