package driver

import (
	"math/rand/v2"
	"time"

	"github.com/lingerws/linger/protocol"
)

// maxUnanswered is the number of pings that a silent peer may leave unanswered.
const maxUnanswered = 2

// keepAlive is what decides whether a silent peer is alive.
type keepAlive struct {
	written     int64  // bytes that were on the way to the peer when takesOutput was called, and those that the transport has taken since
	heard       bool   // something has arrived since the last check
	outstanding bool   // something was on its way to the peer at the last check
	unanswered  uint8  // pings
	fresh       bool   // AnsweredPing has not returned roundTrip yet
	pinged      uint32 // when the last ping was queued, on the clock of microseconds; 0 if it was answered, or there is none
}

// clockBegan is when the clock of microseconds began.
var clockBegan = time.Now()

// microseconds returns a time on a clock that begins again at 0 every 71 minutes. It is short because every idle connection keeps one.
func microseconds() uint32 { return uint32(time.Since(clockBegan).Microseconds()) } //nolint:gosec // only differences are used

// notePong ends the measurement of a round trip. Any empty pong counts as the answer: a peer that sends one without being asked
// spoils only the figure of its own connection (RFC 6455, section 5.5.3). mu is held.
func (d *Driver) notePong(payload []byte) {
	k := &d.keepAlive
	if k.pinged != 0 && len(payload) == 0 {
		d.roundTrip, k.pinged, k.fresh = max(1, microseconds()-k.pinged), 0, true
	}
}

// RoundTrip returns the time between the last keep-alive ping that the peer has answered and its pong, to the microsecond; 0 before
// the first answer.
func (d *Driver) RoundTrip() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.roundTrip) * time.Microsecond
}

// AnsweredPing is RoundTrip for a handler that has got [protocol.EventPong]: ok reports whether a keep-alive ping has been answered
// since the last call, by this pong.
func (d *Driver) AnsweredPing() (roundTrip time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ok = d.keepAlive.fresh
	d.keepAlive.fresh = false
	return time.Duration(d.roundTrip) * time.Microsecond, ok
}

// armKeepAlive starts the next interval. Jitter spreads the pings of connections that were
// opened at the same time, after a restart for instance. mu is held.
func (d *Driver) armKeepAlive() {
	interval := d.settings().KeepAlive
	if interval < 0 || d.state.transport == transportClosed {
		return
	}
	tenth := interval / 10
	d.startKeepAlive(interval+rand.N(2*tenth+1)-tenth, interval)
}

// startKeepAlive makes checkPeer be called after wait, which may be what is left of an interval. mu is held.
func (d *Driver) startKeepAlive(wait, interval time.Duration) {
	if d.notified && d.notifier().setTimer(wait, interval) {
		return
	}
	r := d.needRare()
	r.due = time.Now().Add(wait)
	if r.check == nil {
		r.check = time.AfterFunc(wait, d.checkPeer)
	} else {
		r.check.Reset(wait)
	}
}

// disarmKeepAlive ends the keep-alive checks. left is the time to the next one; a negative value means that there is none. mu
// is held.
func (d *Driver) disarmKeepAlive() (left time.Duration) {
	left = -1
	if d.notified {
		left = d.notifier().stopTimer()
	}
	if r := d.rare; r != nil && r.check != nil && r.check.Stop() {
		left = max(0, time.Until(r.due))
	}
	return left
}

// checkPeer pings a peer that has been silent for an interval, and aborts the connection if
// enough pings have not been answered. Any input counts as an answer, and so does output
// that the peer has taken: it cannot answer a ping that is queued after much output earlier
// (RFC 6455, section 5.4). There is no check while input is left unread, because the handler
// has paused or is busy, and after a Close, to which other bounds apply.
func (d *Driver) checkPeer() {
	if !d.wakeLive() {
		return
	}
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
		if k.pinged == 0 { // otherwise the first answer will be to an earlier ping
			k.pinged = max(1, microseconds())
		}
		_ = d.m.Ping(nil) // refused only once the connection is closing
	}
	k.heard = false
	d.settle()
	d.armKeepAlive()
}

// takesOutput reports whether the peer has taken some of the output that was on its way at
// the last check. That includes what the kernel holds, if the transport can report it. mu is
// held.
func (d *Driver) takesOutput() bool {
	k, held := &d.keepAlive, d.transport.held()
	took := k.outstanding && k.written > int64(held)
	k.written, k.outstanding = int64(held), held > 0 || d.m.Queued() > 0
	return took
}
