package memconn

// The controls and questions of a test.

// SetCapacity sets how many unread bytes this end holds before the peer's writes wait; at least 1, 64 KiB at first.
func (c *Conn) SetCapacity(bytes int) {
	c.change(func() { c.capacity = max(1, bytes) })
}

// SetReadSize makes each Read return at most so many bytes. 0 means as many as fit.
func (c *Conn) SetReadSize(bytes int) {
	c.change(func() { c.readSize = max(0, bytes) })
}

// SetPieceSize cuts each Write into pieces: the next one is handed over when the peer has read the one before. 0
// means that a Write is handed over as far as the peer has room.
func (c *Conn) SetPieceSize(bytes int) {
	c.change(func() { c.pieceSize = max(0, bytes) })
}

// Peer returns the other end.
func (c *Conn) Peer() *Conn { return c.peer }

// FINReceived reports whether the peer has ended its direction in order, even if bytes before the FIN wait to be read.
func (c *Conn) FINReceived() bool {
	return ask(c, func() bool { return c.finRead })
}

// RSTReceived reports whether the peer has reset the connection.
func (c *Conn) RSTReceived() bool {
	return ask(c, func() bool { return c.rstRead })
}

// Closed reports whether this end has been closed by its owner, with Close or Reset.
func (c *Conn) Closed() bool {
	return ask(c, func() bool { return c.closed })
}

// Unread returns how many bytes wait to be read here.
func (c *Conn) Unread() int {
	return ask(c, func() int { return len(c.unread) })
}

// Reads returns how often Read has been called.
func (c *Conn) Reads() int {
	return ask(c, func() int { return c.reads })
}

// Writes returns how often Write has been called.
func (c *Conn) Writes() int {
	return ask(c, func() int { return c.writes })
}

func (c *Conn) change(f func()) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	f()
	c.link.change()
}

func ask[T any](c *Conn, f func() T) T {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return f()
}
