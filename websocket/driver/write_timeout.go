package driver

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// watchWriter bounds how long a peer may take nothing of what waits. There is a timer
// only while something does. mu is held.
func (d *Driver) watchWriter() {
	if d.opts.WriteTimeout < 0 {
		return
	}
	d.sent, d.sentHeld, d.watched = 0, d.transport.held(), time.Now()
	wait := d.opts.WriteTimeout
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

// checkWriter gives up a peer that has taken too little since the last look. What the
// kernel took may still be on this side, so what it has brought over counts, too. Once
// our Close waits the close timer has the say.
func (d *Driver) checkWriter() {
	d.wake()
	defer d.rest()
	if d.state.writing != writeWaiting || time.Since(d.watched) < d.opts.WriteTimeout {
		return // it fired for what has left meanwhile
	}
	moved := d.sent + max(0, d.sentHeld-d.transport.held())
	if moved < leastDelivered && d.armed != protocol.TimerClose {
		d.breakOff(CauseStalled, nil)
		d.settle()
		return
	}
	d.watchWriter()
}
