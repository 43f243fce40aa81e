//go:build !linux

package main

// refuseRings does nothing, because only Linux has io_uring.
func refuseRings() error { return nil }
