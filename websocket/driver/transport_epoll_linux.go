package driver

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/sockaddr"
)

// epollTransport is a TCP socket that an event loop watches. Its descriptor does not belong
// to package net, and the runtime's poller does not watch it. The driver holds its lock
// during all calls, so no descriptor is used after it has been closed.
type epollTransport struct {
	loop    *eventLoop       // watches the descriptor from start on
	handler readinessHandler // set before start and setTimer
	fd      int32
	batched bool // an io_uring carries out its writes, together with those of other connections

	// The place of the transport in the timer wheel, whose lock guards it.
	timerSlot            uint8           // from 1 on; 0 means that there is no wait
	timerRounds          uint16          // full turns of the wheel before the wait ends
	timerNext, timerPrev *epollTransport // in the same slot
}

// newEpollTransport takes the descriptor of a TCP connection over and closes nc. If nc is
// of another kind, or there is no loop or descriptor, it returns false and leaves nc as it
// is.
func newEpollTransport(nc net.Conn, opts *Options) (*epollTransport, bool) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return nil, false
	}
	t := addTransport(opts)
	if t == nil {
		return nil, false
	}
	fd, err := duplicate(tcp)
	if err != nil {
		t.loop.set.remove()
		return nil, false
	}
	_ = tcp.Close()  // the duplicate keeps the connection open
	t.fd = int32(fd) //nolint:gosec // descriptors are small numbers
	return t, true
}

// newDescriptorTransport returns a transport that owns a descriptor, or false if the loop group has
// no loop for it.
func newDescriptorTransport(fd int, opts *Options) (notifyingTransport, bool) {
	t := addTransport(opts)
	if t == nil {
		return nil, false
	}
	t.fd = int32(fd) //nolint:gosec // descriptors are small numbers
	return t, true
}

// addTransport returns a transport without a descriptor that a loop of the options' group is going to watch, or nil if the group has no loop
// for it.
func addTransport(opts *Options) *epollTransport {
	loops, t := &opts.loopGroup().loops, new(epollTransport)
	if opts.io() == IORing {
		t.loop, t.batched = loops.addBatched()
	} else {
		t.loop = loops.add()
	}
	if t.loop == nil {
		return nil
	}
	return t
}

// duplicate returns a second descriptor of a connection, which the runtime's poller does
// not watch.
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

func (t *epollTransport) setHandler(h readinessHandler) { t.handler = h }

func (t *epollTransport) start() error { return t.loop.set.watch(t) }

func (t *epollTransport) awaitRoom() { t.loop.set.watchRoom(t) }

func (t *epollTransport) setTimer(wait, interval time.Duration) bool {
	if interval < wheelMin {
		return false
	}
	t.loop.set.wheel.add(t, wait)
	return true
}

func (t *epollTransport) stopTimer() (left time.Duration) { return t.loop.set.wheel.remove(t) }

func (t *epollTransport) tryRead(p []byte) (int, error) {
	n, err := receive(t.fd, p)
	switch {
	case n > 0:
		return n, nil
	case err == nil:
		return 0, io.EOF
	case errors.Is(err, unix.EAGAIN):
		return 0, errWouldBlock
	case errors.Is(err, unix.EINTR):
		return t.tryRead(p)
	}
	return 0, os.NewSyscallError("read", err)
}

func (t *epollTransport) tryWrite(p []byte) (int, error) { return t.send(p, 0) }

func (t *epollTransport) tryWriteLast(p []byte) (int, error) { return t.send(p, unix.MSG_MORE) }

func (t *epollTransport) send(p []byte, flags int) (int, error) {
	n, err := transmit(t.fd, p, flags)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, unix.EAGAIN):
		return 0, nil
	case errors.Is(err, unix.EINTR):
		return t.send(p, flags)
	}
	return 0, os.NewSyscallError("write", err)
}

func (t *epollTransport) held() int {
	bytes, _ := unix.IoctlGetInt(int(t.fd), unix.SIOCOUTQ)
	return bytes
}

func (t *epollTransport) closeWrite() { shutdownWrite(t.fd) }

func (t *epollTransport) reset() {
	_ = unix.SetsockoptLinger(int(t.fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// close closes the descriptor, with which the kernel stops watching it.
func (t *epollTransport) close() {
	t.loop.set.table.set(t.fd, nil) // before the kernel can reuse the descriptor
	closeDescriptor(t.fd)
	t.loop.set.remove()
}

func (t *epollTransport) addrs() (local, remote net.Addr) {
	localAddr, _ := syscall.Getsockname(int(t.fd))
	remoteAddr, _ := syscall.Getpeername(int(t.fd))
	return sockaddr.TCP(localAddr), sockaddr.TCP(remoteAddr)
}

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
