//go:build unix

package main

import "testing"

func TestMaxDescriptors(t *testing.T) {
	if got := maxDescriptors(); got < 16 {
		t.Errorf("the limit of descriptors must be at least 16; got %d", got)
	}
}
