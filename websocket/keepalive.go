package websocket

import (
	"math/rand/v2"
	"time"

	"github.com/lingerws/linger/protocol"
)

// maxUnanswered is how many pings a silent peer may leave unanswered.
const maxUnanswered = 2

// armKeepAlive starts the next interval. Jitter keeps connections that opened
// together, after a restart for instance, from pinging together for ever. mu is
// held.
func (c *Conn) armKeepAlive() {
	interval := c.opts.KeepAlive
	if interval < 0 || c.released {
		return
	}
	if interval == 0 {
		interval = defaultKeepAlive
	}
	tenth := interval / 10
	interval += rand.N(2*tenth+1) - tenth
	if c.keepAlive == nil {
		c.keepAlive = time.AfterFunc(interval, c.checkPeer)
	} else {
		c.keepAlive.Reset(interval)
	}
}

// checkPeer pings a peer that was silent for an interval and gives up one that
// did not answer. Anything that arrives counts as an answer. A peer whose input
// we leave unread, because the handler pauses or is busy, cannot be judged, nor
// can one that has closed: other bounds hold there.
func (c *Conn) checkPeer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	judged := !c.paused && !c.receiving && c.m.State() == protocol.StateOpen
	switch {
	case c.heard || !judged:
		c.unanswered = 0
	case c.unanswered == maxUnanswered:
		c.breakOff(CauseKeepAlive, nil)
	default:
		c.unanswered++
		_ = c.m.Ping(nil) // refused only once the connection is closing
	}
	c.heard = false
	c.settle()
	c.armKeepAlive()
}
