package memconn

import "syscall"

// The face for those who do not wait: they are told of changes.

// Watch calls changed after each change of the connection, at either end, until this
// end is closed; several changes may be one call.
func (c *Conn) Watch(changed func()) {
	go func() {
		seen := uint64(0)
		for c.awaitChange(&seen) {
			changed()
		}
	}()
}

// awaitChange tells whether there was a change since the last look; there is none once
// the end is closed.
func (c *Conn) awaitChange(seen *uint64) bool {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	for *seen == c.link.changes && !c.closed {
		c.link.changed.Wait()
	}
	*seen = c.link.changes
	return !c.closed
}

// TryRead is Read, but answers EAGAIN where that would wait.
func (c *Conn) TryRead(p []byte) (int, error) {
	c.link.mu.Lock()
	waits := len(c.unread) == 0 && !c.finRead && c.unable(&c.readEnd) == nil
	c.link.mu.Unlock()
	if waits {
		return 0, syscall.EAGAIN
	}
	return c.Read(p)
}

// TryWrite is Write of as much as the peer has room for. It answers EAGAIN where that is
// nothing.
func (c *Conn) TryWrite(p []byte) (int, error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.writes++
	if err := c.unableToWrite(); err != nil {
		return 0, c.failed("write", err)
	}
	if c.peer.closed {
		c.receiveRST()
		return len(p), nil
	}
	n := c.hand(p)
	if n == 0 && len(p) > 0 {
		return 0, syscall.EAGAIN
	}
	return n, nil
}
