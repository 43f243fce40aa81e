//go:build unix

package listen

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// checkListening returns an error unless a descriptor is a stream socket that listens. The descriptor is not touched: it may be
// one of the Go runtime.
func checkListening(number int) error {
	kind, err := syscall.GetsockoptInt(number, syscall.SOL_SOCKET, syscall.SO_TYPE)
	switch {
	case errors.Is(err, syscall.EBADF):
		return fmt.Errorf("the process was started without a descriptor %d", number)
	case err != nil:
		return fmt.Errorf("descriptor %d is not a socket", number)
	case kind != syscall.SOCK_STREAM:
		return fmt.Errorf("descriptor %d is not a stream socket: in a .socket file of systemd use ListenStream=", number)
	}
	listening, err := syscall.GetsockoptInt(number, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if err == nil && listening == 0 {
		return fmt.Errorf("descriptor %d is a connection, and not a listening socket: in a .socket file of systemd use Accept=no", number)
	}
	return nil // systems without SO_ACCEPTCONN report the error when a connection is accepted
}

// duplicate returns another descriptor of a socket.
func duplicate(fd uintptr, name string) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	copied, err := syscall.Dup(int(fd))
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(copied)
	return os.NewFile(uintptr(copied), name), nil //nolint:gosec // a descriptor is not negative
}

func closeOnExec(number int) { syscall.CloseOnExec(number) }
