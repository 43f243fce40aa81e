package memconn

// This file has the methods with which tests control and inspect a connection.

// SetCapacity sets the number of bytes that this end buffers before writes of the peer block. The minimum is 1 and the
// default 64 KiB.
func (c *Conn) SetCapacity(bytes int) {
	c.change(func() { c.capacity = max(1, bytes) })
}

// SetReadSize limits the number of bytes that a Read returns. 0, the default, means no limit.
func (c *Conn) SetReadSize(bytes int) {
	c.change(func() { c.readSize = max(0, bytes) })
}

// SetPieceSize divides each Write into pieces of the given size. A piece is sent when the peer has read the previous one.
// 0, the default, means that a Write sends as much as the peer has room for.
func (c *Conn) SetPieceSize(bytes int) {
	c.change(func() { c.pieceSize = max(0, bytes) })
}

// Peer returns the other end.
func (c *Conn) Peer() *Conn { return c.peer }

// FINReceived reports whether a FIN of the peer has arrived. There may be unread data before it.
func (c *Conn) FINReceived() bool {
	return locked(c, func() bool { return c.finRead })
}

// RSTReceived reports whether the peer has reset the connection.
func (c *Conn) RSTReceived() bool {
	return locked(c, func() bool { return c.rstRead })
}

// Closed reports whether this end was closed with Close or Reset.
func (c *Conn) Closed() bool {
	return locked(c, func() bool { return c.closed })
}

// Unread returns the number of bytes that can be read.
func (c *Conn) Unread() int {
	return locked(c, func() int { return len(c.unread) })
}

// Reads returns the number of calls of Read.
func (c *Conn) Reads() int {
	return locked(c, func() int { return c.reads })
}

// Writes returns the number of calls of Write.
func (c *Conn) Writes() int {
	return locked(c, func() int { return c.writes })
}

// change calls f with the lock held and wakes waiting goroutines.
func (c *Conn) change(f func()) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	f()
	c.link.notify()
}

// locked returns the result of f, called with the lock held.
func locked[T any](c *Conn, f func() T) T {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return f()
}
