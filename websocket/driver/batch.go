package driver

import "time"

// batchDelay is how long a frame may wait for the end of the batch that it belongs to. It is
// longer than quick handlers take for a whole batch, and too short to be felt when one blocks.
const batchDelay = time.Millisecond

// beginBatch holds frames back until endBatch, for batchDelay at most. mu is held.
func (d *Driver) beginBatch() {
	d.batch = true
	if !d.overseen {
		d.batchBegan = time.Now()
	}
}

// holdsBack reports whether frames wait for the end of a batch that has begun. A timer bounds
// the wait, for what a handler sent before it blocked, what others send, and a Close with a
// timer of its own. Where an overseer looks for handlers that block, no timer is needed. mu is
// held.
func (d *Driver) holdsBack() bool {
	if d.batchBound || d.overseen && !d.together || d.m.Queued() == 0 {
		return true
	}
	wait := batchDelay - time.Since(d.batchBegan)
	if wait <= 0 {
		d.endBatch()
		return false
	}
	d.batchBound = true
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
	d.lock()
	d.batch, d.together, d.batchBegan = true, true, time.Now()
	d.unlock()
	defer func() {
		d.lock()
		defer d.unlock()
		d.endBatch()
		d.settle()
	}()
	send()
}

// cutBatch ends a batch that takes long. From now on its frames leave one by one.
func (d *Driver) cutBatch() {
	d.lock()
	defer d.unlock()
	if d.batchBound || d.overseen {
		d.overseen = false // the overseer looks at who is late once
		d.endBatch()
		d.settle()
	}
}

// endBatch lets frames leave with the next flush. mu is held.
func (d *Driver) endBatch() {
	d.batch, d.together = false, false
	if d.batchBound {
		d.batchBound = false
		d.batchTimer.Stop()
	}
}
