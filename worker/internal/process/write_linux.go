package process

import (
	"syscall"
	"unsafe"
)

// maxQuick is the number of bytes whose write takes microseconds.
const maxQuick = 64 << 10

// writeQuickly is [syscall.Write] to a descriptor that does not block. The write of a few bytes is not announced to Go's scheduler:
// when it wakes the child on the same processor, the scheduler would take it for one that blocks, and use another thread from then on.
func writeQuickly(fd int, b []byte) (int, error) {
	if len(b) > maxQuick {
		return syscall.Write(fd, b)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
