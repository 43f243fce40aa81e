//go:build unix

package process

import (
	"errors"
	"os"
	"syscall"
)

// writeNow writes as much as a pipe takes at once and returns its length. It does not block. The error means that the reader has
// closed the pipe.
func writeNow(pipe *os.File, b []byte) (n int, err error) {
	raw, err := pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	failure := raw.Write(func(fd uintptr) bool {
		n, err = writeQuickly(int(fd), b)
		return true // the rest is written by another goroutine
	})
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
		err = nil
	}
	return max(n, 0), errors.Join(failure, err)
}
