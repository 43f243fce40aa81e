//go:build !linux

package storage

// bootID identifies the time since the machine was started; "" if that is not known.
func bootID() string { return "" }
