package uring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Available reports whether this process can use rings: nil, or an error that says what prevents it and what can be done. The
// first call tries a ring with a pair of sockets; later calls return the same.
func Available() error { return available() }

var available = sync.OnceValue(func() error {
	ring, err := New(2)
	if err != nil {
		return err
	}
	return errors.Join(tryRing(ring), ring.Close())
})

// tryRing checks that operations have their results, also when a socket is not ready.
func tryRing(r *Ring) error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("uring: %w", os.NewSyscallError("socketpair", err))
	}
	defer func() { _, _ = unix.Close(pair[0]), unix.Close(pair[1]) }()
	from, to := int32(pair[0]), int32(pair[1])

	sent, received := []byte("sent through a ring"), make([]byte, 100)
	r.Send(from, sent, 0)
	if err := tryOperation(r, "sending", len(sent), 0); err != nil {
		return err
	}
	r.Receive(to, received)
	if err := tryOperation(r, "receiving", len(sent), 0); err != nil {
		return err
	}
	if !bytes.Equal(received[:len(sent)], sent) {
		return fmt.Errorf("uring: a ring has received %q, not %q", received[:len(sent)], sent)
	}
	r.Receive(to, received)
	if err := tryOperation(r, "receiving from an empty socket", 0, unix.EAGAIN); err != nil {
		return err
	}
	if err := fill(pair[0]); err != nil {
		return err
	}
	r.Send(from, sent, 0)
	return tryOperation(r, "sending to a full socket", 0, unix.EAGAIN)
}

// tryOperation submits the only operation of a ring and compares its result.
func tryOperation(r *Ring, what string, n int, errno syscall.Errno) error {
	if err := r.Submit(); err != nil {
		return err
	}
	if gotN, gotErrno := r.Result(0); gotN != n || gotErrno != errno {
		return fmt.Errorf("uring: %s with a ring returns %d bytes and errno %d, expected %d and %d: the kernel has to be Linux 5.6 or later", what, gotN, int(gotErrno), n, int(errno))
	}
	return nil
}

// fill writes to a socket until that is full.
func fill(fd int) error {
	chunk := make([]byte, 64<<10)
	for range 1 << 10 { // 64 MiB
		_, err := unix.Write(fd, chunk)
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("uring: %w", os.NewSyscallError("write", err))
		}
	}
	return errors.New("uring: a socket that is not read does not become full")
}
