package driver

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// armTimer keeps the one timer the machine wants. In a batch that is overseen, and so
// has its end within milliseconds, that is done at its end: most Closes are answered by
// then. mu is held.
func (d *Driver) armTimer() {
	if d.state.writing == writeOverseen {
		return
	}
	want := d.m.Timer()
	if want == d.armed {
		return
	}
	d.disarmTimer()
	d.armed = want
	if want == protocol.TimerClose {
		d.held = d.transport.held()
	}
	if want != protocol.TimerNone {
		d.timer = time.AfterFunc(d.bound(want), func() { d.expire(want) })
	}
}

// disarmTimer stops the timer. mu is held.
func (d *Driver) disarmTimer() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.armed = protocol.TimerNone
}

// bound returns how long a timer of the machine runs on this connection. mu is held.
func (d *Driver) bound(t protocol.Timer) time.Duration {
	if d.closeTimeout > 0 && (t == protocol.TimerClose || t == protocol.TimerHalfOpen) {
		return d.closeTimeout
	}
	return d.opts.bound(t)
}

// expire tells the machine, which knows whether the timer still matters.
func (d *Driver) expire(t protocol.Timer) {
	d.wake()
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
	// A peer that is stuck before the end may lose what it has not read. One that
	// only keeps its TCP open may still be reading: it gets no reset from us.
	if t == protocol.TimerClose && d.m.Done() && !wasDone {
		d.transport.reset()
	}
	d.obey()
	d.pump(readDelivering)
}

// How much must have reached a slow reader since the close timer was armed for it
// to be waited for: half of what the kernel held, but no more than is asked at most
// and no less than counts at all. Less may trickle into a peer that does not read;
// and it bounds how long the queue of the kernel can take.
const (
	mostDelivered  = 64 << 10
	leastDelivered = 4 << 10
)

// delivers tells whether the peer still takes what the kernel holds for it, which
// may be megabytes: the transport tells of room long after there is some, and after
// the last write it tells nothing. mu is held.
func (d *Driver) delivers() bool {
	return d.held-d.transport.held() >= max(leastDelivered, min(mostDelivered, d.held/2))
}
