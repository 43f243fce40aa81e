//go:build linux && (amd64 || arm64)

package driver

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls that read and write a socket. They never wait, so the runtime need not be
// told of them, which it is by those of package unix; and they are those for sockets,
// which find one sooner than those for files. socket_plain.go has the plain ones, with
// the same results.

func receive(fd int32, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return result(n, errno)
}

func transmit(fd int32, p []byte, flags int) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL), 0, 0)
	return result(n, errno)
}

func result(n uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
