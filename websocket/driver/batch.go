package driver

import "time"

// batchDelay is how long a frame may wait for the end of the batch that it belongs to. It is
// longer than quick handlers take for a whole batch, and too short to be felt when one blocks.
const batchDelay = time.Millisecond

// beginBatch holds frames back until endBatch, for batchDelay at most; see [state.beginBatch]. mu is held.
func (d *Driver) beginBatch(overseen bool) {
	if d.state.beginBatch(overseen); !overseen {
		d.batchBegan = time.Now()
	}
}

// holdsBack reports whether frames that are queued have to wait. The end of a batch is not waited for longer than
// batchDelay: a handler may block after it has sent something, others may send, and a Close has a timer of its own. mu is
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

// Together calls send, and lets what it sends leave together, as what is sent during a call of
// the handler does: in one write if that can be, and after a millisecond at the latest.
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

// cutBatch ends a batch that takes long, for its timer or an overseer. From now on its frames
// leave one by one.
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

// endBatch lets frames leave with the next flush. mu is held.
func (d *Driver) endBatch() {
	if bounded := d.state.endBatch(); bounded {
		d.batchTimer.Stop()
	}
}
