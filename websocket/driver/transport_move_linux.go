package driver

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

func (t *epollTransport) descriptor(use func(fd int) error) error { return use(int(t.fd)) }

// freeze leaves the descriptor in the epoll set, whose reports find no transport, because that saves two system calls for
// each connection in the time in which it is frozen.
func (t *epollTransport) freeze() { t.loop.set.table.set(t.fd, nil) }

func (t *epollTransport) thaw() error { return t.loop.set.watchAgain(t) }

// leave ends the reports before it closes the descriptor: the kernel watches the connection as long as any process has it.
func (t *epollTransport) leave() {
	_ = unix.EpollCtl(t.loop.epoll, unix.EPOLL_CTL_DEL, int(t.fd), nil)
	t.close()
}

func (t *socketTransport) descriptor(use func(fd int) error) error {
	var useErr error
	err := t.raw.Control(func(fd uintptr) { useErr = use(int(fd)) })
	return errors.Join(err, useErr)
}

// past is a deadline that makes reads and writes return at once.
var past = time.Unix(1, 0)

func (t *socketTransport) freeze() { _ = t.nc.SetDeadline(past) }

func (t *socketTransport) thaw() error { return t.nc.SetDeadline(time.Time{}) }

func (t *socketTransport) leave() { _ = t.nc.Close() }

var (
	_ movableTransport = (*epollTransport)(nil)
	_ movableTransport = (*socketTransport)(nil)
)
