package driver

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/netlayer"
	"github.com/lingerws/linger/websocket/internal/proxyheader"
	"github.com/lingerws/linger/websocket/internal/readiness"
)

// transport is what a driver needs of TCP, TLS or the like, apart from reading and writing.
// Each implementation is also a [blockingTransport] or a [notifyingTransport].
type transport interface {
	// addrs returns the addresses of both ends. It must not be called after close.
	addrs() (local, remote net.Addr)

	// held returns the number of bytes that have been written and have not reached the
	// peer, or 0 if it is not available.
	held() int

	// closeWrite closes the transport for writing. It does not block.
	closeWrite()

	// reset makes close discard what has not been sent. Otherwise the kernel keeps it for
	// a peer that may never read it.
	reset()

	close()
}

// blockingTransport is a transport with a goroutine that reads, and blocks until there is
// input.
type blockingTransport interface {
	transport

	// read blocks until there is input, if possible without holding a buffer. It calls receive
	// once, with the input and the scratch that contains it, which belongs to receive from then
	// on. The result of receive reports whether more input is likely to follow at once. The
	// error is io.EOF at the end of the peer's direction.
	read(receive func(s *scratch, input []byte) (more bool)) error

	// write blocks until the transport has taken at least one byte of p, and returns how
	// many it has taken.
	write(p []byte) (int, error)
}

// nonBlockingWriter is a transport that can also write without blocking. Each
// [notifyingTransport] is one.
type nonBlockingWriter interface {
	// tryWrite writes what the transport takes without blocking, which may be nothing.
	tryWrite(p []byte) (int, error)
}

// newTransport returns a transport for nc, which it owns from now on: one that the event
// loops of opts.LoopGroup read, if that is possible.
func newTransport(nc net.Conn, opts *Options) transport {
	if c, ok := nc.(*proxyheader.Conn); ok { // its header has been read
		nc = c.NetConn()
	}
	if c, ok := nc.(readiness.Conn); ok {
		return newReporterTransport(c.Reporter)
	}
	if !opts.blocking() {
		if t, ok := newEpollTransport(nc, opts); ok {
			return t
		}
	}
	if t, ok := newSocketTransport(nc); ok {
		return t
	}
	return &streamTransport{netTransport: netTransport{nc: nc}}
}

// netTransport is the part of a [transport] that all transports with a net.Conn share.
type netTransport struct {
	nc       net.Conn
	notified chan struct{} // closed when close_notify and FIN have been sent; nil if they are not being sent
}

func (t *netTransport) addrs() (local, remote net.Addr) {
	return t.nc.LocalAddr(), t.nc.RemoteAddr()
}

func (t *netTransport) held() int { return heldByKernel(netlayer.BelowTLS(t.nc)) }

// closeWrite sends close_notify and then the TCP FIN, which tls.Conn.CloseWrite alone does
// not send (RFC 8446, section 6.1; RFC 6455, section 7.1.1). Errors are ignored, because
// reading fails with them too.
func (t *netTransport) closeWrite() {
	if _, ok := t.nc.(*tls.Conn); !ok {
		netlayer.CloseWrite(t.nc)
		return
	}
	notified := make(chan struct{})
	t.notified = notified
	go func() { // writing the alert may block until the peer reads; crypto/tls limits that to 5 s
		defer close(notified)
		netlayer.EndWriting(t.nc)
	}()
}

func (t *netTransport) reset() {
	t.notified = nil // close need not wait for it
	setLinger(netlayer.BelowTLS(t.nc))
}

// close closes what carries TLS, after the close_notify that is being sent: closing a
// tls.Conn may block until the peer reads.
func (t *netTransport) close() {
	nc, notified := netlayer.BelowTLS(t.nc), t.notified
	if notified == nil {
		_ = nc.Close()
		return
	}
	go func() {
		<-notified
		_ = nc.Close()
	}()
}

// streamTransport is a [blockingTransport] of any net.Conn, TLS among them.
type streamTransport struct {
	netTransport
	hot      bool           // the next read is likely to find input
	midFrame bool           // the input so far ends within a frame
	wait     [waitSize]byte // buffer for reads that may have to wait
}

// waitSize is the size of the smallest frame of a client: header and key (RFC 6455, section
// 5.2). Waiting with so small a buffer costs a second read for each batch, and saves a whole
// buffer for each idle connection.
const waitSize = 6

func (t *streamTransport) read(receive func(*scratch, []byte) (more bool)) error {
	if t.hot {
		return t.readHot(receive, nil)
	}
	n, err := t.nc.Read(t.wait[:])
	if err == nil && !t.midFrame && n == len(t.wait) && beginsFrame(t.wait[:]) {
		return t.readHot(receive, t.wait[:])
	}
	if n > 0 {
		s := newScratch()
		t.midFrame = receive(s, s.buf[:copy(s.buf[:], t.wait[:n])])
		t.hot = t.midFrame && n == len(t.wait)
	}
	return err
}

// beginsFrame reports whether b begins with a frame that does not end in it. Its header
// announces the rest, so the reader can wait for it before it delivers anything.
func beginsFrame(b []byte) bool {
	h, size, violation := protocol.ParseHeader(b)
	return violation == nil && (size == 0 || int64(len(b)-size) < h.Length)
}

// readHot reads into a buffer that begins with start, which has been read already.
func (t *streamTransport) readHot(receive func(*scratch, []byte) (more bool), start []byte) error {
	s := newScratch()
	n := copy(s.buf[:], start)
	more, err := t.nc.Read(s.buf[n:])
	n += more
	t.hot = n == readBufferSize
	if n > 0 {
		t.midFrame = receive(s, s.buf[:n])
	} else {
		scratches.Put(s)
	}
	return err
}

func (t *streamTransport) write(p []byte) (int, error) { return t.nc.Write(p) }

// setLinger makes closing a TCP connection send an RST.
func setLinger(nc net.Conn) {
	if tcp, ok := nc.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0)
	}
}

// reporterTransport is a [notifyingTransport] of a connection that reports its readiness
// itself. Each report is handled on a new goroutine.
type reporterTransport struct {
	netTransport
	reporter readiness.Reporter
	handler  readinessHandler
}

func newReporterTransport(r readiness.Reporter) *reporterTransport {
	return &reporterTransport{netTransport: netTransport{nc: r}, reporter: r}
}

func (t *reporterTransport) setHandler(h readinessHandler) { t.handler = h }

func (t *reporterTransport) start() error { //nolint:unparam // other transports can fail to start
	t.reporter.Watch(func() { go t.handle() })
	go t.handle()
	return nil
}

func (t *reporterTransport) handle() {
	s := newScratch()
	defer scratches.Put(s)
	for t.handler.handleReadiness(s, false) {
	}
}

// awaitRoom does nothing: a connection in memory reports everything.
func (t *reporterTransport) awaitRoom() {}

// setTimer returns false: there is no timer.
func (t *reporterTransport) setTimer(_, _ time.Duration) bool { return false }

func (t *reporterTransport) stopTimer() (left time.Duration) { return -1 }

func (t *reporterTransport) tryRead(p []byte) (int, error) {
	n, err := t.reporter.TryRead(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, errWouldBlock
	}
	return n, err
}

func (t *reporterTransport) tryWrite(p []byte) (int, error) {
	n, err := t.reporter.TryWrite(p)
	if errors.Is(err, syscall.EAGAIN) {
		return 0, nil
	}
	return n, err
}

func (t *reporterTransport) tryWriteLast(p []byte) (int, error) { return t.tryWrite(p) }

// notifyingTransport is a transport that reports when it can be read or written.
// Reports are edge-triggered: a handler that leaves input unread must be called again by
// other means. A report may be a spurious wake-up.
type notifyingTransport interface {
	transport
	nonBlockingWriter

	// setHandler sets what is called. It is called once, before start and setTimer.
	setHandler(h readinessHandler)

	// start starts the reports: at first of whatever input there is, and then of each change.
	// They may begin, on another goroutine, before start returns.
	start() error

	// awaitRoom makes the reports include room for output, since a write has found too little: at once if there is some, and
	// then whenever there is again. A call before start has no effect.
	awaitRoom()

	// setTimer makes checkPeer be called once, after about wait, unless stopTimer or
	// setTimer is called before. It reports whether it does so: the timers of a transport
	// may be too coarse for the interval of which wait is the rest, or missing. stopTimer returns
	// the rest of the wait; a negative value means that there was none.
	setTimer(wait, interval time.Duration) bool
	stopTimer() (left time.Duration)

	// tryRead reads what has arrived, without blocking. The error is errWouldBlock if
	// nothing has, and io.EOF at the end of the peer's direction.
	tryRead(p []byte) (int, error)

	// tryWriteLast is tryWrite of output which closeWrite follows at once, if all of it is
	// written: the end may then leave in the same segment.
	tryWriteLast(p []byte) (int, error)
}

// readinessHandler is what a [notifyingTransport] calls: the driver of its connection.
type readinessHandler interface {
	// handleReadiness writes what waits, and reads into s. It reports whether there may be
	// more to read, in which case it must be called again. terminal means that no further
	// report will follow: the peer has ended its direction, or the transport is broken.
	handleReadiness(s *scratch, terminal bool) (more bool)

	// cutBatch makes what has been sent during a call of handleReadiness leave before that
	// returns. It is called if the call takes long and s.monitored has returned true.
	cutBatch()

	// checkPeer is called when the time of setTimer is over.
	checkPeer()

	// lockHeld and unlockHeld write what handleReadiness has held back until the end of a turn, if it has set s.held:
	// lockHeld returns the output, and unlockHeld is called when the transport has taken n bytes of it. In
	// between the connection is locked. If there is no output, or the lock is not free, lockHeld returns nil, and flushHeld is
	// called instead, which writes what there is.
	lockHeld() (out []byte)
	unlockHeld(out []byte, n int, err error)
	flushHeld()
}

// errWouldBlock is the error of a read without input.
var errWouldBlock = errors.New("nothing has arrived")
