package websocket

import (
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// connEvents is a Conn as the handler of its driver. It is a separate type so that the
// methods of the handler are not methods of Conn.
type connEvents Conn

// Events adds pieces to the read-ahead. While that is full the transport is not read.
func (e *connEvents) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	full := false
	for i := range events {
		switch ev := &events[i]; ev.Kind {
		case protocol.EventMessage, protocol.EventPiece:
			full = e.received.push(ev) || full
		case protocol.EventPong:
			e.pings.pong(ev.Payload)
		case protocol.EventPeerClose:
			e.peerClose(d, ev.Status)
		case protocol.EventFailing:
			e.closeAfterReading(d.Fail)
			work = true // our Close waits until the application has read
		case protocol.EventPing, protocol.EventClosed:
		}
	}
	if full {
		d.Pause()
		go e.resume(d)
	}
	return work
}

// Work does nothing: the application reads in its own goroutines.
func (e *connEvents) Work(*driver.Driver) {}

// resume resumes the driver when there is room in the read-ahead. It also does so when
// the transport is closed, so that the terminal event is delivered although the
// application does not read.
func (e *connEvents) resume(d *driver.Driver) {
	e.received.awaitRoom(d.Done())
	d.Resume()
}

// peerClose ends reading in half-open mode. Otherwise it answers the Close.
func (e *connEvents) peerClose(d *driver.Driver, status Status) {
	if e.halfOpen {
		e.received.peerClosed(status)
		return
	}
	e.closeAfterReading(d.AnswerClose)
}

// closeAfterReading calls sendClose when the messages that arrived before have been
// handled, so that replies to them can still be sent, or after a fifth of CloseTimeout.
// The time is short because the peer waits for our Close, and a program that does not
// read cannot be distinguished from one that is still handling the last message.
func (e *connEvents) closeAfterReading(sendClose func()) {
	wait := e.received.deferClose(sendClose, e.driver.Options().CloseTimeout/5)
	if wait <= 0 {
		sendClose()
		return
	}
	time.AfterFunc(wait, sendClose)
}

// Drained wakes a writer that waits for the send queue.
func (e *connEvents) Drained(*driver.Driver) { signal(e.drained) }

// Closed makes the outcome final.
func (e *connEvents) Closed(_ *driver.Driver, end Outcome) {
	e.outcome = end
	close(e.ended)
}
