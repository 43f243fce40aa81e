package driver

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// watchWriter sets the timer of checkWriter, which runs only while output waits. mu is held.
func (d *Driver) watchWriter() {
	if d.settings().WriteTimeout < 0 {
		return
	}
	d.sent, d.sentHeld, d.watched = 0, d.transport.held(), time.Now()
	d.startWriteTimer(d.settings().WriteTimeout)
}

// startWriteTimer makes checkWriter be called after wait. mu is held.
func (d *Driver) startWriteTimer(wait time.Duration) {
	if d.writeTimer == nil {
		d.writeTimer = time.AfterFunc(wait, d.checkWriter)
	} else {
		d.writeTimer.Reset(wait)
	}
}

func (d *Driver) unwatchWriter() {
	if d.writeTimer != nil {
		d.writeTimer.Stop()
	}
}

// checkWriter aborts the connection if the peer has taken too little since the last check.
// Bytes that the kernel has taken may not have reached the peer, so bytes that it has
// delivered count as progress, too. While a Close is queued the close timer applies instead.
func (d *Driver) checkWriter() {
	if !d.wakeLive() {
		return
	}
	defer d.rest()
	timeout := d.settings().WriteTimeout
	if d.state.writing != writeWaiting || timeout < 0 || time.Since(d.watched) < timeout {
		return // the output that it was set for has left, or the timeout was changed
	}
	moved := d.sent + max(0, d.sentHeld-d.transport.held())
	if moved < minProgress && d.armed != protocol.TimerClose {
		d.breakOff(CauseStalled, nil)
		d.settle()
		return
	}
	d.watchWriter()
}
