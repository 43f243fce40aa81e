package driver

import "github.com/lingerws/linger/protocol"

// Delivery is a connection that [Deliver] sends a message to.
type Delivery struct {
	To     *Driver
	Limit  int   // as for SendPreparedWithin
	Queued int   // the results of SendPreparedWithin
	Err    error // likewise
}

// Deliver sends a message that was framed before to many connections, as [Driver.SendPreparedWithin] does to one, and stores the
// results in all. On connections with [IORing] it uses fewer system calls.
func Deliver(p *protocol.Prepared, all []Delivery) {
	if deliverBatched(p, all) {
		return
	}
	for i := range all {
		all[i].deliver(p)
	}
}

func (d *Delivery) deliver(p *protocol.Prepared) {
	d.Queued, d.Err = d.To.SendPreparedWithin(d.Limit, p)
}

// lockParked locks a connection on which p can be written at once, and returns its transport: it is idle, nothing is queued,
// and a server's frame is the same for all connections. Otherwise it returns nil, and the connection is not locked.
func (d *Driver) lockParked(limit int) transport {
	if limit <= 0 || d.settings().machine.Role != protocol.Server || d.settings().machine.Compression != nil || !d.mu.TryLock() {
		return nil
	}
	if !d.state.live() || !d.parked() || !d.state.parkable() {
		d.mu.Unlock()
		return nil
	}
	return d.transport
}

// unlockParked follows the write of p, of which the transport has taken n bytes, and unlocks the connection. Results as for sendParked.
func (d *Driver) unlockParked(p *protocol.Prepared, n int, err error) (queued int) {
	defer d.rest()
	return d.sentParked(p, n, err)
}
