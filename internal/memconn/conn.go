package memconn

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// defaultCapacity is the number of bytes that a connection buffers before writes of its peer block.
const defaultCapacity = 64 << 10

// Conn is one end of a connection in memory. It is safe for concurrent use, as [net.Conn] requires.
type Conn struct {
	link          *link
	peer          *Conn
	local, remote net.Addr

	// The fields below are guarded by link.mu.

	unread    []byte // data that is received or in transit; the two are not distinguished
	capacity  int    // the maximum length of unread
	readSize  int    // the maximum number of bytes per Read; 0 means no limit
	pieceSize int    // the maximum number of bytes that a Write sends before the peer has read them; 0 means no limit
	writing   bool   // a Write is in progress; others wait, so that their bytes are not interleaved
	abortive  bool   // Close sends an RST

	closed        bool     // this end was closed
	finSent       bool     // this end has sent a FIN
	finRead       bool     // a FIN has been received, possibly after unread data
	rstRead       bool     // an RST has been received
	readDeadline  deadline // the deadline of Read
	writeDeadline deadline // the deadline of Write

	reads, writes int // the number of calls of Read and Write
}

// link is the lock and the condition variable that the two ends share.
type link struct {
	mu      sync.Mutex
	changed sync.Cond // signalled after each change at either end
	changes uint64    // the number of changes
}

// notify wakes all goroutines that wait for a change. The caller holds mu.
func (l *link) notify() {
	l.changes++
	l.changed.Broadcast()
}

// Pipe returns the two ends of a new connection.
func Pipe() (a, b *Conn) {
	return pipe(address(1), address(2))
}

func pipe(addrA, addrB net.Addr) (a, b *Conn) {
	l := &link{}
	l.changed.L = &l.mu
	a = &Conn{link: l, local: addrA, remote: addrB, capacity: defaultCapacity}
	b = &Conn{link: l, local: addrB, remote: addrA, capacity: defaultCapacity, peer: a}
	a.peer = b
	return a, b
}

// address returns a TCP address, because some programs expect one.
func address(port int) net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
}

// LocalAddr returns a fictitious TCP address on 127.0.0.1.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the peer's LocalAddr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// Read blocks until there is data to read, the peer's FIN ([io.EOF]) or RST (ECONNRESET) arrives, the deadline expires
// or the connection is closed.
func (c *Conn) Read(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.reads++
	for {
		switch err := c.stateError(&c.readDeadline); {
		case err != nil:
			return 0, c.opError("read", err)
		case len(p) == 0:
			return 0, nil
		case len(c.unread) > 0:
			return c.readBuffered(p), nil
		case c.finRead:
			return 0, io.EOF
		}
		c.link.changed.Wait()
	}
}

// readBuffered moves unread data to p.
func (c *Conn) readBuffered(p []byte) int {
	if c.readSize > 0 && len(p) > c.readSize {
		p = p[:c.readSize]
	}
	n := copy(p, c.unread)
	c.unread = c.unread[n:]
	c.link.notify()
	return n
}

// Write sends p to the peer, and blocks while the peer's buffer is full. It returns EPIPE after CloseWrite and
// ECONNRESET after an RST. As in TCP, the first Write to a closed peer succeeds and causes an RST.
func (c *Conn) Write(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.writes++
	if err := c.beginWrite(); err != nil {
		return 0, c.opError("write", err)
	}
	defer c.endWrite()
	for written := 0; ; {
		if err := c.writeError(); err != nil {
			return written, c.opError("write", err)
		}
		if c.peer.closed {
			c.receiveRST()
			return len(p), nil
		}
		written += c.send(p[written:])
		if written == len(p) {
			return written, nil
		}
		c.link.changed.Wait()
	}
}

// send sends as much of p as the peer has room for and returns its length.
func (c *Conn) send(p []byte) int {
	n := min(len(p), max(0, c.peer.capacity-len(c.peer.unread)))
	if c.pieceSize > 0 {
		n = min(n, max(0, c.pieceSize-len(c.peer.unread)))
	}
	if n > 0 {
		c.peer.unread = append(c.peer.unread, p[:n]...)
		c.link.notify()
	}
	return n
}

// beginWrite waits until no other Write is in progress.
func (c *Conn) beginWrite() error {
	for c.writing {
		if err := c.writeError(); err != nil {
			return err
		}
		c.link.changed.Wait()
	}
	c.writing = true
	return nil
}

func (c *Conn) endWrite() {
	c.writing = false
	c.link.notify()
}

// stateError returns an error if the connection is closed or reset, or if the deadline has expired.
func (c *Conn) stateError(d *deadline) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.rstRead:
		return syscall.ECONNRESET
	}
	return d.exceeded()
}

// writeError returns an error if nothing can be written.
func (c *Conn) writeError() error {
	if err := c.stateError(&c.writeDeadline); err != nil {
		return err
	}
	if c.finSent {
		return syscall.EPIPE
	}
	return nil
}

// opError wraps an error like the connections of package net.
func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
