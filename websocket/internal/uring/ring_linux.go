package uring

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ring carries out many socket operations with one system call: Send and Receive queue them, Submit carries them out in this
// order, and Result returns what each has done. A Ring is not safe for concurrent use, but goroutines and threads may use it
// in turn. It uses a descriptor and memory of the kernel until Close.
type Ring struct {
	fd     int
	queued int // operations since the last Submit

	// By the index of an operation. The kernel uses the address of a buffer, so that the buffer must stay reachable until the
	// operation has completed; and since this field refers to it, it is not on a stack, which could move.
	buffers []*byte
	results []int32 // the number of bytes, or a negative errno

	submissions submissionQueue
	completions completionQueue
	memory      [][]byte // the mappings with the queues

	broken  error   // why a Submit could not wait for operations
	pending []*byte // the buffers of these operations, which the kernel may use until they end
}

// Cap returns the number of operations that a Submit can carry out. That of a closed Ring is 0.
func (r *Ring) Cap() int { return len(r.buffers) }

// Len returns the number of operations that have been queued since the last Submit.
func (r *Ring) Len() int { return r.queued }

// Send queues a send(2) of p with flags, MSG_DONTWAIT and MSG_NOSIGNAL. The content of p must not change until Submit has
// returned. Send must not be called when Len is Cap. A socket should have one Send in each Submit, because a second one is carried
// out even if the first has sent only a part.
func (r *Ring) Send(fd int32, p []byte, flags int) {
	r.queue(operationSend, fd, p, flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// Receive queues a recv(2) into p with MSG_DONTWAIT. p must not be empty, since receiving 0 bytes means the end of the input, and
// must not be used until Submit has returned. Receive must not be called when Len is Cap.
func (r *Ring) Receive(fd int32, p []byte) {
	r.queue(operationReceive, fd, p, unix.MSG_DONTWAIT)
}

func (r *Ring) queue(code uint8, fd int32, p []byte, flags int) {
	r.buffers[r.queued] = unsafe.SliceData(p)
	r.results[r.queued] = -int32(unix.ECANCELED)
	r.submissions.push(submission{
		code:     code,
		fd:       fd,
		address:  uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))),
		length:   uint32(min(len(p), math.MaxInt32)),
		flags:    uint32(flags),
		userData: uint64(r.queued),
	})
	r.queued++
}

// Submit carries out the operations that have been queued, and empties the queue. All have completed when it returns nil. After
// an error, the Result of those that were not carried out is EAGAIN, as if their sockets were not ready; none of them is
// carried out later. ECANCELED is the Result of an operation that has begun and whose end Submit could not wait for.
func (r *Ring) Submit() error {
	n := r.queued
	if n == 0 {
		return nil
	}
	r.queued = 0
	if r.broken != nil {
		r.notCarriedOut(0, n)
		return r.broken
	}
	accepted, err := r.submit(n)
	r.notCarriedOut(accepted, n)
	if r.broken = r.collect(accepted); r.broken != nil {
		r.pending, r.buffers = r.buffers, make([]*byte, len(r.buffers))
		return r.broken
	}
	clear(r.buffers[:n])
	return err
}

// notCarriedOut stores the results of the operations from begin to end, which the kernel has not accepted.
func (r *Ring) notCarriedOut(begin, end int) {
	for i := begin; i < end; i++ {
		r.results[i] = -int32(unix.EAGAIN)
	}
}

// submit passes n operations to the kernel and returns the number of those that it has accepted.
func (r *Ring) submit(n int) (int, error) {
	r.submissions.publish()
	for rest := n; rest > 0; {
		// This call does not wait, so the scheduler need not know of it.
		accepted, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(rest), 0, 0, 0, 0)
		if errno != 0 || accepted == 0 {
			r.submissions.withdraw()
			return n - rest, enterError(errno)
		}
		rest -= int(accepted)
	}
	return n, nil
}

func enterError(errno syscall.Errno) error {
	if errno == 0 {
		return errors.New("uring: io_uring_enter has accepted no operation")
	}
	return fmt.Errorf("uring: %w", os.NewSyscallError("io_uring_enter", errno))
}

// collect stores the results of n operations that the kernel has accepted. With MSG_DONTWAIT, an operation has completed when it
// is accepted. Should a kernel postpone one nevertheless, collect waits, because the kernel uses the buffer until then.
func (r *Ring) collect(n int) error {
	for {
		n -= r.completions.take(r.results)
		if n == 0 {
			return nil
		}
		_, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), 0, uintptr(n), enterGetEvents, 0, 0)
		if errno != 0 && errno != unix.EINTR {
			return fmt.Errorf("uring: waiting for %d operations: %w", n, os.NewSyscallError("io_uring_enter", errno))
		}
	}
}

// Result returns the number of bytes that the i-th operation of the last Submit has sent or received, or its error. Receiving 0
// bytes means the end of the input, as with recv(2). Results are valid until the next Send or Receive.
func (r *Ring) Result(i int) (int, syscall.Errno) {
	if result := r.results[i]; result < 0 {
		return 0, syscall.Errno(-result)
	}
	return int(r.results[i]), 0
}

// submissionQueue is the queue of operations in memory shared with the kernel.
type submissionQueue struct {
	entries []submission
	mask    uint32
	tail    uint32  // where the next operation goes, modulo the size of the queue
	shared  *uint32 // tail as the kernel reads it
	head    *uint32 // the first operation that the kernel has not accepted
}

func (q *submissionQueue) push(s submission) {
	q.entries[q.tail&q.mask] = s
	q.tail++
}

// publish makes the kernel accept what has been pushed in the next io_uring_enter.
func (q *submissionQueue) publish() { atomic.StoreUint32(q.shared, q.tail) }

// withdraw removes what the kernel has not accepted.
func (q *submissionQueue) withdraw() {
	q.tail = atomic.LoadUint32(q.head)
	q.publish()
}

// completionQueue is the queue of results in memory shared with the kernel. It does not overflow, because it is not smaller than
// the submission queue and is empty before each Submit.
type completionQueue struct {
	entries []completion
	mask    uint32
	next    uint32  // the first result that has not been read, modulo the size of the queue
	shared  *uint32 // next as the kernel reads it
	tail    *uint32 // where the kernel puts the next result
}

// take moves what is in the queue to results, by the index of each operation, and returns how many there were.
func (q *completionQueue) take(results []int32) int {
	tail := atomic.LoadUint32(q.tail)
	n := int(tail - q.next)
	for ; q.next != tail; q.next++ {
		c := &q.entries[q.next&q.mask]
		results[c.userData] = c.result
	}
	atomic.StoreUint32(q.shared, q.next)
	return n
}
