//go:build unix

package main

import (
	"math"
	"syscall"
)

// maxDescriptors returns the number of descriptors that the process may have. The Go runtime has already raised the
// soft limit to the hard limit.
func maxDescriptors() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxUint64
	}
	return uint64(limit.Cur) //nolint:unconvert // Cur is signed on some systems
}
