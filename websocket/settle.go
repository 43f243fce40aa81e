package websocket

// settle follows a call of the application. The application may hold locks that
// its handler takes, so the handler is called from another goroutine. mu is held.
func (c *Conn) settle() {
	c.obey()
	if c.endWaits() && !c.pumping {
		go c.deliverEnd()
	}
}

// obey does what the machine asks of its driver after every call. mu is held.
func (c *Conn) obey() {
	c.flush()
	c.armTimer()
	if c.m.HalfClose() && !c.halfClosed {
		c.halfClosed = true
		c.transport.closeWrite()
	}
	if c.m.Done() && !c.released {
		c.release()
	}
}

// release closes the transport, which ends the reader and the writer.
func (c *Conn) release() {
	c.released = true
	if c.keepAlive != nil {
		c.keepAlive.Stop()
	}
	c.transport.close()
	c.handled.Broadcast()
	close(c.done)
}

// deliverEnd hands out the terminal event that writing or a call made due.
func (c *Conn) deliverEnd() {
	c.mu.Lock()
	c.pump()
	c.mu.Unlock()
}
