package memconn

import "syscall"

// This file has the non-blocking methods, for callers that are notified of changes.

// Watch calls changed after each change of the connection, at either end, until this
// end is closed. Several changes may cause one call.
func (c *Conn) Watch(changed func()) {
	go func() {
		seen := uint64(0)
		for c.awaitChange(&seen) {
			changed()
		}
	}()
}

// awaitChange blocks until there is a change after the seen ones, and updates seen. It
// returns false once the end is closed.
func (c *Conn) awaitChange(seen *uint64) bool {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	for *seen == c.link.changes && !c.closed {
		c.link.changed.Wait()
	}
	*seen = c.link.changes
	return !c.closed
}

// TryRead is like Read, but returns EAGAIN instead of blocking.
func (c *Conn) TryRead(p []byte) (int, error) {
	c.link.mu.Lock()
	wouldBlock := len(c.unread) == 0 && !c.finRead && c.stateError(&c.readDeadline) == nil
	c.link.mu.Unlock()
	if wouldBlock {
		return 0, syscall.EAGAIN
	}
	return c.Read(p)
}

// TryWrite writes as much as the peer has room for. It returns EAGAIN if there is no
// room.
func (c *Conn) TryWrite(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.writes++
	if err := c.writeError(); err != nil {
		return 0, c.opError("write", err)
	}
	if c.peer.closed {
		c.receiveRST()
		return len(p), nil
	}
	n := c.send(p)
	if n == 0 && len(p) > 0 {
		return 0, syscall.EAGAIN
	}
	return n, nil
}
