package websocket

import "time"

// batchDelay is how long a frame may wait for the end of the batch of input that
// is handled. It is longer than quick handlers take for a whole batch, and too
// short to be felt when one blocks.
const batchDelay = time.Millisecond

// boundBatch lets frames leave although the handler does not return: what it sent
// before it blocked, what others send, and a Close that the timer runs for. mu is
// held.
func (d *Driver) boundBatch() {
	if d.batchBound || d.overseen && !d.together || d.m.Queued() == 0 {
		return
	}
	d.batchBound = true
	if d.batchTimer == nil {
		d.batchTimer = time.AfterFunc(batchDelay, d.cutBatch)
	} else {
		d.batchTimer.Reset(batchDelay)
	}
}

// Together makes what send sends leave together, as what is sent during a call of the
// handler does: in one write if that can be, and after a millisecond at the latest.
func (d *Driver) Together(send func()) {
	d.lock()
	d.batch, d.together = true, true
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
