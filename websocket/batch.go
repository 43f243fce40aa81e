package websocket

import "time"

// batchDelay is how long a frame may wait for the end of the batch of input that
// is handled. It is longer than quick handlers take for a whole batch, and too
// short to be felt when one blocks.
const batchDelay = time.Millisecond

// boundBatch lets frames leave although the handler does not return: what it sent
// before it blocked, what others send, and a Close that the timer runs for. mu is
// held.
func (c *Conn) boundBatch() {
	if c.batchBound || c.m.Queued() == 0 {
		return
	}
	c.batchBound = true
	if c.batchTimer == nil {
		c.batchTimer = time.AfterFunc(batchDelay, c.cutBatch)
	} else {
		c.batchTimer.Reset(batchDelay)
	}
}

// cutBatch ends a batch that takes long. From now on its frames leave one by one.
func (c *Conn) cutBatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.batchBound {
		c.endBatch()
		c.settle()
	}
}

// endBatch lets frames leave with the next flush. mu is held.
func (c *Conn) endBatch() {
	c.batch = false
	if c.batchBound {
		c.batchBound = false
		c.batchTimer.Stop()
	}
}
