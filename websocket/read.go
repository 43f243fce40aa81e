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
	for {
		err := c.transport.read(c.receive)
		switch {
		case err == nil:
			continue
		case isEOF(err):
			c.receiveEOF()
		default:
			c.abort(protocol.CauseTransport, err)
		}
		return
	}
}

// isEOF tells whether the peer ended its direction. A TLS peer that ends TCP
// without close_notify has done no more than that: whether it was clean is for
// the closing handshake to say.
func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// receive hands one batch of input to the machine. When it returns nobody looks
// at b any more. It tells whether the next byte begins a new frame.
func (c *Conn) receive(b []byte) (boundary bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard, c.unanswered = true, 0
	c.batch, c.empty = true, false
	c.m.Receive(b)
	for c.pump(); !c.empty; c.pump() {
		if c.released { // the machine has dropped what was left
			break
		}
		c.batch = false // while the handler rests nothing may wait for it
		c.settle()
		c.handled.Wait()
		c.batch = true
	}
	c.batch = false
	c.settle()
	return c.m.AtBoundary()
}

func (c *Conn) receiveEOF() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.ReceiveEOF()
	c.pump()
	c.settle()
}
