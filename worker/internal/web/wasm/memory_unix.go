//go:build unix

package wasm

import "syscall"

// reserve returns zeroed memory, which the kernel provides page by page when it is used.
func reserve(size int) ([]byte, error) {
	return syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
}

func release(b []byte) { _ = syscall.Munmap(b) }
