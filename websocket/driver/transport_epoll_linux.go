package driver

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watched is a TCP socket of our own: its descriptor has left package net and the
// runtime's poller, and one of our loops watches it. All calls but those of the loop
// come under the driver's lock, so that nobody uses the number of a descriptor that is
// closed.
type watched struct {
	fd   int32
	loop *loop // nil until it begins
}

// newNotifier takes a TCP connection over. It leaves it as it is if there is no
// descriptor to be had.
func newNotifier(nc net.Conn) (transport, bool) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil, false
	}
	fd, err := duplicate(tcp)
	if err != nil {
		return nil, false
	}
	_ = tcp.Close()                      // its number only: the connection has another
	return &watched{fd: int32(fd)}, true //nolint:gosec // descriptors are small numbers
}

// duplicate returns a second descriptor of the same connection, which the runtime's
// poller does not know.
func duplicate(tcp *net.TCPConn) (fd int, err error) {
	if err := tcp.SetDeadline(time.Time{}); err != nil { // closed already
		return 0, err
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0)
	})
	return fd, errors.Join(controlErr, err)
}

func (w *watched) begin(d *Driver) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.transport == transportClosed {
		return nil
	}
	return assign(w, d)
}

// sharedAlarms are those of all that the loops watch.
var sharedAlarms wheel

func (w *watched) alarms() *wheel { return &sharedAlarms }

func (w *watched) readNow(p []byte) (int, error) {
	n, err := receive(w.fd, p)
	switch {
	case n > 0:
		return n, nil
	case err == nil:
		return 0, io.EOF
	case errors.Is(err, unix.EAGAIN):
		return 0, errWait
	case errors.Is(err, unix.EINTR):
		return w.readNow(p)
	}
	return 0, os.NewSyscallError("read", err)
}

func (w *watched) tryWrite(p []byte) (int, error) { return w.send(p, 0) }

// tryWriteLast keeps a small rest back, so that the end follows in the same segment.
func (w *watched) tryWriteLast(p []byte) (int, error) { return w.send(p, unix.MSG_MORE) }

func (w *watched) send(p []byte, flags int) (int, error) {
	n, err := transmit(w.fd, p, flags)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, unix.EAGAIN):
		return 0, nil
	case errors.Is(err, unix.EINTR):
		return w.send(p, flags)
	}
	return 0, os.NewSyscallError("write", err)
}

// read and write are for those who wait.
func (w *watched) read(func(*scratch, []byte) bool) error { return errWait }

func (w *watched) write(p []byte) (int, error) { return w.tryWrite(p) }

func (w *watched) held() int {
	bytes, _ := unix.IoctlGetInt(int(w.fd), unix.SIOCOUTQ)
	return bytes
}

func (w *watched) closeWrite() { _ = unix.Shutdown(int(w.fd), unix.SHUT_WR) }

func (w *watched) reset() {
	_ = unix.SetsockoptLinger(int(w.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// close gives the descriptor back; the kernel ends its watch with it.
func (w *watched) close() {
	if w.loop != nil {
		w.loop.forget(w)
	}
	_ = unix.Close(int(w.fd))
}

func (w *watched) addrs() (local, remote net.Addr) {
	ours, _ := syscall.Getsockname(int(w.fd))
	theirs, _ := syscall.Getpeername(int(w.fd))
	return tcpAddr(ours), tcpAddr(theirs)
}

// tcpAddr returns an address as package net has it.
func tcpAddr(sa syscall.Sockaddr) net.Addr {
	switch a := sa.(type) {
	case *syscall.SockaddrInet4:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))) //nolint:gosec // a port has 16 bits
	case *syscall.SockaddrInet6:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr6(a.Addr, a.ZoneId), uint16(a.Port))) //nolint:gosec // a port has 16 bits
	}
	return &net.TCPAddr{} // the connection is gone already
}

// addr6 returns an address, in a zone if that has a number.
func addr6(a [16]byte, zone uint32) netip.Addr {
	addr := netip.AddrFrom16(a).Unmap()
	if zone == 0 {
		return addr
	}
	if named, err := net.InterfaceByIndex(int(zone)); err == nil {
		addr = addr.WithZone(named.Name)
	}
	return addr
}
