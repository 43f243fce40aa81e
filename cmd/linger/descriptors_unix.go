//go:build unix

package main

import (
	"math"
	"syscall"
)

// maxDescriptors returns how many descriptors the process may have. The Go runtime has raised the limit as far as it is
// allowed to.
func maxDescriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxUint64
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on some systems
}
