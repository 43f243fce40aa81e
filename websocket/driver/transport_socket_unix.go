//go:build unix

package driver

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/netlayer"
)

// rawTransport is a socket read and written through its descriptor: it waits for
// readability without a buffer, and writes what the kernel takes without waiting.
type rawTransport struct {
	nc  net.Conn
	raw syscall.RawConn

	// Kept here, and bound once, so that reading and writing allocate nothing.
	readOnce, writeOnce, writeSome func(fd uintptr) bool

	in                *scratch
	out               []byte
	nread, nwritten   int
	readErr, writeErr error
}

func newRawTransport(nc net.Conn) (transport, bool) {
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
	t := &rawTransport{nc: nc, raw: raw}
	t.readOnce, t.writeOnce, t.writeSome = t.readReady, t.writeNow, t.writeReady
	return t, true
}

func (t *rawTransport) read(receive func(*scratch, []byte) bool) error {
	if err := t.raw.Read(t.readOnce); err != nil {
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

// readReady is called when the socket may be readable. It answers false to be
// called again when it is.
func (t *rawTransport) readReady(fd uintptr) bool {
	t.in = newScratch()
	t.nread, t.readErr = retry(func() (int, error) { return unix.Read(int(fd), t.in.buf[:]) })
	if errors.Is(t.readErr, unix.EAGAIN) {
		scratches.Put(t.in)
		t.in = nil
		return false
	}
	return true
}

func (t *rawTransport) tryWrite(p []byte) (int, error) {
	return t.writeWith(t.writeOnce, p)
}

func (t *rawTransport) write(p []byte) (int, error) {
	return t.writeWith(t.writeSome, p)
}

func (t *rawTransport) writeWith(ready func(fd uintptr) bool, p []byte) (int, error) {
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

// writeNow writes what the kernel takes and never asks to be called again.
func (t *rawTransport) writeNow(fd uintptr) bool {
	t.writeReady(fd)
	return true
}

// writeReady writes what the kernel takes. It answers false to be called again
// when there is room.
func (t *rawTransport) writeReady(fd uintptr) bool {
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

func (t *rawTransport) held() int { return heldByKernel(t.nc) }

func (t *rawTransport) closeWrite() { netlayer.CloseWrite(t.nc) }

func (t *rawTransport) reset() { setLinger(t.nc) }

func (t *rawTransport) close() { _ = t.nc.Close() }
