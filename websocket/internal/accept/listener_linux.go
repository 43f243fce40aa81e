package accept

import (
	"cmp"
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/proxyheader"
	"github.com/lingerws/linger/websocket/internal/sockaddr"
)

// listener accepts connections for net/http. It keeps those that begin with an upgrade request from net/http as long as a
// handler may accept them: it peeks at what has arrived, so that net/http can still read the request.
type listener struct {
	*net.TCPListener
	proxies  *proxyheader.Listener // nil unless some connections begin with a header of their proxy
	pausable *Pausable             // nil unless the listener can be paused
	file     *os.File              // a second descriptor of the listener, by which it accepts
	waiter   syscall.RawConn
	promoter *promoter
	context  context.Context // of all requests; set before the first Accept
	acceptor acceptor

	mu     sync.Mutex
	closed bool
	queue  []arrival // for the next calls of Accept
	awoken bool      // a read deadline of file interrupts Accept
}

// NewListener returns a listener for server.Serve that starts the handlers of upgrade requests itself, and wraps the server so
// that it serves those that are promoted. It returns given if that is not on TCP, or if the server has to be left to net/http.
func NewListener(server *http.Server, given net.Listener) net.Listener {
	proxies, behindProxies := given.(*proxyheader.Listener)
	transport := given
	if behindProxies {
		transport = proxies.Listener
	}
	pausable, canPause := transport.(*Pausable)
	if canPause {
		transport = pausable.Listener
	}
	tcp, ok := transport.(*net.TCPListener)
	if !ok {
		return given
	}
	promoter := promoterOf(server)
	if promoter == nil {
		return given
	}
	l := &listener{TCPListener: tcp, proxies: proxies, pausable: pausable, promoter: promoter}
	if err := l.open(); err != nil {
		return given
	}
	l.acceptor.bind(pausable)
	if canPause {
		pausable.replace(l.wake)
	}
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
	// A connection is accepted when there is something to read.
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1}, // second
	// What package net gives each of its connections.
	{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
	{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 15},
	{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
	{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 9},
}

// Close implements [net.Listener]. It closes what is queued: a server that is being shut down does not read requests.
func (l *listener) Close() error {
	l.mu.Lock()
	l.closed = true
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, a := range queue {
		a.fail(http.ErrServerClosed)
	}
	return errors.Join(l.TCPListener.Close(), l.file.Close())
}

// Accept returns the next connection for net/http, and starts the handlers of upgrade requests itself. When descriptors have
// run out the error is temporary: net/http logs it, and calls Accept again a little later; the connection stays queued.
func (l *listener) Accept() (net.Conn, error) {
	for {
		a, ok := l.dequeue()
		if !ok {
			fd, from, err := l.accept()
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded): // enqueue has set it
				continue
			case err != nil:
				return nil, l.acceptError(err)
			}
			if a, ok = l.begin(fd, from); !ok {
				continue
			}
		}
		conn, err := a.open()
		switch {
		case isExhausted(err):
			l.requeue(a)
			return nil, l.acceptError(err)
		case err != nil: // the connection has ended already
			a.fail(err)
			continue
		}
		_ = a.file.Close()
		conn = l.withAddresses(conn, a)
		if a.promotion != nil {
			l.promoter.add(conn, a.promotion)
		}
		return conn, nil
	}
}

// begin starts the handler of a new connection that begins with an upgrade request. It returns any other one, for net/http, unless its
// header is wrong.
func (l *listener) begin(fd int, from netip.AddrPort) (a arrival, ok bool) {
	a.headed = l.proxies != nil && l.proxies.From(net.TCPAddrFromAddrPort(from))
	if a.headed {
		var err error
		if a.header, err = readProxyHeader(fd); err != nil {
			l.proxies.Refused(net.TCPAddrFromAddrPort(from), err)
			_ = unix.Close(fd)
			l.pausable.add(-1)
			return arrival{}, false
		}
	}
	if !a.headed || a.header != nil {
		if r, size, ok := peekUpgrade(fd); ok {
			r.RemoteAddr = a.remoteAddr(from).String()
			go l.newUpgradeWriter(fd, size, &r, a.header).serve()
			return arrival{}, false
		}
	}
	a.file = os.NewFile(uintptr(fd), "tcp") //nolint:gosec // a descriptor is not negative
	l.pausable.add(-1)                      // http.Server.Shutdown waits until Accept has returned, and for what it has returned
	return a, true
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

// dequeue returns the connection that has been queued first, if there is one.
func (l *listener) dequeue() (a arrival, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.queue) > 0:
		a, ok = l.queue[0], true
		l.queue = slices.Delete(l.queue, 0, 1)
	case l.awoken:
		l.awoken = false
		_ = l.file.SetReadDeadline(time.Time{})
	}
	return a, ok
}

// enqueue queues a connection, and has Accept return it. After Close the connection is closed.
func (l *listener) enqueue(a arrival) {
	l.mu.Lock()
	closed := l.closed
	if !closed {
		l.queue = append(l.queue, a)
		l.interrupt()
	}
	l.mu.Unlock()
	if closed {
		a.fail(http.ErrServerClosed)
	}
}

// wake has Accept look for connections again.
func (l *listener) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.interrupt()
	}
}

// interrupt ends the wait of Accept for a connection. mu is held.
func (l *listener) interrupt() {
	l.awoken = true
	_ = l.file.SetReadDeadline(time.Unix(1, 0)) // in the past
}

// requeue puts the connection that dequeue has returned back.
func (l *listener) requeue(a arrival) {
	l.mu.Lock()
	closed := l.closed
	if !closed {
		l.queue = slices.Insert(l.queue, 0, a)
	}
	l.mu.Unlock()
	if closed {
		a.fail(http.ErrServerClosed)
	}
}

// accept blocks until there is a connection. It returns [os.ErrDeadlineExceeded] when one has been queued.
func (l *listener) accept() (fd int, from netip.AddrPort, err error) {
	for {
		err := l.waiter.Read(l.acceptor.tryFunc)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return -1, netip.AddrPort{}, os.ErrDeadlineExceeded
		case err != nil:
			return -1, netip.AddrPort{}, net.ErrClosed
		case errors.Is(l.acceptor.err, unix.EINTR), errors.Is(l.acceptor.err, unix.ECONNABORTED):
		default:
			return l.acceptor.fd, l.acceptor.from, os.NewSyscallError("accept4", l.acceptor.err)
		}
	}
}

// acceptor has the results of an attempt to accept a connection. Only the goroutine of Accept uses it.
type acceptor struct {
	pausable *Pausable
	address  acceptedAddress
	fd       int
	from     netip.AddrPort
	err      error

	tryFunc  func(listener uintptr) (done bool) // try, bound once so that accepting allocates nothing
	nextFunc func()                             // next, likewise
	listener int
}

func (a *acceptor) bind(p *Pausable) {
	a.pausable, a.tryFunc, a.nextFunc = p, a.try, a.next
}

// try accepts a connection. It reports false if there is none, or the listener is paused.
func (a *acceptor) try(listener uintptr) (done bool) {
	a.listener = int(listener) //nolint:gosec // descriptors are small numbers
	return a.pausable.unlessPaused(a.nextFunc) && !errors.Is(a.err, unix.EAGAIN)
}

func (a *acceptor) next() {
	if a.fd, a.from, a.err = acceptConn(a.listener, &a.address); a.err == nil {
		a.pausable.add(1) // before Pause returns; begin and handlerEnded end it
	}
}

func (l *listener) logf(format string, args ...any) {
	cmp.Or(l.promoter.server.ErrorLog, log.Default()).Printf(format, args...)
}

// localAddr returns the address that a client has connected to.
func (l *listener) localAddr(fd int, header *proxyheader.Header) net.Addr {
	if header != nil && header.Destination.IsValid() {
		return net.TCPAddrFromAddrPort(header.Destination)
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsUnspecified() {
		return tcp
	}
	own, _ := syscall.Getsockname(fd)
	return sockaddr.TCP(own)
}
