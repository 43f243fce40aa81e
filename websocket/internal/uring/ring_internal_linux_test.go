package uring

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestReasonIsTheSysctl(t *testing.T) {
	for disabled, want := range map[string]string{
		"0": "seccomp", "": "seccomp", // no such sysctl
		"1": "io_uring_disabled is 1: set it to 0, or run in the group",
		"2": "io_uring_disabled is 2: set it to 0",
	} {
		if got := reason(unix.EPERM, disabled); !strings.Contains(got, want) {
			t.Errorf("with the sysctl %q, the reason is %q, expected %q in it", disabled, got, want)
		}
	}
}

// operationPoll is IORING_OP_POLL_ADD. Unlike the operations of a Ring, it completes when a socket becomes ready.
const operationPoll = 6

func newPolling(t *testing.T) (r *Ring, socket, peer int) {
	t.Helper()
	r, err := New(4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(pair[0]), unix.Close(pair[1]) })
	r.queue(operationPoll, int32(pair[0]), make([]byte, 1), unix.POLLIN)
	r.submissions.entries[0].address = 0
	r.submissions.entries[0].length = 0
	return r, pair[0], pair[1]
}

// An operation that the kernel postpones has completed too when Submit returns, and its result is not confused with that of an
// operation that completes earlier.
func TestPostponedOperation(t *testing.T) {
	r, socket, peer := newPolling(t)
	r.Send(int32(socket), []byte("text"), 0)
	var group sync.WaitGroup
	group.Go(func() {
		await(t, "the other operation does not complete", func() bool { return atomic.LoadUint32(r.completions.tail) == 1 })
		_, _ = unix.Write(peer, []byte("x"))
	})
	defer group.Wait()
	if err := r.Submit(); err != nil {
		t.Fatal(err)
	}
	if n, errno := r.Result(0); n&unix.POLLIN == 0 || errno != 0 {
		t.Errorf("the result of the operation that waits is %d, %v", n, errno)
	}
	if n, errno := r.Result(1); n != 4 || errno != 0 {
		t.Errorf("the result of the other is %d, %v", n, errno)
	}
}

// await waits until the kernel has done something.
func await(t *testing.T, otherwise string, done func() bool) {
	for deadline := time.Now().Add(time.Minute); !done(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Error(otherwise)
			return
		}
	}
}

// If a ring cannot wait for an operation, it is not used again, since the result of the operation would be taken for that of
// another, and it keeps the buffer.
func TestPendingOperation(t *testing.T) {
	r, socket, peer := newPolling(t)
	buffer := r.buffers[0]
	thread, failed := make(chan int), make(chan error)
	go func() {
		runtime.LockOSThread()
		thread <- unix.Gettid()
		failed <- r.Submit()
	}()
	waiting := <-thread
	await(t, "the operation is not accepted", func() bool { return atomic.LoadUint32(r.submissions.head) == 1 })
	if err := unix.Dup3(socket, r.fd, unix.O_CLOEXEC); err != nil { // the ring itself stays open during the call
		t.Fatal(err)
	}
	var err error
	for err == nil { // a signal makes Submit call again
		_ = unix.Tgkill(unix.Getpid(), waiting, unix.SIGURG)
		select {
		case err = <-failed:
		case <-time.After(10 * time.Millisecond):
		}
	}
	if !errors.Is(err, unix.EOPNOTSUPP) || !strings.Contains(err.Error(), "waiting for 1 operations") {
		t.Errorf("Submit returns %v", err)
	}
	if n, errno := r.Result(0); n != 0 || errno != unix.ECANCELED {
		t.Errorf("the result of the operation that may still be carried out is %d, %v", n, errno)
	}
	for range 5 {
		r.Send(int32(peer), []byte("never sent"), 0)
		if again := r.Submit(); !errors.Is(again, err) {
			t.Errorf("another Submit returns %v", again)
		}
		if n, errno := r.Result(0); n != 0 || errno != unix.EAGAIN {
			t.Errorf("the result of an operation that is not submitted is %d, %v", n, errno)
		}
	}
	if r.pending[0] != buffer {
		t.Error("the buffer of the operation that is pending is not kept")
	}
}
