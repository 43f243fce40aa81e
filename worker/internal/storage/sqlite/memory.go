package sqlite

import (
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// pointerTo returns the form in which translated C stores a pointer to the function f.
func pointerTo(f any) uintptr {
	type funcInterface struct{ _, code uintptr }
	return (*funcInterface)(unsafe.Pointer(&f)).code
}

// at returns the value at an address of SQLite's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// memory returns n bytes at an address of SQLite's memory. They are valid as long as SQLite keeps them.
func memory(address uintptr, n int) []byte { return unsafe.Slice(at[byte](address), n) }

// copyOf returns n bytes at an address of SQLite's memory as a slice of their own, which is never nil.
func copyOf(address uintptr, n int) []byte {
	b := make([]byte, n)
	if n > 0 {
		copy(b, memory(address, n))
	}
	return b
}

// textAt returns the text that ends with a zero byte at an address of SQLite's memory; "" for a null pointer.
func textAt(address uintptr) string {
	if address == 0 {
		return ""
	}
	return libc.GoString(address)
}

// allocate copies s and a zero byte to memory of SQLite, to be freed with sqlite3_free. The address is 0 if there is no memory.
func allocate[T string | []byte](tls *libc.TLS, s T) uintptr {
	p := lib.Xsqlite3_malloc64(tls, lib.Tsqlite3_uint64(len(s)+1))
	if p != 0 {
		b := memory(p, len(s)+1)
		copy(b, s)
		b[len(s)] = 0
	}
	return p
}

// freeAllocated is sqlite3_free, for SQLite to free what allocate has returned.
var freeAllocated = pointerTo(lib.Xsqlite3_free)

// threads has the states of C threads that no call uses. Each call of SQLite needs one.
var threads struct {
	mu   sync.Mutex
	free []*libc.TLS
}

// maxFreeThreads bounds the states that are kept for later calls.
const maxFreeThreads = 64

// enter returns the state of a thread for one call, to be given to leave after it.
func enter() *libc.TLS {
	threads.mu.Lock()
	defer threads.mu.Unlock()
	last := len(threads.free) - 1
	if last < 0 {
		return libc.NewTLS()
	}
	tls := threads.free[last]
	threads.free = threads.free[:last]
	return tls
}

func leave(tls *libc.TLS) {
	threads.mu.Lock()
	defer threads.mu.Unlock()
	if len(threads.free) < maxFreeThreads {
		threads.free = append(threads.free, tls)
		return
	}
	tls.Close()
}
