package memconn

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// defaultCapacity is how many unread bytes a connection holds before its peer's writes wait.
const defaultCapacity = 64 << 10

// Conn is one end of a connection in memory. It is safe for any number of goroutines, as a [net.Conn] must be.
type Conn struct {
	link          *link
	peer          *Conn
	local, remote net.Addr

	// Guarded by link.mu.
	unread    []byte // arrived, or on its way: a reset makes no difference between them
	capacity  int    // most bytes in unread
	readSize  int    // most bytes of one Read; 0: as many as fit
	pieceSize int    // most bytes a Write hands over before the peer has read them; 0: as many as fit
	writing   bool   // one Write is under way; the others wait, so that their bytes do not mix
	abortive  bool   // Close resets

	closed   bool // by us
	finSent  bool
	finRead  bool // FIN has arrived, perhaps behind unread bytes
	rstRead  bool // RST has arrived
	readEnd  deadline
	writeEnd deadline

	reads, writes int
}

// link is what the two ends share: one lock and one condition for everything that may change at either of them.
type link struct {
	mu      sync.Mutex
	changed sync.Cond
	changes uint64 // how many there were
}

// change wakes all who wait for one. mu is held.
func (l *link) change() {
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

// address looks like the address of a TCP connection, because programs take those apart.
func address(port int) net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
}

// LocalAddr returns a made-up TCP address on 127.0.0.1.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the peer's LocalAddr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// Read waits for bytes, the peer's FIN ([io.EOF]), its RST (ECONNRESET), the deadline or Close.
func (c *Conn) Read(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.reads++
	for {
		switch err := c.unable(&c.readEnd); {
		case err != nil:
			return 0, c.failed("read", err)
		case len(p) == 0:
			return 0, nil
		case len(c.unread) > 0:
			return c.take(p), nil
		case c.finRead:
			return 0, io.EOF
		}
		c.link.changed.Wait()
	}
}

// take moves unread bytes to p, which makes room for the peer.
func (c *Conn) take(p []byte) int {
	if c.readSize > 0 && len(p) > c.readSize {
		p = p[:c.readSize]
	}
	n := copy(p, c.unread)
	c.unread = c.unread[n:]
	c.link.change()
	return n
}

// Write hands p to the peer, and waits while the peer's buffer is full. It answers EPIPE after CloseWrite and
// ECONNRESET after an RST. The first Write to a peer that is closed succeeds and is answered with an RST, as in TCP.
func (c *Conn) Write(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.writes++
	if err := c.takeTurn(); err != nil {
		return 0, c.failed("write", err)
	}
	defer c.endTurn()
	for written := 0; ; {
		if err := c.unableToWrite(); err != nil {
			return written, c.failed("write", err)
		}
		if c.peer.closed {
			c.receiveRST()
			return len(p), nil
		}
		written += c.hand(p[written:])
		if written == len(p) {
			return written, nil
		}
		c.link.changed.Wait()
	}
}

// hand gives the peer as much of p as it has room for.
func (c *Conn) hand(p []byte) int {
	n := min(len(p), max(0, c.peer.capacity-len(c.peer.unread)))
	if c.pieceSize > 0 {
		n = min(n, max(0, c.pieceSize-len(c.peer.unread)))
	}
	if n > 0 {
		c.peer.unread = append(c.peer.unread, p[:n]...)
		c.link.change()
	}
	return n
}

func (c *Conn) takeTurn() error {
	for c.writing {
		if err := c.unableToWrite(); err != nil {
			return err
		}
		c.link.changed.Wait()
	}
	c.writing = true
	return nil
}

func (c *Conn) endTurn() {
	c.writing = false
	c.link.change()
}

// unable returns why nothing can pass in the direction the deadline is for.
func (c *Conn) unable(d *deadline) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case c.rstRead:
		return syscall.ECONNRESET
	}
	return d.exceeded()
}

func (c *Conn) unableToWrite() error {
	if err := c.unable(&c.writeEnd); err != nil {
		return err
	}
	if c.finSent {
		return syscall.EPIPE
	}
	return nil
}

// failed wraps an error as the connections of package net do.
func (c *Conn) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
