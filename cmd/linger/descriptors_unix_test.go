//go:build unix

package main

import "testing"

func TestTheLimitOfDescriptorsIsKnown(t *testing.T) {
	if got := maxDescriptors(); got < 16 {
		t.Errorf("a process that runs may have some descriptors; got %d", got)
	}
}
