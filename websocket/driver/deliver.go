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
