package uring

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The part of the kernel's linux/io_uring.h that Ring needs; io_uring_setup(2) and io_uring_enter(2) describe it.
const (
	operationSend    = 26 // IORING_OP_SEND
	operationReceive = 27 // IORING_OP_RECV

	enterGetEvents = 1 << 0 // IORING_ENTER_GETEVENTS

	featureSingleMap = 1 << 0 // IORING_FEAT_SINGLE_MMAP: both queues are in one mapping; since Linux 5.4

	offsetQueues      = 0          // IORING_OFF_SQ_RING
	offsetSubmissions = 0x10000000 // IORING_OFF_SQES
)

// submission is struct io_uring_sqe.
type submission struct {
	code     uint8
	_        uint8
	_        uint16
	fd       int32
	_        uint64
	address  uint64
	length   uint32
	flags    uint32
	userData uint64
	_        [3]uint64
}

// completion is struct io_uring_cqe.
type completion struct {
	userData uint64
	result   int32
	_        uint32
}

// parameters is struct io_uring_params. Offsets are in bytes from the beginning of the mapping.
type parameters struct {
	submissionEntries uint32
	completionEntries uint32
	_                 [3]uint32
	features          uint32
	_                 [4]uint32
	submissions       struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	completions struct {
		head, tail, mask, entries, overflow, completions, flags, _ uint32
		_                                                          uint64
	}
}

const maxEntries = 4096

// New returns a Ring for up to entries operations at a time, a power of two of at most 4096. The error says what refuses an
// io_uring, and what can be done; Available returns it too.
func New(entries int) (*Ring, error) {
	if entries < 1 || entries > maxEntries || entries&(entries-1) != 0 {
		return nil, fmt.Errorf("uring: a ring of %d entries: not a power of two between 1 and %d", entries, maxEntries)
	}
	var p parameters
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, refused(errno)
	}
	r := &Ring{fd: int(fd), buffers: make([]*byte, entries), results: make([]int32, entries)}
	if err := r.mapQueues(&p); err != nil {
		_ = r.Close() // the first error says more
		return nil, fmt.Errorf("uring: %w", err)
	}
	return r, nil
}

// refused explains an error of io_uring_setup.
func refused(errno syscall.Errno) error {
	err := fmt.Errorf("uring: %w", os.NewSyscallError("io_uring_setup", errno))
	disabled, _ := os.ReadFile("/proc/sys/kernel/io_uring_disabled") // since Linux 6.6
	if why := reason(errno, strings.TrimSpace(string(disabled))); why != "" {
		err = fmt.Errorf("%w: %s", err, why)
	}
	return err
}

// reason returns why io_uring_setup fails and what can be done; disabled is the sysctl kernel.io_uring_disabled.
func reason(errno syscall.Errno, disabled string) string {
	switch {
	case errno == unix.EPERM && disabled == "2":
		return "the sysctl kernel.io_uring_disabled is 2: set it to 0"
	case errno == unix.EPERM && disabled == "1":
		return "the sysctl kernel.io_uring_disabled is 1: set it to 0, or run in the group of the sysctl kernel.io_uring_group"
	case errno == unix.EPERM || errno == unix.EACCES:
		return "a seccomp filter, such as that of a container, or a security module forbids it: allow io_uring_setup and io_uring_enter there"
	case errno == unix.ENOSYS:
		return "the kernel has no io_uring, or a seccomp filter, such as that of a container, hides it: allow io_uring_setup and io_uring_enter there"
	case errno == unix.ENOMEM:
		return "there is not enough memory, or, before Linux 5.12, the limit of locked memory (ulimit -l) is too low"
	}
	return ""
}

// mapQueues maps the memory that the ring shares with the kernel.
func (r *Ring) mapQueues(p *parameters) error {
	if p.features&featureSingleMap == 0 {
		return fmt.Errorf("the kernel has to be Linux 5.6 or later: %w", errors.ErrUnsupported)
	}
	if p.completionEntries < p.submissionEntries {
		return fmt.Errorf("the completion queue has %d entries, fewer than the submission queue with %d", p.completionEntries, p.submissionEntries)
	}
	size := max(
		p.submissions.array+p.submissionEntries*uint32(unsafe.Sizeof(uint32(0))),
		p.completions.completions+p.completionEntries*uint32(unsafe.Sizeof(completion{})),
	)
	queues, err := r.mapShared(offsetQueues, int(size))
	if err != nil {
		return err
	}
	entries, err := r.mapShared(offsetSubmissions, int(p.submissionEntries)*int(unsafe.Sizeof(submission{})))
	if err != nil {
		return err
	}
	r.submissions = submissionQueue{
		entries: values[submission](entries, 0, p.submissionEntries),
		mask:    p.submissionEntries - 1,
		shared:  value(queues, p.submissions.tail),
		head:    value(queues, p.submissions.head),
	}
	r.completions = completionQueue{
		entries: values[completion](queues, p.completions.completions, p.completionEntries),
		mask:    p.completionEntries - 1,
		shared:  value(queues, p.completions.head),
		tail:    value(queues, p.completions.tail),
	}
	// The kernel finds the entries of the submission queue through this array. They are used in order.
	for i, array := 0, values[uint32](queues, p.submissions.array, p.submissionEntries); i < len(array); i++ {
		array[i] = uint32(i)
	}
	return nil
}

// mapShared maps memory of the ring until Close.
func (r *Ring) mapShared(offset int64, size int) ([]byte, error) {
	memory, err := unix.Mmap(r.fd, offset, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	r.memory = append(r.memory, memory)
	return memory, nil
}

// value returns the number at an offset of memory.
func value(memory []byte, offset uint32) *uint32 { return &values[uint32](memory, offset, 1)[0] }

// values returns the n values of type T at an offset of memory.
func values[T any](memory []byte, offset, n uint32) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(&memory[offset])), n)
}

// Close frees the ring, once the last Submit has returned. The error is os.ErrClosed if it has been called before.
func (r *Ring) Close() error {
	if r.fd < 0 {
		return fmt.Errorf("uring: %w", os.ErrClosed)
	}
	var errs []error
	for _, memory := range r.memory {
		errs = append(errs, os.NewSyscallError("munmap", unix.Munmap(memory)))
	}
	errs = append(errs, os.NewSyscallError("close", unix.Close(r.fd)))
	*r = Ring{fd: -1}
	return errors.Join(errs...)
}
