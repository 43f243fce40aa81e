package driver

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// A connection on which nothing happens is parked, if its transport tells of readiness:
// it keeps what is in Driver, and lends the rest to others. Everything that locks it
// finds it as it was, because a machine between two messages is as new.

// workings lends what parked connections do without.
var workings = sync.Pool{New: func() any { return new(working) }}

// lock locks the connection and has it work.
func (d *Driver) lock() {
	d.mu.Lock()
	if d.working == nil {
		d.unpark()
	}
}

// unlock lets the connection be parked, if nothing is left to do.
func (d *Driver) unlock() {
	d.account()
	if d.notified && d.working != nil && d.idle() {
		d.park()
	}
	d.mu.Unlock()
}

// idle tells whether nothing is under way that is not kept in Driver.
func (d *Driver) idle() bool {
	return !d.receiving && !d.pumping && !d.batch && !d.writing && !d.due && !d.high &&
		d.armed == protocol.TimerNone && d.drains == 0 && d.handler != nil && d.m.Idle()
}

func (d *Driver) park() {
	w := d.working
	d.working = nil
	*w = working{}
	workings.Put(w)
}

// sendParked sends a message that is framed already: nothing waits before it, and the
// transport most often takes it whole, so that the connection stays parked. mu is held.
func (d *Driver) sendParked(p *protocol.Prepared) {
	frame := p.Frame()
	n, err := d.transport.tryWrite(frame)
	if n == len(frame) {
		d.written += int64(n)
		return
	}
	d.unpark()
	_ = d.m.SendPrepared(p) // cannot fail: what is parked is open, and between two messages
	out := d.m.Output(nil)
	if d.wrote(n, err); !d.m.Done() {
		d.writeRest(out, n)
	}
	d.settle()
	d.noteHigh()
}

func (d *Driver) unpark() {
	d.working, _ = workings.Get().(*working)
	d.m.Reset(d.opts.machine)
	d.handled.L = &d.mu
}
