package uring_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/uring"
)

func newRing(t testing.TB, entries int) *uring.Ring {
	t.Helper()
	r, err := uring.New(entries)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Errorf("Close returns %v", err)
		}
	})
	return r
}

// newPair returns a pair of connected sockets.
func newPair(t testing.TB) (a, b int32) {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(pair[0]), unix.Close(pair[1]) })
	return int32(pair[0]), int32(pair[1])
}

// newTCPPair returns the ends of a TCP connection over the loopback interface.
func newTCPPair(t testing.TB) (a, b int32) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	newSocket := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(err)
		return fd
	}
	listener := newSocket()
	defer func() { must(unix.Close(listener)) }()
	must(unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(unix.Listen(listener, 1))
	address, err := unix.Getsockname(listener)
	must(err)
	client := newSocket()
	must(unix.Connect(client, address))
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	must(err)
	for _, fd := range []int{client, server} {
		t.Cleanup(func() { _ = unix.Close(fd) })
		must(unix.SetNonblock(fd, true))
		must(unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	}
	return int32(client), int32(server)
}

func submit(t testing.TB, r *uring.Ring) {
	t.Helper()
	if err := r.Submit(); err != nil {
		t.Fatalf("Submit returns %v", err)
	}
	if r.Len() != 0 {
		t.Fatalf("%d operations are queued after Submit", r.Len())
	}
}

func wantResult(t testing.TB, r *uring.Ring, i, n int, errno syscall.Errno) {
	t.Helper()
	if gotN, gotErrno := r.Result(i); gotN != n || gotErrno != errno {
		t.Errorf("the result of operation %d is %d bytes and %q, expected %d and %q", i, gotN, message(gotErrno), n, message(errno))
	}
}

func message(errno syscall.Errno) string {
	if errno == 0 {
		return ""
	}
	return errno.Error()
}

// exchange sends a text on each of the pairs with one Submit, and receives them with another.
func exchange(t testing.TB, r *uring.Ring, from, to []int32, text func(i int) []byte) {
	t.Helper()
	for i, fd := range from {
		r.Send(fd, text(i), 0)
	}
	submit(t, r)
	for i := range from {
		wantResult(t, r, i, len(text(i)), 0)
	}
	received := make([][]byte, len(to))
	for i, fd := range to {
		received[i] = make([]byte, len(text(i))+1)
		r.Receive(fd, received[i])
	}
	submit(t, r)
	for i := range to {
		wantResult(t, r, i, len(text(i)), 0)
		if got := received[i][:len(text(i))]; !bytes.Equal(got, text(i)) {
			t.Errorf("connection %d receives %q, expected %q", i, got, text(i))
		}
	}
}

func numbered(round int) func(i int) []byte {
	return func(i int) []byte { return fmt.Appendf(nil, "round %d, connection %d", round, i) }
}

// readAll reads n bytes.
func readAll(t testing.TB, fd int32, n int) []byte {
	t.Helper()
	got := make([]byte, 0, n)
	for len(got) < n {
		switch k, err := unix.Read(int(fd), got[len(got):n]); {
		case errors.Is(err, unix.EAGAIN):
			_, _ = unix.Poll([]unix.PollFd{{Fd: fd, Events: unix.POLLIN}}, 10_000)
		case err != nil || k == 0:
			t.Fatalf("the connection ends after %d of %d bytes: %v", len(got), n, err)
		default:
			got = got[:len(got)+k]
		}
	}
	return got
}
