package websocket

import (
	"sync"

	"github.com/lingerws/linger/protocol"
)

// writeBuffers lends the buffers that frames are queued in. A connection holds
// them only while something waits.
var writeBuffers = sync.Pool{New: func() any { return new([writeBufferSize]byte) }}

const (
	writeBufferSize = 4 << 10

	// writePiece is the most that is written at once, so that the close timer
	// sees the progress of a slow reader.
	writePiece = 64 << 10
)

// prime lends the machine a buffer for the frame that comes next. mu is held.
func (c *Conn) prime() {
	if c.m.Queued() == 0 {
		buf, _ := writeBuffers.Get().(*[writeBufferSize]byte)
		recycle(c.m.Output(buf[:]))
	}
}

// recycle takes a buffer back, unless it had to grow.
func recycle(b []byte) {
	if cap(b) == writeBufferSize {
		writeBuffers.Put((*[writeBufferSize]byte)(b[:writeBufferSize]))
	}
}

// flush writes what waits. What the transport takes at once is written here;
// for the rest a goroutine is started, so that no caller ever waits for a peer.
// Output of a batch waits for its end and leaves in one write. mu is held.
func (c *Conn) flush() {
	if c.writing || c.batch {
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
		c.writing, c.unsent = true, out[n:]
		go c.writeLoop()
		return
	}
	recycle(out)
}

// writeLoop writes until nothing waits.
func (c *Conn) writeLoop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.unsent) > 0 && !c.m.Done() {
		piece := c.unsent[:min(len(c.unsent), writePiece)]
		c.mu.Unlock()
		n, err := c.transport.write(piece)
		c.mu.Lock()
		c.wrote(n, err)
		if c.unsent = c.unsent[n:]; len(c.unsent) == 0 {
			c.unsent = c.m.Output(nil)
		}
	}
	c.writing, c.unsent = false, nil
	if !c.m.Done() {
		c.mu.Unlock()
		c.handler.Drained(c)
		c.mu.Lock()
	}
	c.pump() // the terminal event may have waited for the last byte
	c.settle()
}

// wrote reports to the machine what the transport took. mu is held.
func (c *Conn) wrote(n int, err error) {
	c.m.Wrote(n)
	if err != nil {
		c.breakOff(protocol.CauseTransport, err)
	}
}
