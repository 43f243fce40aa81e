//go:build linux

package load

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// conn is a connection under load.
type conn struct {
	fd      int
	got     int    // bytes of the answer that have arrived
	checked int    // how many answers there have been
	out     []byte // what the kernel has not taken yet
	began   time.Time
	stage   stage // of a connection that opens and closes
	head    []byte
	due     []time.Time // when what is on its way should have been sent, of one that is paced
}

// loop is an epoll with its connections.
type loop struct {
	fd     int
	conns  []*conn // by descriptor
	buffer []byte
	events []syscall.EpollEvent
	now    time.Time     // when the last batch of events was taken
	bound  time.Duration // of every wait for the server
	wait   uintptr       // for events, in ms, after which whoever calls looks at the time
}

func newLoop() (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &loop{fd: fd, buffer: make([]byte, 256<<10), events: make([]syscall.EpollEvent, 1024), bound: patience, wait: 20},
		os.NewSyscallError("epoll_create1", err)
}

// openAll opens so many WebSockets and returns them, in the loop.
func (l *loop) openAll(to netip.AddrPort, n int) ([]*conn, error) {
	all := make([]*conn, 0, n)
	for i := range n {
		fd, err := open(to, i, false)
		if err != nil {
			return nil, err
		}
		c := &conn{fd: fd}
		if err := l.add(c); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (l *loop) add(c *conn) error {
	for len(l.conns) <= c.fd {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(l.fd, syscall.EPOLL_CTL_ADD, c.fd,
		&syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(c.fd)}))
}

func (l *loop) remove(c *conn) {
	l.conns[c.fd] = nil
	_ = syscall.Close(c.fd)
}

// close ends all connections.
func (l *loop) close() {
	for _, c := range l.conns {
		if c != nil {
			l.remove(c)
		}
	}
	_ = syscall.Close(l.fd)
}

// handler gets what a connection has received; nothing at its end.
type handler func(c *conn, data []byte) error

// turn waits for events and handles them.
func (l *loop) turn(handle handler) error {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.fd),
		uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), l.wait, 0, 0)
	l.now = time.Now()
	if errno == syscall.EINTR {
		return nil
	}
	if errno != 0 {
		return os.NewSyscallError("epoll_wait", errno)
	}
	for _, e := range l.events[:n] {
		c := l.conns[e.Fd]
		if e.Events&syscall.EPOLLOUT != 0 {
			if err := l.flush(c); err != nil {
				return err
			}
		}
		if e.Events&^syscall.EPOLLOUT != 0 {
			if err := l.read(c, handle); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *loop) read(c *conn, handle handler) error {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(c.fd),
		uintptr(unsafe.Pointer(&l.buffer[0])), uintptr(len(l.buffer)))
	if again(errno) {
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("reading: %w", errno)
	}
	return handle(c, l.buffer[:n])
}

// write sends; what the kernel does not take is sent when it does.
func (l *loop) write(c *conn, data []byte) error {
	if len(c.out) > 0 {
		return errors.New("something is sent before the last was taken")
	}
	n, err := send(c.fd, data)
	if err != nil || n == len(data) {
		return err
	}
	c.out = data[n:]
	return l.watch(c, syscall.EPOLLIN|syscall.EPOLLOUT)
}

func (l *loop) flush(c *conn) error {
	n, err := send(c.fd, c.out)
	c.out = c.out[n:]
	if err != nil || len(c.out) > 0 {
		return err
	}
	return l.watch(c, syscall.EPOLLIN)
}

func (l *loop) watch(c *conn, events uint32) error {
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(l.fd, syscall.EPOLL_CTL_MOD, c.fd,
		&syscall.EpollEvent{Events: events, Fd: int32(c.fd)}))
}

func send(fd int, data []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd),
		uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)))
	if again(errno) {
		return 0, nil
	}
	if errno != 0 {
		return 0, fmt.Errorf("writing: %w", errno)
	}
	return int(n), nil
}

func again(errno syscall.Errno) bool { return errno == syscall.EAGAIN || errno == syscall.EINTR }
