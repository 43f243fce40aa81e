package uring_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReceiveOfEmptySocket(t *testing.T) {
	r := newRing(t, 4)
	a, b := newTCPPair(t)
	for range 3 {
		r.Receive(a, make([]byte, 10))
		r.Receive(b, make([]byte, 10))
		submit(t, r)
		wantResult(t, r, 0, 0, unix.EAGAIN)
		wantResult(t, r, 1, 0, unix.EAGAIN)
	}
}

// A ring never waits, also not for a socket in blocking mode.
func TestBlockingSocket(t *testing.T) {
	r := newRing(t, 4)
	a, b := newTCPPair(t)
	for _, fd := range []int32{a, b} {
		if err := unix.SetNonblock(int(fd), false); err != nil {
			t.Fatal(err)
		}
	}
	r.Receive(a, make([]byte, 10))
	submit(t, r)
	wantResult(t, r, 0, 0, unix.EAGAIN)
	for range 1 << 12 {
		r.Send(a, make([]byte, 64<<10), 0)
		submit(t, r)
		if _, errno := r.Result(0); errno != 0 {
			wantResult(t, r, 0, 0, unix.EAGAIN)
			return
		}
	}
	t.Error("a socket that is not read does not become full")
}

func TestShortSend(t *testing.T) {
	r := newRing(t, 4)
	from, to := newTCPPair(t)
	if err := unix.SetsockoptInt(int(from), unix.SOL_SOCKET, unix.SO_SNDBUF, 64<<10); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 16<<20)
	for i := range p {
		p[i] = byte(i * 31 >> 3)
	}
	r.Send(from, p, 0)
	submit(t, r)
	n, errno := r.Result(0)
	if errno != 0 || n <= 0 || n >= len(p) {
		t.Fatalf("sending %d bytes that do not fit has the result %d and %q", len(p), n, message(errno))
	}
	if got := readAll(t, to, n); !bytes.Equal(got, p[:n]) {
		t.Error("the peer does not receive what has been sent")
	}
}

// Send passes its flags to the kernel: a byte of urgent data is not part of the input.
func TestSendFlags(t *testing.T) {
	r := newRing(t, 4)
	from, to := newTCPPair(t)
	r.Send(from, []byte("!"), unix.MSG_OOB)
	submit(t, r)
	wantResult(t, r, 0, 1, 0)
	urgent := make([]byte, 10)
	if n, _, err := unix.Recvfrom(int(to), urgent, unix.MSG_OOB); err != nil || string(urgent[:n]) != "!" {
		t.Errorf("the urgent data is %q, %v", urgent, err)
	}
	r.Receive(to, make([]byte, 10))
	submit(t, r)
	wantResult(t, r, 0, 0, unix.EAGAIN)
}

// The length of an operation in the kernel has 32 bits.
func TestSendOfMoreThanFourGigabytes(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		return // there is no such slice
	}
	r := newRing(t, 4)
	from, _ := newTCPPair(t)
	gigabytes := 4
	p, err := unix.Mmap(-1, 0, gigabytes<<30+10, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(p) }()
	r.Send(from, p, 0)
	submit(t, r)
	if n, errno := r.Result(0); n <= 10 || errno != 0 {
		t.Errorf("sending %d bytes has the result %d and %q", len(p), n, message(errno))
	}
}

func TestEndOfInput(t *testing.T) {
	r := newRing(t, 4)
	a, b := newTCPPair(t)
	r.Send(a, []byte("last"), 0)
	submit(t, r)
	if err := unix.Shutdown(int(a), unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 10)
	r.Receive(b, p)
	r.Receive(b, p)
	r.Send(b, []byte("the other direction"), 0)
	r.Send(a, []byte("after the end"), 0)
	submit(t, r)
	wantResult(t, r, 0, 4, 0)
	wantResult(t, r, 1, 0, 0)
	wantResult(t, r, 2, 19, 0)
	wantResult(t, r, 3, 0, unix.EPIPE)
}

func TestReset(t *testing.T) {
	r := newRing(t, 4)
	a, b := newTCPPair(t)
	if err := unix.SetsockoptLinger(int(b), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		t.Fatal(err)
	}
	r.Send(a, []byte("unread"), 0)
	submit(t, r)
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(null) }()
	if err := unix.Dup3(null, int(b), unix.O_CLOEXEC); err != nil { // closes the socket
		t.Fatal(err)
	}
	r.Receive(a, make([]byte, 10))
	r.Send(a, []byte("x"), 0)
	r.Send(b, []byte("x"), 0)
	submit(t, r)
	wantResult(t, r, 0, 0, unix.ECONNRESET)
	wantResult(t, r, 1, 0, unix.EPIPE)
	wantResult(t, r, 2, 0, unix.ENOTSOCK)
}

// An operation that fails at once does not disturb those before and after it.
func TestBadDescriptor(t *testing.T) {
	const connections = 16
	r := newRing(t, 64)
	var from, to []int32
	for range connections {
		a, b := newTCPPair(t)
		from, to = append(from, a), append(to, b)
	}
	for _, bad := range []int32{-1, -100, 1 << 20} {
		for _, fd := range from {
			r.Send(bad, []byte("x"), 0)
			r.Send(fd, []byte("text"), 0)
			r.Receive(bad, make([]byte, 1))
		}
		submit(t, r)
		for i := range connections {
			wantResult(t, r, 3*i, 0, unix.EBADF)
			wantResult(t, r, 3*i+1, 4, 0)
			wantResult(t, r, 3*i+2, 0, unix.EBADF)
		}
		for _, fd := range to {
			readAll(t, fd, 4)
		}
	}
}

// If the system call fails, no operation is carried out, neither then nor later.
func TestSubmitFailure(t *testing.T) {
	r := newRing(t, 8)
	from, to := newPair(t)
	descriptors := ringDescriptors(t)
	if len(descriptors) != 1 {
		t.Fatalf("%d rings are open, expected 1", len(descriptors))
	}
	ring := descriptors[0]
	saved, err := unix.FcntlInt(uintptr(ring), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(saved) }()
	for round := range 20 { // more operations than the ring has room for
		if err := unix.Dup3(int(from), ring, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		r.Send(from, []byte("never sent"), 0)
		r.Receive(to, make([]byte, 10))
		err := r.Submit()
		if !errors.Is(err, unix.EOPNOTSUPP) || !strings.Contains(err.Error(), "io_uring_enter") {
			t.Fatalf("Submit with another descriptor than that of the ring returns %v", err)
		}
		if r.Len() != 0 {
			t.Errorf("%d operations are queued after Submit has failed", r.Len())
		}
		wantResult(t, r, 0, 0, unix.EAGAIN)
		wantResult(t, r, 1, 0, unix.EAGAIN)

		if err := unix.Dup3(saved, ring, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		submit(t, r)
		exchange(t, r, []int32{from}, []int32{to}, numbered(round))
	}
}
