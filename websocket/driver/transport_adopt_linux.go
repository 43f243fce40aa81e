package driver

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// adoptTransport returns the transport of a connection whose descriptor has come from another process. After an error the
// descriptor is closed.
func adoptTransport(fd int, opts *Options) (movableTransport, error) {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("getsockopt", err)
	}
	if domain != unix.AF_UNIX && !opts.blocking() {
		if t := addTransport(opts); t != nil {
			t.fd = int32(fd) //nolint:gosec // descriptors are small numbers
			return adoptEpoll(t)
		}
	}
	file := os.NewFile(uintptr(fd), "connection") //nolint:gosec // a descriptor is not negative
	nc, err := net.FileConn(file)
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	if t, ok := newSocketTransport(nc); ok {
		if m, ok := t.(movableTransport); ok {
			return m, nil
		}
	}
	_ = nc.Close()
	return nil, fmt.Errorf("%w: a socket of the address family %d is not known", ErrFixed, domain)
}

// adoptEpoll adds a descriptor to the epoll set without asking for reports. Asking for them when the connection goes on takes less
// time than adding it then.
func adoptEpoll(t *epollTransport) (movableTransport, error) {
	event := unix.EpollEvent{Events: unix.EPOLLET, Fd: t.fd}
	if err := unix.EpollCtl(t.loop.epoll, unix.EPOLL_CTL_ADD, int(t.fd), &event); err != nil {
		t.close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	return t, nil
}
