//go:build linux && (amd64 || arm64)

package driver

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls that read and write a socket. They never block, so they are made without
// notifying the scheduler, as package unix would; and they are the calls for sockets, which
// take less time than those for any file. socket_plain.go has calls with the same results
// for other architectures.

// receive reads into p.
func receive(fd int32, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return result(n, errno)
}

// transmit writes p. flags are those of send(2).
func transmit(fd int32, p []byte, flags int) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL), 0, 0)
	return result(n, errno)
}

// shutdownWrite ends the direction of a socket.
func shutdownWrite(fd int32) {
	_, _, _ = syscall.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
}

// closeDescriptor closes a socket. It waits for nothing, because the sockets do not have SO_LINGER with a time.
func closeDescriptor(fd int32) { _, _, _ = syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

func result(n uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
