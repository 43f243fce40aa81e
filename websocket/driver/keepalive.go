package driver

import (
	"math/rand/v2"

	"github.com/lingerws/linger/protocol"
)

// maxUnanswered is how many pings a silent peer may leave unanswered.
const maxUnanswered = 2

// keepAlive is what decides whether a silent peer is alive.
type keepAlive struct {
	alarm             // at which the driver looks after the peer
	delivered   int64 // bytes that had reached the peer at the last look
	written     int64 // bytes that the transport has taken
	heard       bool  // something has arrived since the last look
	outstanding bool  // something was on its way to the peer at the last look
	unanswered  uint8 // pings
}

// armKeepAlive starts the next interval. Jitter keeps connections that opened
// together, after a restart for instance, from pinging together for ever. mu is
// held.
func (d *Driver) armKeepAlive() {
	interval := d.opts.KeepAlive
	if interval < 0 || d.state.transport == transportClosed {
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
	d.wake()
	defer d.rest()
	k := &d.keepAlive
	judged := !d.state.paused && d.state.reading == readIdle && !d.m.Unparsed() && d.m.State() == protocol.StateOpen
	switch {
	case k.heard || !judged:
		k.unanswered, k.outstanding = 0, false
	case d.takesOutput():
		k.unanswered = 0
	case k.unanswered == maxUnanswered:
		d.breakOff(CauseKeepAlive, nil)
	default:
		k.unanswered++
		_ = d.m.Ping(nil) // refused only once the connection is closing
	}
	k.heard = false
	d.settle()
	d.armKeepAlive()
}

// takesOutput reports whether the peer has taken some of what was on its way to it at the
// last look. What the kernel holds counts as on its way where the transport knows about it;
// elsewhere only what has not been written yet. mu is held.
func (d *Driver) takesOutput() bool {
	k, held := &d.keepAlive, d.transport.held()
	delivered := k.written - int64(held)
	took := k.outstanding && delivered > k.delivered
	k.delivered, k.outstanding = delivered, held > 0 || d.m.Queued() > 0
	return took
}
