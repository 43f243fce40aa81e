package websocket

import "github.com/lingerws/linger/protocol"

// flush writes what waits. What the transport takes at once is written here;
// for the rest a goroutine is started, so that no caller ever waits for a peer.
// mu is held.
func (c *Conn) flush() {
	if c.writing {
		return
	}
	if c.batch {
		c.boundBatch()
		return
	}
	out := c.m.Output(nil)
	n := 0
	if len(out) > 0 {
		var err error
		n, err = c.transport.tryWrite(out)
		c.wrote(n, err)
	}
	if n < len(out) && !c.m.Done() {
		c.writing = true
		go c.writeLoop(out, n)
		return
	}
	recycle(out)
}

// writeLoop writes out, of which some is written already, and what is queued
// meanwhile, until nothing waits.
func (c *Conn) writeLoop(out []byte, written int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for written < len(out) && !c.m.Done() {
		piece := out[written:min(len(out), written+c.pieceSize())]
		c.mu.Unlock()
		n, err := c.transport.write(piece)
		c.mu.Lock()
		c.wrote(n, err)
		if written += n; written == len(out) {
			recycle(out)
			out, written = c.m.Output(nil), 0
		}
	}
	c.writing = false
	c.tellDrained()
	c.obey()
	c.pump() // the terminal event may have waited for the last byte
}

// The most that is written at once. The close timer must see the progress of a
// slow reader, which transports tell only for whole pieces.
const (
	writePiece   = 16 << 10 // the largest record of TLS: RFC 8446, section 5.1
	closingPiece = 4 << 10
)

func (c *Conn) pieceSize() int {
	if c.armed == protocol.TimerClose {
		return closingPiece
	}
	return writePiece
}

// tellDrained tells a handler that may have waited. mu is held, not during the
// call.
func (c *Conn) tellDrained() {
	if c.handler == nil || c.told || c.m.Done() {
		return
	}
	c.drains++
	c.mu.Unlock()
	c.handler.Drained(c)
	c.mu.Lock()
	c.drains--
}

// wrote reports to the machine what the transport took. mu is held.
func (c *Conn) wrote(n int, err error) {
	c.m.Wrote(n)
	if err != nil {
		c.breakOff(protocol.CauseTransport, err)
	}
}
