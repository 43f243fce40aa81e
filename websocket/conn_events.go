package websocket

import (
	"time"

	"github.com/lingerws/linger/protocol"
)

var _ Failer = (*connEvents)(nil)

// connEvents is a Conn as its driver sees it. It keeps the events off the
// application's handle.
type connEvents Conn

// Message puts a piece into the read-ahead. While that is full the transport is not read;
// its end is waited for, or a peer that is gone would never be known to be. A goroutine
// that reads for this connection alone waits here; one that reads for others may not.
func (e *connEvents) Message(d *Driver, m protocol.Event) {
	switch {
	case !e.in.put(m):
	case d.notified:
		d.Pause()
		go func() {
			e.in.awaitRoom(d.Done())
			d.Resume()
		}()
	default:
		e.in.awaitRoom(d.Done())
	}
}

// Pong lets those go on who wait for it.
func (e *connEvents) Pong(_ *Driver, payload []byte) { e.pings.answered(payload) }

// PeerClose ends reading in half-open mode. Otherwise the Close is answered.
func (e *connEvents) PeerClose(d *Driver, status protocol.Status) {
	if e.halfOpen {
		e.in.finish(status)
		return
	}
	e.conclude(d.AnswerClose)
}

// Failing has a violation take effect.
func (e *connEvents) Failing(d *Driver) { e.conclude(d.Fail) }

// conclude has our Close leave once the messages that came before have been handled, so
// that replies to them can still be sent, or when the time for that is over. That is short:
// the peer waits for our Close, and a program that does not read looks the same as one that
// has not handled the last message yet.
func (e *connEvents) conclude(sendClose func()) {
	wait := e.in.conclude(sendClose, e.driver.opts.bound(protocol.TimerClose)/5)
	if wait <= 0 {
		sendClose()
		return
	}
	time.AfterFunc(wait, sendClose)
}

// Drained lets the writer go on.
func (e *connEvents) Drained(*Driver) { signal(e.room) }

// Closed makes the outcome final.
func (e *connEvents) Closed(_ *Driver, end Outcome) {
	e.end = end
	close(e.ended)
}
