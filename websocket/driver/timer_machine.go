package driver

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// armTimer sets the timer that the machine needs now. During a batch that the monitor
// bounds to milliseconds it does nothing: the timer is set at the end of the batch, when
// most Closes have been answered. mu is held.
func (d *Driver) armTimer() {
	if d.state.writing == writeMonitored {
		return
	}
	needed := d.m.Timer()
	if needed == d.armed {
		return
	}
	d.disarmTimer()
	d.armed = needed
	if needed == protocol.TimerClose {
		d.held = d.transport.held()
	}
	if needed != protocol.TimerNone {
		d.startTimer(d.bound(needed))
	}
}

// startTimer starts the timer that is armed. mu is held.
func (d *Driver) startTimer(wait time.Duration) {
	armed := d.armed
	d.due = time.Now().Add(wait)
	d.timer = time.AfterFunc(wait, func() { d.expire(armed) })
}

// disarmTimer stops the timer. mu is held.
func (d *Driver) disarmTimer() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.armed = protocol.TimerNone
}

// bound returns the duration of a timer of the machine. mu is held.
func (d *Driver) bound(t protocol.Timer) time.Duration {
	if d.closeTimeout > 0 && (t == protocol.TimerClose || t == protocol.TimerHalfOpen) {
		return d.closeTimeout
	}
	return d.settings().bound(t)
}

// expire passes the end of a timer on to the machine, which ignores it if another timer, or
// none, is needed by now.
func (d *Driver) expire(t protocol.Timer) {
	if !d.wakeLive() {
		return
	}
	defer d.rest()
	if d.armed == t {
		d.armed = protocol.TimerNone
	}
	if t == protocol.TimerClose && d.m.Timer() == t && d.delivers() {
		d.armTimer()
		return
	}
	wasDone := d.m.Done()
	d.m.Expire(t)
	// A peer that has not read everything until the close timer ends may lose the rest. One
	// that only keeps TCP open, until the linger timer ends, may still be reading, so it
	// gets no RST.
	if t == protocol.TimerClose && d.m.Done() && !wasDone {
		d.transport.reset()
	}
	d.obey()
	d.pump(readDelivering)
}

// The progress that a slow reader must have made since the close timer was set, for the
// wait to go on: half of what the kernel held then, within these bounds. Less than
// minProgress may reach a peer that does not read, and the bounds limit the time that the
// kernel's send queue can take.
const (
	maxProgress = 64 << 10
	minProgress = 4 << 10
)

// delivers reports whether the peer still takes what the kernel holds for it, which may be
// megabytes. Write-readiness does not show that: it comes long after there is room, and
// not at all after the last write. mu is held.
func (d *Driver) delivers() bool {
	return d.held-d.transport.held() >= max(minProgress, min(maxProgress, d.held/2))
}
