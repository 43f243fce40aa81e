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
func (d *Driver) readLoop(early []byte) {
	if len(early) > 0 {
		d.receive(early)
	}
	receive := d.receive // bound once: binding allocates
	for {
		if err := d.transport.read(receive); err != nil {
			d.endInput(err)
			return
		}
	}
}

// receive hands one batch of input to the machine. When it returns nobody looks
// at b any more. It tells whether more input is to be expected at once.
func (d *Driver) receive(b []byte) (more bool) {
	d.lock()
	defer d.unlock()
	d.heard, d.unanswered = true, 0
	d.receiving, d.batch, d.empty = true, true, false
	d.m.Receive(b)
	// Events may be handed out by another goroutine, and then its handler looks at
	// b. Once the transport is gone the machine has dropped what was left of b.
	for d.pump(); d.pumping || !d.empty && !d.released; d.pump() {
		d.endBatch() // while the handler rests nothing may wait for it
		d.settle()
		d.handled.Wait()
		d.batch = true
	}
	d.receiving = false
	d.endBatch()
	d.settle()
	return !d.m.AtBoundary() || d.m.Discards()
}

// endInput tells the machine why nothing more can be read.
func (d *Driver) endInput(err error) {
	d.lock()
	defer d.unlock()
	d.endInputNow(err)
}

// endInputNow is endInput for who holds mu.
func (d *Driver) endInputNow(err error) {
	if isEOF(err) {
		d.m.ReceiveEOF()
	} else {
		d.breakOff(protocol.CauseTransport, err)
	}
	d.obey()
	d.pump()
}

// isEOF tells whether the peer ended its direction. A TLS peer that ends TCP
// without close_notify has done no more than that: whether it was clean is for
// the closing handshake to say.
func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
