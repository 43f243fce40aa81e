package driver

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
	tenth := interval / 10
	interval += rand.N(2*tenth+1) - tenth
	d.keepAlive.arm(d, interval)
}

// checkPeer pings a peer that was silent for an interval and gives up one that
// did not answer. Anything that arrives counts as an answer, and so does what the
// peer takes of our output: a ping that stands behind much of that cannot be
// answered earlier (RFC 6455, section 5.4). A peer whose input we leave unread,
// because the handler pauses or is busy, cannot be judged, nor can one that has
// closed: other bounds hold there.
func (d *Driver) checkPeer() {
	d.lock()
	defer d.unlock()
	judged := !d.paused && !d.pumping && !d.m.Unparsed() && d.m.State() == protocol.StateOpen
	switch {
	case d.heard || !judged:
		d.unanswered, d.waited = 0, false
	case d.takesOutput():
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

// takesOutput reports whether the peer has taken some of what was on its way to it at the
// last look. What the kernel holds counts as on its way where the transport knows about it;
// elsewhere only what has not been written yet. mu is held.
func (d *Driver) takesOutput() bool {
	held := d.transport.held()
	delivered := d.written - int64(held)
	took := d.waited && delivered > d.delivered
	d.delivered, d.waited = delivered, held > 0 || d.m.Queued() > 0
	return took
}
