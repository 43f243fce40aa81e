package websocket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// listener accepts connections for net/http, and keeps those back that begin with an
// upgrade request: it only looks at what has arrived, so whatever it does not want is
// still there to be read.
type listener struct {
	*net.TCPListener
	file    *os.File // a second descriptor of it, to accept by
	waiter  syscall.RawConn
	server  *http.Server
	context context.Context // of all requests

	mu      sync.Mutex
	closed  bool
	waiting *os.File // a connection that waits for a second descriptor
}

func newListener(server *http.Server, given net.Listener) net.Listener {
	tcp, ok := given.(*net.TCPListener)
	if !ok || server.ConnContext != nil {
		return given
	}
	l := &listener{TCPListener: tcp, server: server, context: context.Background()}
	if err := l.open(); err != nil {
		return given
	}
	if server.BaseContext != nil {
		l.context = server.BaseContext(given)
	}
	l.context = context.WithValue(l.context, http.ServerContextKey, server)
	return l
}

func (l *listener) open() (err error) {
	if l.file, err = l.File(); err != nil {
		return err
	}
	if l.waiter, err = l.file.SyscallConn(); err != nil {
		return err
	}
	controlErr := l.waiter.Control(func(fd uintptr) {
		for _, o := range inherited {
			err = errors.Join(err, unix.SetsockoptInt(int(fd), o.level, o.name, o.value))
		}
	})
	return errors.Join(controlErr, err)
}

// inherited are the options that accepted sockets have from the one that listens.
var inherited = []struct{ level, name, value int }{
	// Nobody is woken for a connection before there is something to be read.
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1}, // second
	// What package net gives each of its connections.
	{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15},
	{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
	{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 9},
}

func (l *listener) Close() error {
	l.mu.Lock()
	l.closed = true
	if l.waiting != nil {
		_ = l.waiting.Close()
		l.waiting = nil
	}
	l.mu.Unlock()
	return errors.Join(l.TCPListener.Close(), l.file.Close())
}

// Accept returns the next connection for net/http. Upgrade requests are on their way to
// the handler by then. When descriptors have run out the error is temporary: net/http logs
// it, and calls Accept again a little later; the connection waits meanwhile.
func (l *listener) Accept() (net.Conn, error) {
	file := l.takeWaiting()
	for {
		if file == nil {
			fd, from, err := l.accept()
			if err != nil {
				return nil, l.acceptError(err)
			}
			if r := readUpgrade(fd); r != nil {
				r.RemoteAddr = tcpAddr(from).String()
				go l.serve(fd, r)
				continue
			}
			file = os.NewFile(uintptr(fd), "tcp")
		}
		conn, err := net.FileConn(file) // by a descriptor of its own
		if isExhausted(err) && l.putWaiting(file) {
			return nil, l.acceptError(err)
		}
		_ = file.Close()
		if err == nil {
			return conn, nil
		}
		file = nil // the connection has ended already
	}
}

// acceptError returns an error that net/http waits for if it is temporary.
func (l *listener) acceptError(err error) error {
	if syscallError, ok := errors.AsType[*os.SyscallError](err); ok {
		err = syscallError
	}
	return &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: err}
}

// isExhausted reports whether the process or the system has no more descriptors.
func isExhausted(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)
}

func (l *listener) takeWaiting() *os.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	file := l.waiting
	l.waiting = nil
	return file
}

// putWaiting keeps a connection for the next call of Accept, unless the listener is closed.
func (l *listener) putWaiting(file *os.File) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.waiting = file
	}
	return !l.closed
}

// accept waits for a connection.
func (l *listener) accept() (fd int, from syscall.Sockaddr, err error) {
	for {
		closed := l.waiter.Read(func(own uintptr) bool {
			fd, from, err = syscall.Accept4(int(own), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC) // that of unix asks which protocol it is
			return !errors.Is(err, unix.EAGAIN)
		})
		switch {
		case closed != nil:
			return -1, nil, net.ErrClosed
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		default:
			return fd, from, os.NewSyscallError("accept4", err)
		}
	}
}

// connOf returns a connection of package net for a descriptor, which is its own then.
func connOf(fd int) (*net.TCPConn, error) {
	file := os.NewFile(uintptr(fd), "tcp")
	defer func() { _ = file.Close() }()
	conn, err := net.FileConn(file) // by a descriptor of its own
	if err != nil {
		return nil, err
	}
	tcp, _ := conn.(*net.TCPConn)
	return tcp, nil
}

// serve has the handler answer an upgrade request.
func (l *listener) serve(fd int, r *http.Request) {
	makeRoom()
	ctx, cancel := context.WithCancel(context.WithValue(l.context, http.LocalAddrContextKey, l.localAddr(fd)))
	defer cancel()
	w := newUpgradeWriter(fd, l.server, cancel)
	returned := false
	defer func() { w.end(returned, recover()) }() // also when the handler ends its goroutine
	l.handler().ServeHTTP(w, r.WithContext(ctx))
	returned = true
}

func (l *listener) handler() http.Handler {
	if l.server.Handler != nil {
		return l.server.Handler
	}
	return http.DefaultServeMux
}

// localAddr returns the address that a client has connected to.
func (l *listener) localAddr(fd int) net.Addr {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		return tcp
	}
	own, _ := syscall.Getsockname(fd)
	return tcpAddr(own)
}

// makeRoom has the stack of a new goroutine grow at once to what a request takes. Otherwise
// it grows step by step, and is copied each time.
//
//go:noinline
func makeRoom() {
	var room [12 << 10]byte
	runtime.KeepAlive(&room)
}
