package listen

import (
	"net"
	"syscall"
	"testing"
)

// Passing a listener on to another process leaves it non-blocking in this one.
func TestFileLeavesListenerNonBlocking(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	file, err := File(l)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	flags, _, failed := syscall.Syscall(syscall.SYS_FCNTL, file.Fd(), syscall.F_GETFL, 0) // os/exec calls Fd too
	if failed != 0 || flags&syscall.O_NONBLOCK == 0 {
		t.Errorf("the socket, which all of its descriptors share, stays non-blocking; got flags %#x, %v", flags, failed)
	}
}
