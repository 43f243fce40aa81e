package websocket

import (
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// connEvents is a Conn as its driver sees it. It keeps the events off the
// application's handle.
type connEvents Conn

// Events puts pieces into the read-ahead. While that is full the transport is not read.
func (e *connEvents) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	full := false
	for i := range events {
		switch ev := &events[i]; ev.Kind {
		case protocol.EventMessage, protocol.EventPiece:
			full = e.in.put(ev) || full
		case protocol.EventPong:
			e.pings.answered(ev.Payload)
		case protocol.EventPeerClose:
			e.peerClose(d, ev.Status)
		case protocol.EventFailing:
			e.conclude(d.Fail)
			work = true // our Close waits for that
		case protocol.EventPing, protocol.EventClosed:
		}
	}
	if full {
		d.Pause()
		go e.resume(d)
	}
	return work
}

// Work does nothing: the application reads when it wants to.
func (e *connEvents) Work(*driver.Driver) {}

// resume continues reading once there is room in the read-ahead, or once the transport is
// closed, so that the terminal event comes although the application does not read.
func (e *connEvents) resume(d *driver.Driver) {
	e.in.awaitRoom(d.Done())
	d.Resume()
}

// peerClose ends reading in half-open mode. Otherwise the Close is answered.
func (e *connEvents) peerClose(d *driver.Driver, status Status) {
	if e.halfOpen {
		e.in.finish(status)
		return
	}
	e.conclude(d.AnswerClose)
}

// conclude calls sendClose once the messages that came before have been handled, so that
// replies to them can still be sent, or when the time for that is over. That is short: the
// peer waits for our Close, and a program that does not read looks the same as one that has
// not handled the last message yet.
func (e *connEvents) conclude(sendClose func()) {
	wait := e.in.conclude(sendClose, e.driver.Options().CloseTimeout/5)
	if wait <= 0 {
		sendClose()
		return
	}
	time.AfterFunc(wait, sendClose)
}

// Drained wakes a writer that waits for room.
func (e *connEvents) Drained(*driver.Driver) { signal(e.room) }

// Closed makes the outcome final.
func (e *connEvents) Closed(_ *driver.Driver, end Outcome) {
	e.end = end
	close(e.ended)
}
