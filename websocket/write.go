package websocket

import "github.com/lingerws/linger/protocol"

// flush writes what waits. What the transport takes at once is written here;
// for the rest a goroutine is started, so that no caller ever waits for a peer.
// mu is held.
func (d *Driver) flush() {
	if d.writing {
		return
	}
	if d.batch {
		d.boundBatch()
		return
	}
	out := d.m.Output(nil)
	n := 0
	if len(out) > 0 {
		var err error
		n, err = d.transport.tryWrite(out)
		d.wrote(n, err)
	}
	if n < len(out) && !d.m.Done() {
		d.writing = true
		go d.writeLoop(out, n)
		return
	}
	if d.opts.HighWater > 0 && len(out) >= d.opts.HighWater {
		go d.emptied() // a batch had held back what somebody may wait for
	}
	recycle(out)
}

// emptied tells that a queue that was high has left at once.
func (d *Driver) emptied() {
	d.mu.Lock()
	d.tellDrained()
	d.pump() // the terminal event waits for Drained
	d.mu.Unlock()
}

// writeLoop writes out, of which some is written already, and what is queued
// meanwhile, until nothing waits.
func (d *Driver) writeLoop(out []byte, written int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for written < len(out) && !d.m.Done() {
		piece := out[written:min(len(out), written+d.pieceSize())]
		d.mu.Unlock()
		n, err := d.transport.write(piece)
		d.mu.Lock()
		d.wrote(n, err)
		if written += n; written == len(out) {
			recycle(out)
			out, written = d.m.Output(nil), 0
		}
	}
	d.writing = false
	d.tellDrained()
	d.obey()
	d.pump() // the terminal event may have waited for the last byte
}

// The most that is written at once. The close timer must see the progress of a
// slow reader, which transports tell only for whole pieces.
const (
	writePiece   = 16 << 10 // the largest record of TLS: RFC 8446, section 5.1
	closingPiece = 4 << 10
)

func (d *Driver) pieceSize() int {
	if d.armed == protocol.TimerClose {
		return closingPiece
	}
	return writePiece
}

// tellDrained tells a handler that may have waited. mu is held, not during the
// call.
func (d *Driver) tellDrained() {
	if d.handler == nil || d.told || d.m.Done() {
		return
	}
	d.drains++
	d.mu.Unlock()
	d.handler.Drained(d)
	d.mu.Lock()
	d.drains--
}

// wrote reports to the machine what the transport took. mu is held.
func (d *Driver) wrote(n int, err error) {
	d.m.Wrote(n)
	if err != nil {
		d.breakOff(protocol.CauseTransport, err)
	}
}
