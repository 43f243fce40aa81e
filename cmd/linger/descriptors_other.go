//go:build !unix

package main

import "math"

// maxDescriptors returns how many descriptors the process may have. This system has no such limit.
func maxDescriptors() uint64 { return math.MaxUint64 }
