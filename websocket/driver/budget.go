package driver

import "sync/atomic"

// Budget counts what the connections that share it hold: what waits to be written, and
// what has come of messages that are not whole yet, in bytes.
type Budget struct {
	limit    int64
	exceeded func()
	used     atomic.Int64
}

// NewBudget returns a budget. exceeded is called whenever more than limit bytes are held
// and something is added; it is called under the lock of a connection, so it must neither
// wait nor use one.
func NewBudget(limit int64, exceeded func()) *Budget {
	return &Budget{limit: limit, exceeded: exceeded}
}

// Limit returns the limit in bytes.
func (b *Budget) Limit() int64 { return b.limit }

// Used returns how many bytes are held.
func (b *Budget) Used() int64 { return b.used.Load() }

// Add counts bytes that are held for a connection elsewhere, or no longer if n is
// negative.
func (b *Budget) Add(n int) {
	if b.used.Add(int64(n)) > b.limit && n > 0 {
		b.exceeded()
	}
}

// Holding returns how many bytes the connection holds: what [Driver.Queued] counts, and
// what has come of a message that is not whole yet.
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

// account reports to the budget what has changed. A connection that is parked holds
// nothing. mu is held.
func (d *Driver) account() {
	if d.opts.Budget == nil || d.parked() {
		return
	}
	if now := d.holding(); now != d.counted {
		d.opts.Budget.Add(now - d.counted)
		d.counted = now
	}
}
