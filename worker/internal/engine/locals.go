package engine

import (
	"reflect"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
	alloc "modernc.org/memory"
)

// The engine takes the arguments and variables of a call from the stack in C. In the
// translation they are blocks of libc's allocator, which no limit counts: up to 3 MiB for
// one call. libc keeps their addresses to itself, in one list or in a list for each call
// that has any, so they are looked up by the names of its fields.
var (
	localsField = fieldOf[[]uintptr]("allocas")
	outerField  = fieldOf[[][]uintptr]("allocaStack")
)

// fieldOf returns where libc.TLS has a field, and whether it is of the type T.
func fieldOf[T any](name string) (field struct {
	offset uintptr
	ok     bool
}) {
	f, ok := reflect.TypeFor[libc.TLS]().FieldByName(name)
	field.offset, field.ok = f.Offset, ok && f.Type == reflect.TypeFor[T]()
	return field
}

// locals returns the bytes that the arguments and variables of all calls take which are
// in progress.
func (r *Runtime) locals() (bytes lib.Tsize_t) {
	if localsField.ok {
		bytes = sizes(*(*[]uintptr)(unsafe.Add(unsafe.Pointer(r.tls), localsField.offset)))
	}
	if outerField.ok {
		for _, blocks := range *(*[][]uintptr)(unsafe.Add(unsafe.Pointer(r.tls), outerField.offset)) {
			bytes += sizes(blocks)
		}
	}
	return bytes
}

func sizes(blocks []uintptr) (bytes lib.Tsize_t) {
	for _, p := range blocks {
		bytes += lib.Tsize_t(alloc.UintptrUsableSize(p))
	}
	return bytes
}

// countLocals ends a turn whose heap and locals together are beyond the memory limit.
func (r *Runtime) countLocals() {
	if r.options.MemoryLimit <= 0 || r.stopped() {
		return
	}
	if s := r.state(); r.locals() > s.Fmalloc_limit-min(s.Fmalloc_limit, s.Fmalloc_size) {
		r.starved = true
	}
}
