//go:build amd64 || arm64

// On other architectures, the filters would need other numbers and arguments of system calls.

package uring_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/uring"
)

// refusalVariable has the name of a refusal, which this program then installs and reports on instead of running tests.
const refusalVariable = "URING_TEST_REFUSAL"

func TestMain(m *testing.M) {
	if name := os.Getenv(refusalVariable); name != "" {
		refusals[name].report()
		return
	}
	os.Exit(m.Run())
}

// refusal is a seccomp filter, as containers have one, that makes a system call fail.
type refusal struct {
	call  uint32
	errno syscall.Errno
	only  *argument // the calls that fail; nil means all
	want  string    // what the process reports
}

// argument is the value of an argument of a system call.
type argument struct{ index, value uint32 }

const (
	refusedBy = "a seccomp filter, such as that of a container"
	allow     = "allow io_uring_setup and io_uring_enter there"
)

var refusals = map[string]refusal{
	"forbidden": {
		call: unix.SYS_IO_URING_SETUP, errno: unix.EPERM,
		want: "uring: io_uring_setup: operation not permitted: " + refusedBy + ", or a security module forbids it: " + allow,
	},
	"hidden": {
		call: unix.SYS_IO_URING_SETUP, errno: unix.ENOSYS,
		want: "uring: io_uring_setup: function not implemented: the kernel has no io_uring, or " + refusedBy + ", hides it: " + allow,
	},
	"no memory": {
		call: unix.SYS_IO_URING_SETUP, errno: unix.ENOMEM,
		want: "uring: io_uring_setup: cannot allocate memory: there is not enough memory, or, before Linux 5.12, the limit of locked memory (ulimit -l) is too low",
	},
	"no descriptor": {
		call: unix.SYS_IO_URING_SETUP, errno: unix.EMFILE,
		want: "uring: io_uring_setup: too many open files",
	},
	"queues are not mapped": {
		call: unix.SYS_MMAP, errno: unix.ENODEV, only: &argument{3, unix.MAP_SHARED | unix.MAP_POPULATE},
		want: "uring: mmap: no such device",
	},
	"submissions are not mapped": {
		call: unix.SYS_MMAP, errno: unix.ENODEV, only: &argument{5, 0x10000000}, // IORING_OFF_SQES
		want: "uring: mmap: no such device",
	},
	"no pair of sockets": {
		call: unix.SYS_SOCKETPAIR, errno: unix.EACCES,
		want: "uring: socketpair: permission denied",
	},
	"operations are forbidden": {
		call: unix.SYS_IO_URING_ENTER, errno: unix.EPERM,
		want: "uring: io_uring_enter: operation not permitted",
	},
	"no operation is accepted": {
		call: unix.SYS_IO_URING_ENTER, errno: 0,
		want: "uring: io_uring_enter has accepted no operation",
	},
}

// Each refusal is tried in another process.
func TestAvailableWhenRefused(t *testing.T) {
	for name, f := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bound, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			child := exec.CommandContext(bound, os.Args[0]) //nolint:gosec // this program
			child.Env = append(os.Environ(), refusalVariable+"="+name)
			output, err := child.CombinedOutput()
			if got, want := strings.TrimSpace(string(output)), f.want+", with 0 more descriptors"; err != nil || got != want {
				t.Errorf("the process ends with %v and reports\n%s\nexpected\n%s", err, got, want)
			}
		})
	}
}

// report prints what Available returns under the filter, and how many descriptors that leaves open.
func (f refusal) report() {
	if err := f.install(); err != nil {
		fmt.Println("the filter is not installed:", err)
		return
	}
	_, _ = os.ReadFile("/proc/version") // opening the first file makes the runtime open its own descriptors
	before, _ := os.ReadDir("/proc/self/fd")
	err := uring.Available()
	if again := uring.Available(); !errors.Is(again, err) {
		fmt.Println("another call returns another error:", again)
	}
	after, _ := os.ReadDir("/proc/self/fd")
	fmt.Printf("%v, with %d more descriptors\n", err, len(after)-len(before))
}

// install makes all threads of this process subject to the filter, until it ends.
func (f refusal) install() error {
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the number of the call
	if f.only == nil {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: f.call, Jf: 1})
	} else {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: f.call, Jf: 3},
			unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 16 + 8*f.only.index},
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: f.only.value, Jf: 1})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(f.errno)},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const allThreads = 1 // SECCOMP_FILTER_FLAG_TSYNC
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, allThreads, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return nil
}
