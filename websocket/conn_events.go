package websocket

import "github.com/lingerws/linger/protocol"

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

// PeerClose tells the reader that nothing more comes, in half-open mode.
func (e *connEvents) PeerClose(_ *Driver, status protocol.Status) { e.in.finish(status) }

// Drained lets the writer go on.
func (e *connEvents) Drained(*Driver) { signal(e.room) }

// Closed makes the outcome final.
func (e *connEvents) Closed(_ *Driver, end Outcome) {
	e.end = end
	close(e.ended)
}
