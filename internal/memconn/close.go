package memconn

import (
	"net"
	"syscall"
	"time"
)

// Close closes both directions. It sends a FIN after the written data, or an RST if received data has not been read, as
// RFC 2525, section 2.17, requires and Linux does. Such a reset can destroy data in transit.
func (c *Conn) Close() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	if c.abortive || len(c.unread) > 0 {
		c.peer.receiveRST()
	} else {
		c.sendFIN()
	}
	c.release()
	return nil
}

// CloseWrite closes the connection for writing: it sends a FIN after the written data.
func (c *Conn) CloseWrite() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	switch {
	case c.closed:
		return c.opError("close", net.ErrClosed)
	case c.rstRead:
		return c.opError("close", syscall.ENOTCONN)
	}
	c.sendFIN()
	return nil
}

// Reset closes both directions with an RST. Data that either end has not read is destroyed.
func (c *Conn) Reset() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if !c.closed {
		c.peer.receiveRST()
		c.release()
	}
}

// SetLinger configures Close, as for a TCP connection: with 0 seconds it sends an RST, with any other number it behaves
// as documented.
func (c *Conn) SetLinger(seconds int) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.abortive = seconds == 0
	return nil
}

func (c *Conn) sendFIN() {
	c.finSent = true
	if !c.rstRead { // a connection that was reset sends nothing
		c.peer.finRead = true
	}
	c.link.notify()
}

// receiveRST handles an RST of the peer.
func (c *Conn) receiveRST() {
	if c.closed || c.rstRead {
		return
	}
	c.rstRead = true
	c.unread = nil
	c.link.notify()
}

// release marks the end as closed and releases its buffer and timers.
func (c *Conn) release() {
	c.closed = true
	c.unread = nil
	c.readDeadline.set(time.Time{}, c.link)
	c.writeDeadline.set(time.Time{}, c.link)
}
