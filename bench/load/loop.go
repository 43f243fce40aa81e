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

// conn is a connection of the load generator.
type conn struct {
	fd      int
	got     int         // the number of received bytes of the current answer
	checked int         // the number of complete answers
	out     []byte      // bytes that the kernel has not accepted yet
	began   time.Time   // the time at which the current message was sent or the connection was opened
	stage   stage       // for churn
	head    []byte      // the received bytes of a response or frame that is buffered
	due     []time.Time // for paced: the times at which the messages in flight should have been sent
}

// loop is an epoll instance with its connections.
type loop struct {
	fd      int
	conns   []*conn // by descriptor
	buffer  []byte
	events  []syscall.EpollEvent
	now     time.Time     // the time of the last batch of events
	timeout time.Duration // bounds each wait for the server
	wait    uintptr       // the maximum time in milliseconds for which a turn waits for events
}

func newLoop() (*loop, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	return &loop{fd: fd, buffer: make([]byte, 256<<10), events: make([]syscall.EpollEvent, 1024), timeout: timeout, wait: 20},
		os.NewSyscallError("epoll_create1", err)
}

// openAll opens n WebSockets and adds them to the loop.
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

// close closes all connections.
func (l *loop) close() {
	for _, c := range l.conns {
		if c != nil {
			l.remove(c)
		}
	}
	_ = syscall.Close(l.fd)
}

// handler handles the data that a connection has received. data is empty at EOF.
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

// write sends data. What the kernel does not accept is sent later.
func (l *loop) write(c *conn, data []byte) error {
	if len(c.out) > 0 {
		return errors.New("write before the previous data was sent")
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
