package driver

import (
	"net"

	"golang.org/x/sys/unix"
)

// heldByKernel returns the number of bytes that the kernel has still to deliver to the peer,
// or 0 for a transport other than TCP.
func heldByKernel(nc net.Conn) int {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return 0
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	bytes := 0
	_ = raw.Control(func(fd uintptr) { bytes, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return bytes
}
