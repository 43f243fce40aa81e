package memconn

import (
	"net"
	"syscall"
	"time"
)

// Close ends both directions: with a FIN behind what was written, or with an RST if anything that came has not been
// read. RFC 2525, section 2.17 asks for that reset, and Linux does it; it is what destroys a last message on its way.
func (c *Conn) Close() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.failed("close", net.ErrClosed)
	}
	if c.abortive || len(c.unread) > 0 {
		c.peer.receiveRST()
	} else {
		c.sendFIN()
	}
	c.release()
	return nil
}

// CloseWrite ends our direction with a FIN behind what was written. Reading goes on.
func (c *Conn) CloseWrite() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	switch {
	case c.closed:
		return c.failed("close", net.ErrClosed)
	case c.rstRead:
		return c.failed("close", syscall.ENOTCONN)
	}
	c.sendFIN()
	return nil
}

// Reset ends both directions with an RST. All that either side has not read is destroyed.
func (c *Conn) Reset() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if !c.closed {
		c.peer.receiveRST()
		c.release()
	}
}

// SetLinger chooses what Close does, as for a TCP connection: 0 seconds makes it a reset, any other number leaves it
// as it is.
func (c *Conn) SetLinger(seconds int) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.abortive = seconds == 0
	return nil
}

func (c *Conn) sendFIN() {
	c.finSent = true
	if !c.rstRead { // a connection that was reset sends nothing more
		c.peer.finRead = true
	}
	c.link.change()
}

// receiveRST kills this end, unless nobody is there to notice.
func (c *Conn) receiveRST() {
	if c.closed || c.rstRead {
		return
	}
	c.rstRead = true
	c.unread = nil
	c.link.change()
}

// release gives back what a closed end no longer needs.
func (c *Conn) release() {
	c.closed = true
	c.unread = nil
	c.readEnd.set(time.Time{}, c.link)
	c.writeEnd.set(time.Time{}, c.link)
}
