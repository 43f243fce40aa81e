package websocket

import (
	"errors"
	"io"
	"sync"

	"github.com/lingerws/linger/protocol"
)

// readBuffers lends the buffers that input is read into. A connection holds one
// only while there is input.
var readBuffers = sync.Pool{New: func() any { return new([readBufferSize]byte) }}

const readBufferSize = 32 << 10

// readLoop reads until the transport ends: RFC 6455, section 7.1.1, also while
// nothing but the peer's EOF is missing.
func (c *Conn) readLoop() {
	if len(c.early) > 0 {
		c.receive(c.early)
		c.early = nil
	}
	receive := c.receive // bound once: binding allocates
	for {
		if err := c.transport.read(receive); err != nil {
			c.endInput(err)
			return
		}
	}
}

// receive hands one batch of input to the machine. When it returns nobody looks
// at b any more. It tells whether more input is to be expected at once.
func (c *Conn) receive(b []byte) (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard, c.unanswered = true, 0
	c.receiving, c.batch, c.empty = true, true, false
	c.m.Receive(b)
	// Events may be handed out by another goroutine, and then its handler looks at
	// b. Once the transport is gone the machine has dropped what was left of b.
	for c.pump(); c.pumping || !c.empty && !c.released; c.pump() {
		c.endBatch() // while the handler rests nothing may wait for it
		c.settle()
		c.handled.Wait()
		c.batch = true
	}
	c.receiving = false
	c.endBatch()
	c.settle()
	return !c.m.AtBoundary() || c.m.State() != protocol.StateOpen
}

// endInput tells the machine why nothing more can be read.
func (c *Conn) endInput(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if isEOF(err) {
		c.m.ReceiveEOF()
	} else {
		c.breakOff(protocol.CauseTransport, err)
	}
	c.obey()
	c.pump()
}

// isEOF tells whether the peer ended its direction. A TLS peer that ends TCP
// without close_notify has done no more than that: whether it was clean is for
// the closing handshake to say.
func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
