package proxyheader

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Listener is a listener some of whose connections begin with a header.
type Listener struct {
	net.Listener
	From    func(peer net.Addr) bool           // reports whether connections of a peer begin with a header
	Timeout time.Duration                      // for the header
	Refused func(peer net.Addr, problem error) // is called for each connection that is closed because of its header
}

// Accept implements [net.Listener]. It does not wait for the header: the connection does, when its addresses or input are asked for.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil || !l.From(conn.RemoteAddr()) {
		return conn, err
	}
	return l.NewConn(conn), nil
}

// Conn is a connection that begins with a header. Its addresses are those in the header, if that has any. Before the header has been read
// the methods that need it block. If it is wrong the connection is closed, and at its end.
type Conn struct {
	net.Conn
	listener *Listener
	once     sync.Once // reads the header
	header   Header
	failed   bool
}

// NewConn returns a connection whose header has not been read.
func (l *Listener) NewConn(transport net.Conn) *Conn { return &Conn{Conn: transport, listener: l} }

// NewReadConn returns a connection whose header has been read.
func (l *Listener) NewReadConn(transport net.Conn, h Header) *Conn {
	c := &Conn{Conn: transport, listener: l, header: h}
	c.once.Do(func() {})
	return c
}

// NetConn returns the transport. The header has been read from it.
func (c *Conn) NetConn() net.Conn {
	c.await()
	return c.Conn
}

// RemoteAddr returns the address of the client.
func (c *Conn) RemoteAddr() net.Addr {
	if c.await(); c.header.Source.IsValid() {
		return net.TCPAddrFromAddrPort(c.header.Source)
	}
	return c.Conn.RemoteAddr()
}

// LocalAddr returns the address that the client has connected to. It has the network of the client's address: a client with a TCP
// address is not on a Unix socket, even if its proxy is.
func (c *Conn) LocalAddr() net.Addr {
	if c.await(); c.header.Destination.IsValid() {
		return net.TCPAddrFromAddrPort(c.header.Destination)
	}
	return c.Conn.LocalAddr()
}

// Read implements [io.Reader].
func (c *Conn) Read(p []byte) (int, error) {
	if c.await(); c.failed {
		return 0, io.EOF
	}
	return c.Conn.Read(p)
}

// ReadFrom implements [io.ReaderFrom], by which net/http sends files.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(c.Conn, r) }

// CloseWrite ends our direction of the transport, or closes it if it cannot do that.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// await blocks until the header has been read.
func (c *Conn) await() {
	c.once.Do(func() {
		var err error
		if c.header, err = c.readHeader(); err == nil {
			return
		}
		c.failed = true
		if !errors.Is(err, errUnused) {
			c.listener.Refused(c.Conn.RemoteAddr(), err)
		}
		_ = c.Close()
	})
}

var errUnused = errors.New("the connection ended without any input") // as in a health check

// ErrIncomplete is the error of a connection that ends within the header, and ErrLate that of a header that has not arrived within
// the timeout.
var (
	ErrIncomplete = errors.New("the connection ended within the header of the PROXY protocol")
	ErrLate       = errors.New("the header of the PROXY protocol has not arrived in time")
)

// readHeader reads the header and nothing after it.
func (c *Conn) readHeader() (Header, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.listener.Timeout)); err != nil {
		return Header{}, err
	}
	var buf [MaxSize]byte
	have := 0
	for {
		n, err := c.Conn.Read(buf[have : have+missing(buf[:have])])
		have += n
		h, size, problem := Parse(buf[:have])
		switch {
		case problem != nil:
			return Header{}, problem
		case size > 0:
			return h, c.SetReadDeadline(time.Time{})
		case os.IsTimeout(err):
			return Header{}, ErrLate
		case err != nil && have == 0:
			return Header{}, errUnused
		case err != nil:
			return Header{}, ErrIncomplete
		}
	}
}

// missing returns how many bytes can be read after the beginning b of a header, without those after the header.
func missing(b []byte) int {
	switch {
	case len(b) < minSize:
		return minSize - len(b)
	case !begins(b, signature2):
		return 1
	case len(b) < fixedSize2:
		return fixedSize2 - len(b)
	}
	return fixedSize2 + int(b[14])<<8 + int(b[15]) - len(b)
}
