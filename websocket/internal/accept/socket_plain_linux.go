//go:build linux && !amd64 && !arm64

package accept

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/sockaddr"
)

// acceptedAddress is empty: package syscall returns the address.
type acceptedAddress struct{}

// acceptConn accepts a connection, and returns the address of the client.
func acceptConn(listener int, _ *acceptedAddress) (fd int, from netip.AddrPort, err error) {
	fd, sa, err := syscall.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC) // that of unix asks which protocol it is
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	return fd, sockaddr.Of(sa), nil
}

// receive reads into p without blocking. flags are those of recv(2).
func receive(fd int, p []byte, flags int) (int, error) {
	n, _, err := unix.Recvfrom(fd, p, flags|unix.MSG_DONTWAIT)
	return n, err
}
