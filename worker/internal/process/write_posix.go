//go:build unix && !linux

package process

import "syscall"

// writeQuickly is [syscall.Write] to a descriptor that does not block.
func writeQuickly(fd int, b []byte) (int, error) { return syscall.Write(fd, b) }
