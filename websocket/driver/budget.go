package driver

import "sync/atomic"

// Budget counts the buffered bytes of the connections that share it: those of their send
// queues, and the received parts of incomplete messages.
type Budget struct {
	limit    atomic.Int64
	exceeded func()
	used     atomic.Int64
}

// NewBudget returns a budget. exceeded is called when bytes are added and their number is above
// limit. It is called with the lock of a connection held, so it must not block or use a
// connection.
func NewBudget(limit int64, exceeded func()) *Budget {
	b := &Budget{exceeded: exceeded}
	b.limit.Store(limit)
	return b
}

// Limit returns the limit in bytes.
func (b *Budget) Limit() int64 { return b.limit.Load() }

// SetLimit replaces the limit. exceeded is not called before more bytes are added.
func (b *Budget) SetLimit(limit int64) { b.limit.Store(limit) }

// Used returns the number of buffered bytes.
func (b *Budget) Used() int64 { return b.used.Load() }

// Add adds bytes that are buffered for a connection elsewhere. n is negative when they are
// released.
func (b *Budget) Add(n int) {
	if b.used.Add(int64(n)) > b.limit.Load() && n > 0 {
		b.exceeded()
	}
}

// Holding returns the number of buffered bytes of the connection: those of [Driver.Queued], and
// the received part of an incomplete message.
func (d *Driver) Holding() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parked() {
		return 0
	}
	return d.holding()
}

func (d *Driver) holding() int {
	if d.state.transport == transportClosed {
		return 0
	}
	return d.m.Queued() + d.m.Holding()
}

// account adds the change of the buffered bytes to the budget. A parked connection has none.
// The caller holds mu.
func (d *Driver) account() {
	if d.settings().Budget == nil || d.parked() {
		return
	}
	if now := d.holding(); now != d.counted {
		d.settings().Budget.Add(now - d.counted)
		d.counted = now
	}
}
