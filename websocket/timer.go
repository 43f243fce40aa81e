package websocket

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

// armTimer keeps the one timer the machine wants. mu is held.
func (c *Conn) armTimer() {
	want := c.m.Timer()
	if want == c.armed {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.armed = want
	if want != protocol.TimerNone {
		c.timer = time.AfterFunc(c.opts.bound(want), func() { c.expire(want) })
	}
}

// expire tells the machine, which knows whether the timer still matters.
func (c *Conn) expire(t protocol.Timer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed == t {
		c.armed = protocol.TimerNone
	}
	wasDone := c.m.Done()
	c.m.Expire(t)
	// A peer that is stuck before the end may lose what it has not read. One that
	// only keeps its TCP open may still be reading: it gets no reset from us.
	if t == protocol.TimerClose && c.m.Done() && !wasDone {
		c.transport.reset()
	}
	c.obey()
	c.pump()
}
