package driver

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// A connection on which nothing happens is parked, if its transport reports readiness: it keeps what is in Driver, and
// its working part goes to a pool. Methods that need that part begin with wake and end with rest. They find the connection
// as it was, because a machine between two messages equals a new one.

// workings is a pool of memory without a state, so all connections of the process share it. park clears what it returns to
// the pool.
var workings = sync.Pool{New: func() any { return new(working) }}

// wake locks the connection, and gives it its working part if it is parked.
func (d *Driver) wake() {
	d.mu.Lock()
	if d.parked() {
		d.unpark()
	}
}

// rest parks the connection if nothing is under way that is not kept in Driver, and unlocks it.
func (d *Driver) rest() {
	d.account()
	if d.notified && !d.parked() && d.idle() {
		d.park()
	}
	d.state.expect(d.state.legal() && (!d.parked() || d.state.parkable()), "rest")
	d.mu.Unlock()
}

// parked reports whether the connection has no working part. Then it is open and nothing is queued. mu is held.
func (d *Driver) parked() bool { return d.working == nil }

// idle reports whether nothing is under way that is not kept in Driver.
func (d *Driver) idle() bool {
	return d.state.parkable() && !d.high && d.armed == protocol.TimerNone && d.drains == 0 && d.handler != nil && d.m.Idle()
}

// park returns the working to its pool. mu is held.
func (d *Driver) park() {
	w := d.working
	d.working = nil
	*w = working{}
	workings.Put(w)
}

// sendParked sends a message that has been framed. Nothing waits before it, and the transport
// usually takes all of it, so the connection can stay parked. mu is held.
func (d *Driver) sendParked(p *protocol.Prepared) {
	frame := p.Frame()
	n, err := d.notifier().tryWrite(frame)
	if n == len(frame) {
		d.keepAlive.written += int64(n)
		return
	}
	d.unpark()
	_ = d.m.SendPrepared(p) // cannot fail: a parked connection is open, and between two messages
	out := d.m.Output(nil)
	if d.wrote(n, err); !d.m.Done() {
		d.writeRest(out, n)
	}
	d.settle()
	d.noteHigh()
}

// unpark gets a working from the pool. mu is held.
func (d *Driver) unpark() {
	d.working, _ = workings.Get().(*working)
	d.m.Reset(d.opts.machine)
	d.handled.L = &d.mu
}
