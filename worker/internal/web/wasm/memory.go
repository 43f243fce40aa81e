package wasm

import (
	"unsafe"

	"github.com/tetratelabs/wazero/experimental"
)

// mapping is the memory of a WebAssembly memory. Its address does not change when it grows, because the script has an
// ArrayBuffer on it. It is freed with the Store.
type mapping struct {
	store    *Store
	reserved []byte // for the maximum size; pages that have not been used take no memory
	fixed    bool   // reserved is on the heap of Go
	size     int
}

// allocate is the allocator of wazero. If the maximum size cannot be reserved, the memory cannot grow.
func (s *Store) allocate(initial, maximum uint64) experimental.LinearMemory {
	m := &mapping{store: s}
	var err error
	if m.reserved, err = reserve(int(max(maximum, Page))); err != nil {
		m.reserved, m.fixed = make([]byte, max(initial, Page)), true
	}
	s.mappings = append(s.mappings, m)
	return m
}

// Reallocate changes the size. It returns nil if the limit does not allow it.
func (m *mapping) Reallocate(size uint64) []byte {
	if size > uint64(len(m.reserved)) || !m.store.addMemory(int64(size)-int64(m.size)) {
		return nil
	}
	m.size = int(size)
	if e := m.store.memories[m]; e != nil && m.store.options.Resized != nil {
		m.store.options.Resized(e)
	}
	return m.reserved[:size:len(m.reserved)]
}

// Free does nothing: the script may have buffers on the memory until the Store is closed.
func (m *mapping) Free() {}

func (m *mapping) free() {
	if !m.fixed {
		release(m.reserved)
	}
	m.reserved, m.size = nil, 0
}

// mappingOf returns the mapping that begins at the address of b.
func (s *Store) mappingOf(b []byte) *mapping {
	for _, m := range s.mappings {
		if len(m.reserved) > 0 && unsafe.SliceData(m.reserved) == unsafe.SliceData(b) {
			return m
		}
	}
	return nil
}
