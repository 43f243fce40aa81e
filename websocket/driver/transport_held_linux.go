package driver

import (
	"net"

	"golang.org/x/sys/unix"
)

// heldByKernel returns how many bytes the kernel still has to bring to the peer, 0
// for transports that have no such queue.
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
