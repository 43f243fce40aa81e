package driver

// settle follows a call of the application. The application may hold locks that
// its handler takes, so the handler is called from another goroutine. mu is held.
func (d *Driver) settle() {
	d.obey()
	if d.endWaits() && !d.pumping {
		go d.deliverEnd()
	}
}

// obey does what the machine asks of its driver after every call. mu is held.
func (d *Driver) obey() {
	d.flush()
	d.armTimer()
	if d.m.ShouldCloseWrite() && !d.halfClosed {
		d.halfClosed = true
		d.transport.closeWrite()
	}
	if d.m.Done() && !d.released {
		d.release()
	}
}

// release closes the transport, which ends the reader and the writer.
func (d *Driver) release() {
	d.released = true
	d.keepAlive.stop(d)
	d.transport.close()
	d.handled.Broadcast()
	d.done.Release()
}

// deliverEnd hands out the terminal event that writing or a call made due.
func (d *Driver) deliverEnd() {
	d.lock()
	d.pump()
	d.unlock()
}
