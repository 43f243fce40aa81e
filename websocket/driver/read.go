package driver

import (
	"errors"
	"io"
	"sync"

	"github.com/lingerws/linger/protocol"
)

const readBufferSize = 32 << 10

// scratch is what one batch of input needs: room for the bytes, and for their events.
type scratch struct {
	buf    [readBufferSize]byte
	events [64]protocol.Event

	// monitored reports whether the monitor of an event loop ends a batch of input that takes long. It is nil, which
	// stands for false, unless the scratch belongs to an event loop.
	monitored func() bool
}

// scratches is a pool. A connection has a scratch only while there is input, or while the
// handler works on payloads in it.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch() *scratch {
	s, _ := scratches.Get().(*scratch)
	s.monitored = nil
	return s
}

// readLoop reads until the transport ends (RFC 6455, section 7.1.1), also while only the
// peer's EOF is missing.
func (d *Driver) readLoop(early []byte) {
	if len(early) > 0 {
		d.receiveBlocking(newScratch(), early)
	}
	t, _ := d.transport.(blockingTransport)
	receive := d.receiveBlocking // bound once: binding allocates
	for {
		if err := t.read(receive); err != nil {
			d.endInput(err)
			return
		}
	}
}

// receiveBlocking handles a batch of input, which lies in s or outlives it, and blocks until
// the next may be read. s belongs to it. It reports whether more input is to be expected at
// once.
func (d *Driver) receiveBlocking(s *scratch, b []byte) (more bool) {
	d.wake()
	defer d.rest()
	for {
		if d.receive(b, s) {
			go d.workAside(s)
		} else {
			scratches.Put(s)
			d.endBatch()
			d.settle()
		}
		for d.state.reading != readIdle || d.m.Unparsed() && !d.state.delivers() && d.state.transport != transportClosed {
			d.handled.Wait()
		}
		if !d.m.Unparsed() || d.state.transport == transportClosed {
			return !d.m.AtBoundary() || d.m.Discards()
		}
		s, b = newScratch(), nil // the handler has resumed: what is left of b is in the machine
	}
}

// receive hands a batch of input to the machine, and its events to the handler. What cannot
// be delivered, because the handler has paused or another goroutine is delivering, is copied:
// nothing but payloads that wait for Work refers to b and s afterwards. It reports whether the
// caller has to call Work. mu is held, not during calls.
func (d *Driver) receive(b []byte, s *scratch) (work bool) {
	d.beginBatch(s.monitored != nil && s.monitored())
	if len(b) > 0 {
		d.keepAlive.heard, d.keepAlive.unanswered = true, 0
	}
	d.m.Receive(b)
	d.room = s.events[:0]
	work = d.pump(readReceiving)
	d.room = nil
	d.m.Keep()
	return work
}

// endInput reports to the machine why nothing more can be read.
func (d *Driver) endInput(err error) {
	d.wake()
	defer d.rest()
	d.endInputLocked(err)
}

// endInputLocked is endInput for a caller that holds mu.
func (d *Driver) endInputLocked(err error) {
	d.state.inputAtEnd()
	if isEOF(err) {
		d.m.ReceiveEOF()
	} else {
		d.breakOff(protocol.CauseTransport, err)
	}
	d.obey()
	d.pump(readDelivering)
}

// isEOF reports whether the peer ended its direction. A TLS peer that ends TCP without
// close_notify has done only that: the closing handshake decides whether it was clean.
func isEOF(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
