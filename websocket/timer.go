package websocket

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// armTimer keeps the one timer the machine wants. mu is held.
func (d *Driver) armTimer() {
	want := d.m.Timer()
	if want == d.armed {
		return
	}
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.armed = want
	if want != protocol.TimerNone {
		d.timer = time.AfterFunc(d.opts.bound(want), func() { d.expire(want) })
	}
}

// expire tells the machine, which knows whether the timer still matters.
func (d *Driver) expire(t protocol.Timer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.armed == t {
		d.armed = protocol.TimerNone
	}
	wasDone := d.m.Done()
	d.m.Expire(t)
	// A peer that is stuck before the end may lose what it has not read. One that
	// only keeps its TCP open may still be reading: it gets no reset from us.
	if t == protocol.TimerClose && d.m.Done() && !wasDone {
		d.transport.reset()
	}
	d.obey()
	d.pump()
}
