package handover

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// socketPair returns the two ends of a link.
func socketPair() (ours *net.UnixConn, theirs *os.File, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs = os.NewFile(uintptr(pair[1]), "handover") //nolint:gosec // a descriptor is not negative
	if ours, err = linkOf(pair[0]); err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return ours, theirs, nil
}

// linkOf returns the connection of a descriptor, which it owns.
func linkOf(fd int) (*net.UnixConn, error) {
	file := os.NewFile(uintptr(fd), "handover") //nolint:gosec // a descriptor is not negative
	if file == nil {
		return nil, unix.EBADF
	}
	defer func() { _ = file.Close() }() // FileConn has a duplicate
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	link, ok := conn.(*net.UnixConn)
	if !ok {
		return nil, errors.Join(errors.New("it is not a Unix socket"), conn.Close())
	}
	return link, nil
}

// Inherited returns the link with which the old process has started this one, and removes the variable that names it from the environment. It
// returns nil if this process was not started by [Start]. It is called once, before any process is started.
func Inherited() (*net.UnixConn, error) {
	text, given := os.LookupEnv(FDVariable)
	if !given {
		return nil, nil //nolint:nilnil // documented
	}
	if err := os.Unsetenv(FDVariable); err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < linkFD {
		return nil, fmt.Errorf("the variable %s of the environment is %q: expected the number of a descriptor; it is set for processes that take over connections, and by nothing else", FDVariable, text)
	}
	link, err := linkOf(number)
	if err != nil {
		return nil, fmt.Errorf("descriptor %d, which %s names, cannot be used: %w", number, FDVariable, err)
	}
	return link, nil
}
