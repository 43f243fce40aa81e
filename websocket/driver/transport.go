package driver

import (
	"crypto/tls"
	"net"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/netlayer"
	"github.com/lingerws/linger/websocket/internal/readiness"
)

// transport is what a connection needs of TCP, TLS or anything like them: read,
// write, half-close, close.
type transport interface {
	// addrs returns the addresses of both ends; it is not asked for them once it is
	// closed.
	addrs() (local, remote net.Addr)

	// read waits for input, without holding a buffer where that can be helped, and calls
	// receive once, with the bytes and the scratch they lie in, which it gives away. receive
	// reports whether more is to be expected at once. io.EOF is the end of the peer's
	// direction.
	read(receive func(*scratch, []byte) bool) error

	// tryWrite writes what can be written without waiting, which may be nothing.
	tryWrite(p []byte) (int, error)

	// write waits until the transport takes some of p, or fails.
	write(p []byte) (int, error)

	// held returns how many bytes were written and have not reached the peer, 0 if
	// that is not known.
	held() int

	// closeWrite ends our direction and does not wait.
	closeWrite()

	// reset makes close destroy what is unsent instead of keeping it in the kernel
	// for a peer that does not read.
	reset()

	close()
}

// alwaysBlocking is for tests: all of them run with both drivers.
var alwaysBlocking = &readiness.AlwaysBlocking

// newTransport returns the best that can be had of nc; blocking says that it should be
// waited for.
func newTransport(nc net.Conn, blocking bool) transport {
	switch own := nc.(type) {
	case transport:
		return own
	case readiness.Conn:
		return &told{streamTransport{nc: own.Reporter}, own.Reporter}
	}
	if !blocking && !alwaysBlocking.Load() {
		if t, ok := newNotifier(nc); ok {
			return t
		}
	}
	if raw, ok := newRawTransport(nc); ok {
		return raw
	}
	return &streamTransport{nc: nc}
}

// streamTransport is any net.Conn, TLS among them.
type streamTransport struct {
	nc     net.Conn
	hot    bool // more is likely to be there
	within bool // what has been read so far ends within a frame
	wait   [waitSize]byte
	said   chan struct{} // closed when close_notify and FIN are sent; nil if none are due
}

// waitSize is the smallest frame of a client: header and key (RFC 6455, section
// 5.2). Waiting with so little costs a second read for each batch and saves a
// whole buffer for each idle connection.
const waitSize = 6

func (t *streamTransport) addrs() (local, remote net.Addr) {
	return t.nc.LocalAddr(), t.nc.RemoteAddr()
}

func (t *streamTransport) read(receive func(*scratch, []byte) bool) error {
	if t.hot {
		return t.readHot(receive, nil)
	}
	n, err := t.nc.Read(t.wait[:])
	if err == nil && !t.within && n == len(t.wait) && beginsFrame(t.wait[:]) {
		return t.readHot(receive, t.wait[:])
	}
	if n > 0 {
		s := newScratch()
		t.within = receive(s, s.buf[:copy(s.buf[:], t.wait[:n])])
		t.hot = t.within && n == len(t.wait)
	}
	return err
}

// beginsFrame reports whether b begins with a frame that does not end in it. The rest
// has been promised by its header, so the start need not be handed on without it.
func beginsFrame(b []byte) bool {
	h, size, violation := protocol.ParseHeader(b)
	return violation == nil && (size == 0 || int64(len(b)-size) < h.Length)
}

// readHot reads into a buffer that begins with start, which has been read already.
func (t *streamTransport) readHot(receive func(*scratch, []byte) bool, start []byte) error {
	s := newScratch()
	n := copy(s.buf[:], start)
	more, err := t.nc.Read(s.buf[n:])
	n += more
	t.hot = n == readBufferSize
	if n > 0 {
		t.within = receive(s, s.buf[:n])
	} else {
		scratches.Put(s)
	}
	return err
}

func (t *streamTransport) tryWrite([]byte) (int, error) { return 0, nil }

func (t *streamTransport) write(p []byte) (int, error) { return t.nc.Write(p) }

func (t *streamTransport) held() int { return heldByKernel(netlayer.BelowTLS(t.nc)) }

// closeWrite sends close_notify and then the TCP FIN, which tls.Conn.CloseWrite
// alone does not send (RFC 8446, section 6.1; RFC 6455, section 7.1.1). Errors
// do not matter: the reader will meet them.
func (t *streamTransport) closeWrite() {
	if _, ok := t.nc.(*tls.Conn); !ok {
		netlayer.CloseWrite(t.nc)
		return
	}
	said := make(chan struct{})
	t.said = said
	go func() { // the alert may have to wait for the peer; crypto/tls bounds it to 5 s
		defer close(said)
		netlayer.EndWriting(t.nc)
	}()
}

func (t *streamTransport) reset() {
	t.said = nil // nothing is waited for
	setLinger(netlayer.BelowTLS(t.nc))
}

// close closes what is below TLS, behind the close_notify that is under way.
func (t *streamTransport) close() {
	nc, said := netlayer.BelowTLS(t.nc), t.said
	if said == nil {
		_ = nc.Close()
		return
	}
	go func() {
		<-said
		_ = nc.Close()
	}()
}

// setLinger makes the close of a TCP connection a reset.
func setLinger(nc net.Conn) {
	if tcp, ok := nc.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0)
	}
}
