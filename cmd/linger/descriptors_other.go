//go:build !unix

package main

import "math"

// maxDescriptors returns the number of descriptors that the process may have. This system has no such limit.
func maxDescriptors() uint64 { return math.MaxUint64 }
