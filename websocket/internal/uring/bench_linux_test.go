package uring_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/uring"
)

// The benchmarks compare a ring with plain system calls for messages of 64 bytes over TCP, in batches of several sizes. They
// measure the processor time of the operations alone: each round has a message on each connection, and the peers do their part
// between the rounds.

const (
	benchConnections = 64
	benchSize        = 64
)

// batch carries out an operation for each of these descriptors.
type batch func(descriptors []int32)

func BenchmarkSend(b *testing.B) {
	from, to := benchPairs(b)
	text, space := make([]byte, benchSize), make([]byte, benchSize)
	prepare := func() {
		for _, fd := range to {
			_, _ = plainReceive(fd, space) // EAGAIN before the first round
		}
	}
	benchBatches(b, from, prepare,
		func(descriptors []int32) {
			for _, fd := range descriptors {
				benchWant(b, func() (int, syscall.Errno) { return plainSend(fd, text) })
			}
		},
		func(r *uring.Ring, fd int32) { r.Send(fd, text, 0) })
}

func BenchmarkReceive(b *testing.B) {
	from, to := benchPairs(b)
	text, space := make([]byte, benchSize), make([]byte, 4096)
	prepare := func() {
		for _, fd := range from {
			benchWant(b, func() (int, syscall.Errno) { return plainSend(fd, text) })
		}
	}
	benchBatches(b, to, prepare,
		func(descriptors []int32) {
			for _, fd := range descriptors {
				benchWant(b, func() (int, syscall.Errno) { return plainReceive(fd, space) })
			}
		},
		func(r *uring.Ring, fd int32) { r.Receive(fd, space) })
}

func benchPairs(b *testing.B) (from, to []int32) {
	b.Helper()
	for range benchConnections {
		x, y := newTCPPair(b)
		from, to = append(from, x), append(to, y)
	}
	return from, to
}

func benchWant(b *testing.B, operation func() (int, syscall.Errno)) {
	if n, errno := operation(); n != benchSize || errno != 0 {
		b.Fatalf("an operation has the result %d and %q", n, message(errno))
	}
}

// benchBatches measures batches of several sizes, by plain calls and by a ring.
func benchBatches(b *testing.B, descriptors []int32, prepare func(), plain batch, queue func(r *uring.Ring, fd int32)) {
	r := newRing(b, benchConnections)
	byRing := func(descriptors []int32) {
		for _, fd := range descriptors {
			queue(r, fd)
		}
		submit(b, r)
		for i := range descriptors {
			benchWant(b, func() (int, syscall.Errno) { return r.Result(i) })
		}
	}
	for _, size := range []int{1, 2, 4, 8, 16, 32, 64} {
		b.Run(fmt.Sprintf("plain/batch=%d", size), func(b *testing.B) { benchRounds(b, descriptors, size, prepare, plain) })
		b.Run(fmt.Sprintf("ring/batch=%d", size), func(b *testing.B) { benchRounds(b, descriptors, size, prepare, byRing) })
	}
}

// benchRounds measures rounds of an operation on each descriptor, in batches of this size.
func benchRounds(b *testing.B, descriptors []int32, size int, prepare func(), do batch) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var spent time.Duration
	rounds := 0
	for b.Loop() {
		prepare()
		begin := threadTime(b)
		for i := 0; i < len(descriptors); i += size {
			do(descriptors[i : i+size])
		}
		spent += threadTime(b) - begin
		rounds++
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(spent.Nanoseconds())/float64(rounds*len(descriptors)), "cpu-ns/operation")
}

// threadTime returns the processor time of this thread.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

func plainSend(fd int32, p []byte) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

func plainReceive(fd int32, p []byte) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}
