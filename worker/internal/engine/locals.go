package engine

import (
	"reflect"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
	alloc "modernc.org/memory"
)

// In C the engine allocates the arguments and variables of a call on the stack (alloca). In the translation they are
// blocks of libc's allocator, of up to 3 MiB for one call, which the engine's memory limit does not count. libc keeps the
// addresses of these blocks in unexported fields: in one list, or in one list for each call. They are found by the names
// of the fields.
var (
	localBlocksField = fieldOf[[]uintptr]("allocas")
	outerBlocksField = fieldOf[[][]uintptr]("allocaStack")
)

// fieldOf returns the offset of a field of libc.TLS. ok is false if there is no such field of type T.
func fieldOf[T any](name string) (field struct {
	offset uintptr
	ok     bool
}) {
	f, ok := reflect.TypeFor[libc.TLS]().FieldByName(name)
	field.offset, field.ok = f.Offset, ok && f.Type == reflect.TypeFor[T]()
	return field
}

// localsSize returns the size of the arguments and variables of all calls in progress, in bytes.
func (r *Runtime) localsSize() (bytes lib.Tsize_t) {
	if localBlocksField.ok {
		bytes = sizes(*(*[]uintptr)(unsafe.Add(unsafe.Pointer(r.tls), localBlocksField.offset)))
	}
	if outerBlocksField.ok {
		for _, blocks := range *(*[][]uintptr)(unsafe.Add(unsafe.Pointer(r.tls), outerBlocksField.offset)) {
			bytes += sizes(blocks)
		}
	}
	return bytes
}

// sizes returns the total size of blocks, in bytes.
func sizes(blocks []uintptr) (bytes lib.Tsize_t) {
	for _, p := range blocks {
		bytes += lib.Tsize_t(alloc.UintptrUsableSize(p))
	}
	return bytes
}

// checkLocals ends the turn if the heap and the locals together exceed the memory limit.
func (r *Runtime) checkLocals() {
	if r.options.MemoryLimit <= 0 || r.mustStop() {
		return
	}
	if s := r.state(); r.localsSize() > s.Fmalloc_limit-min(s.Fmalloc_limit, s.Fmalloc_size) {
		r.outOfMemory = true
	}
}
