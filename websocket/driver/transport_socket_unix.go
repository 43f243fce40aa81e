//go:build unix

package driver

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// socketTransport is a [blockingTransport] of a TCP or Unix socket, which it reads and
// writes through its descriptor: it waits for input without a buffer, and can write without
// blocking.
type socketTransport struct {
	netTransport
	raw syscall.RawConn

	// Method values, bound once so that reading and writing allocate nothing.
	readReadyFunc, writeOnceFunc, writeReadyFunc func(fd uintptr) (done bool)

	// Arguments and results of these functions.
	in                *scratch
	out               []byte
	nread, nwritten   int
	readErr, writeErr error
}

// newSocketTransport returns a transport for nc, or false if nc is not a TCP or Unix socket.
func newSocketTransport(nc net.Conn) (blockingTransport, bool) {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil, false
	}
	source, ok := nc.(syscall.Conn)
	if !ok {
		return nil, false
	}
	raw, err := source.SyscallConn()
	if err != nil {
		return nil, false
	}
	t := &socketTransport{netTransport: netTransport{nc: nc}, raw: raw}
	t.readReadyFunc, t.writeOnceFunc, t.writeReadyFunc = t.readReady, t.writeOnce, t.writeReady
	return t, true
}

func (t *socketTransport) read(receive func(*scratch, []byte) (more bool)) error {
	if err := t.raw.Read(t.readReadyFunc); err != nil {
		return err
	}
	s := t.in
	t.in = nil
	if t.readErr == nil && t.nread > 0 {
		receive(s, s.buf[:t.nread])
		return nil
	}
	scratches.Put(s)
	if t.readErr != nil {
		return os.NewSyscallError("read", t.readErr)
	}
	return io.EOF
}

// readReady reads what has arrived. It returns false if nothing has, to be called again
// when the socket is readable.
func (t *socketTransport) readReady(fd uintptr) bool {
	t.in = newScratch()
	t.nread, t.readErr = retry(func() (int, error) { return unix.Read(int(fd), t.in.buf[:]) })
	if errors.Is(t.readErr, unix.EAGAIN) {
		scratches.Put(t.in)
		t.in = nil
		return false
	}
	return true
}

func (t *socketTransport) tryWrite(p []byte) (int, error) {
	return t.writeWith(t.writeOnceFunc, p)
}

func (t *socketTransport) write(p []byte) (int, error) {
	return t.writeWith(t.writeReadyFunc, p)
}

func (t *socketTransport) writeWith(ready func(fd uintptr) bool, p []byte) (int, error) {
	t.out = p
	err := t.raw.Write(ready)
	t.out = nil
	if err != nil {
		return 0, err
	}
	if t.writeErr != nil {
		return 0, os.NewSyscallError("write", t.writeErr)
	}
	return t.nwritten, nil
}

// writeOnce writes what the kernel takes, which may be nothing.
func (t *socketTransport) writeOnce(fd uintptr) bool {
	t.writeReady(fd)
	return true
}

// writeReady writes what the kernel takes. It returns false if that is nothing, to be called
// again when there is room.
func (t *socketTransport) writeReady(fd uintptr) bool {
	t.nwritten, t.writeErr = retry(func() (int, error) { return unix.Write(int(fd), t.out) })
	if errors.Is(t.writeErr, unix.EAGAIN) {
		t.nwritten, t.writeErr = 0, nil
		return false
	}
	return true
}

// retry repeats a system call that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return max(n, 0), err
		}
	}
}
