//go:build linux && (amd64 || arm64)

package accept

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/sockaddr"
)

// The system calls of a request. They never block, so they are made without notifying the scheduler, as package unix would.
// socket_plain_linux.go has calls with the same results for other architectures.

// acceptedAddress has room for the address that acceptConn returns.
type acceptedAddress struct {
	raw  syscall.RawSockaddrAny
	size uint32
}

// acceptConn accepts a connection, and returns the address of the client.
func acceptConn(listener int, a *acceptedAddress) (fd int, from netip.AddrPort, err error) {
	a.size = uint32(unsafe.Sizeof(a.raw))
	n, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), uintptr(unsafe.Pointer(&a.raw)), uintptr(unsafe.Pointer(&a.size)),
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	return int(n), sockaddr.OfRaw(&a.raw), nil
}

// receive reads into p without blocking. flags are those of recv(2).
func receive(fd int, p []byte, flags int) (int, error) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
		uintptr(flags|unix.MSG_DONTWAIT), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
