package driver

import "time"

// batchDelay bounds how long a frame waits for the end of the batch that it belongs to. Quick
// handlers need less than that for a whole batch; if one blocks, the delay is too short to
// notice.
const batchDelay = time.Millisecond

// beginBatch holds frames back until endBatch, for batchDelay at most; see [state.beginBatch]. mu is held.
func (d *Driver) beginBatch(monitored bool) {
	if d.state.beginBatch(monitored); !monitored {
		d.batchBegan = time.Now()
	}
}

// holdsBack reports whether frames that are queued have to wait for the end of a batch or for the transport. A batch is
// not waited for longer than batchDelay: its handler may block after it has sent something, other goroutines may send, and
// a Close has a timer of its own. The monitor of an event loop bounds the wait without a timer of the connection. mu is
// held.
func (d *Driver) holdsBack() bool {
	if d.state.writing != writeHeld || d.m.Queued() == 0 {
		return d.state.writing != writeIdle
	}
	wait := batchDelay - time.Since(d.batchBegan)
	if wait <= 0 {
		d.endBatch()
		return false
	}
	d.state.frameQueued()
	if d.batchTimer == nil {
		d.batchTimer = time.AfterFunc(wait, d.cutBatch)
	} else {
		d.batchTimer.Reset(wait)
	}
	return true
}

// Together calls send, and writes what it sends together, as what a handler sends during a
// call: in one write if possible, and after a millisecond at the latest.
func (d *Driver) Together(send func()) {
	d.wake()
	d.state.beginTogether()
	d.batchBegan = time.Now()
	d.rest()
	defer func() {
		d.wake()
		defer d.rest()
		d.endBatch()
		d.settle()
	}()
	send()
}

// cutBatch ends a batch that takes long. From now on its frames leave one by one. It is called
// by the batch timer or by the monitor of an event loop.
func (d *Driver) cutBatch() {
	d.wake()
	defer d.rest()
	if d.state.batchLate() {
		if d.batchTimer != nil {
			d.batchTimer.Stop()
		}
		d.settle()
	}
}

// endBatch ends a batch: its frames leave with the next flush. mu is held.
func (d *Driver) endBatch() {
	if bounded := d.state.endBatch(); bounded {
		d.batchTimer.Stop()
	}
}
