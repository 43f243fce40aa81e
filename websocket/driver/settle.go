package driver

// settle follows a call of the application. The application may hold locks that
// its handler takes, so the handler is called from another goroutine. mu is held.
func (d *Driver) settle() {
	d.obey()
	if d.endDue() && d.state.reading == readIdle {
		go d.pumpAside()
	}
}

// obey does what the machine asks of its driver after every call. mu is held.
func (d *Driver) obey() {
	d.flush()
	d.armTimer()
	if d.m.ShouldCloseWrite() && d.state.closeWrite() {
		d.transport.closeWrite()
	}
	if d.m.Done() && d.state.close() {
		d.release()
	}
}

// release closes the transport, which ends the reader and the writer.
func (d *Driver) release() {
	d.disarmKeepAlive()
	d.transport.close()
	d.handled.Broadcast()
	d.done.Release()
}

// pumpAside delivers the terminal event that writing or a call has made due.
func (d *Driver) pumpAside() {
	d.wake()
	d.pump(readDelivering)
	d.rest()
}
