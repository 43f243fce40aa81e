package websocket

import (
	"math/rand/v2"

	"github.com/lingerws/linger/protocol"
)

// maxUnanswered is how many pings a silent peer may leave unanswered.
const maxUnanswered = 2

// armKeepAlive starts the next interval. Jitter keeps connections that opened
// together, after a restart for instance, from pinging together for ever. mu is
// held.
func (d *Driver) armKeepAlive() {
	interval := d.opts.KeepAlive
	if interval < 0 || d.released {
		return
	}
	if interval == 0 {
		interval = defaultKeepAlive
	}
	tenth := interval / 10
	interval += rand.N(2*tenth+1) - tenth
	d.keepAlive.arm(d, interval)
}

// checkPeer pings a peer that was silent for an interval and gives up one that
// did not answer. Anything that arrives counts as an answer. A peer whose input
// we leave unread, because the handler pauses or is busy, cannot be judged, nor
// can one that has closed: other bounds hold there.
func (d *Driver) checkPeer() {
	d.lock()
	defer d.unlock()
	judged := !d.paused && !d.receiving && d.m.State() == protocol.StateOpen
	switch {
	case d.heard || !judged:
		d.unanswered = 0
	case d.unanswered == maxUnanswered:
		d.breakOff(CauseKeepAlive, nil)
	default:
		d.unanswered++
		_ = d.m.Ping(nil) // refused only once the connection is closing
	}
	d.heard = false
	d.settle()
	d.armKeepAlive()
}
