//go:build !unix

package wasm

// reserve returns zeroed memory.
func reserve(size int) ([]byte, error) { return make([]byte, size), nil }

// release does nothing: the garbage collector frees the memory.
func release([]byte) {}
