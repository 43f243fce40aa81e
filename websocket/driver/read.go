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

	// turn makes the frames of a batch be held until the end of the event loop's turn. held reports that this has been
	// done, so that the loop has to call lockHeld or flushHeld then.
	turn, held bool
}

// scratches is a pool. A connection has a scratch only while there is input, or while the
// handler works on payloads in it.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newScratch() *scratch {
	s, _ := scratches.Get().(*scratch)
	s.monitored, s.turn = nil, false
	return s
}

// startReader starts the goroutine that reads a [blockingTransport], and handles early first, with what the machine has not
// parsed. mu is held.
func (d *Driver) startReader(t blockingTransport, early []byte) {
	d.readerIn = true
	go d.readLoop(t, early, len(early) > 0 || d.m.Unparsed())
}

// readLoop reads until the transport ends (RFC 6455, section 7.1.1), also while only the
// peer's EOF is missing.
func (d *Driver) readLoop(t blockingTransport, early []byte, handleEarly bool) {
	receive := d.receiveBlocking // bound once: binding allocates
	if handleEarly {
		receive(newScratch(), early)
	}
	for {
		if err := t.read(receive); err != nil && !d.endInput(err) {
			return
		}
	}
}

// leaveRead follows a read of a blockingTransport. If the connection is frozen it blocks until that is over. It reports
// whether the connection is live. mu is held.
func (d *Driver) leaveRead() (live bool) {
	d.readerIn = false
	if d.state.live() {
		return true
	}
	d.handled.Broadcast() // Freeze may wait for the read
	d.awaitThaw()
	return d.state.live()
}

// awaitThaw blocks while the connection is frozen. mu is held.
func (d *Driver) awaitThaw() {
	for d.state.handover == handoverFrozen {
		d.handled.Wait()
	}
}

// receiveBlocking handles a batch of input, which lies in s or outlives it, and blocks until
// the next may be read. s belongs to it. It reports whether more input is to be expected at
// once.
func (d *Driver) receiveBlocking(s *scratch, b []byte) (more bool) {
	d.wake()
	defer d.rest()
	if !d.state.live() { // it was frozen during the read
		d.keepInput(b)
		b = nil
	}
	for d.leaveRead() {
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
		b = nil
		d.awaitThaw()
		if !d.m.Unparsed() || d.state.transport == transportClosed {
			d.readerIn = d.state.live()
			return !d.m.AtBoundary() || d.m.Discards()
		}
		s = newScratch() // the handler has resumed: what is left of b is in the machine
	}
	if s != nil {
		scratches.Put(s)
	}
	return false
}

// keepInput leaves input of a frozen connection in the machine. mu is held.
func (d *Driver) keepInput(b []byte) {
	d.keepAlive.heard, d.keepAlive.unanswered = true, 0
	d.m.Receive(b)
	d.m.Keep()
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
	d.room, d.turning = s.events[:0], s.turn
	work = d.pump(readReceiving)
	d.room = nil
	d.m.Keep()
	return work
}

// endInput reports to the machine why nothing more can be read. It reports whether only a hand-over has interrupted the read, so
// that it has to be repeated.
func (d *Driver) endInput(err error) (again bool) {
	d.wake()
	defer d.rest()
	interrupted := !d.state.live()
	if !d.leaveRead() {
		return false
	}
	if interrupted {
		d.readerIn = true
		return true
	}
	d.endInputLocked(err)
	return false
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

// The readiness driver has no goroutine that reads. Its transport calls handleReadiness when
// input, or room for output, may be there. All else is shared with the blocking driver: the
// machine, timers, output, events.

// maxReads is the number of reads of one connection before others have their turn.
const maxReads = 4

// notifier returns the transport of a connection that has a [notifyingTransport].
func (d *Driver) notifier() notifyingTransport {
	n, _ := d.transport.(notifyingTransport)
	return n
}

// startNotified starts the reports of the transport, after the input that came with the
// opening handshake has been handled.
func (d *Driver) startNotified(n notifyingTransport, early []byte) {
	if len(early) > 0 {
		go func() {
			defer d.begin(n) // also when the handler ends this goroutine
			d.receiveEarly(early)
		}()
		return
	}
	d.begin(n)
}

// receiveEarly handles the input that came with the opening handshake.
func (d *Driver) receiveEarly(early []byte) {
	d.wake()
	defer d.rest()
	s := newScratch()
	defer scratches.Put(s)
	d.receiveReady(early, s)
}

// begin starts the reports of the transport, unless it has been closed already. The connection can be frozen from now on.
func (d *Driver) begin(n notifyingTransport) {
	d.wake()
	defer d.rest()
	d.early = nil
	if d.state.transport != transportClosed {
		if err := n.start(); err != nil {
			d.endInputLocked(err)
		}
		d.awaitRoomAgain(n)
	}
	d.settle() // the end may have become due before
}

// awaitRoomAgain follows the start of the reports of a transport, for output that waits already. mu is held.
func (d *Driver) awaitRoomAgain(n notifyingTransport) {
	if d.state.writing == writeWaiting && d.state.transport != transportClosed {
		n.awaitRoom()
	}
}

// handleReadiness implements [readinessHandler].
func (d *Driver) handleReadiness(s *scratch, terminal bool) (more bool) {
	if !d.wakeLive() {
		return false
	}
	defer d.rest()
	if d.state.transport == transportClosed {
		return false
	}
	d.state.inputReported(terminal)
	if d.state.writing == writeWaiting {
		d.writeOn()
	}
	return d.readOn(s)
}

// readOn reads for a while, if it may. mu is held, not during calls.
func (d *Driver) readOn(s *scratch) (more bool) {
	for range maxReads {
		if !d.mayRead() {
			return false
		}
		d.readOnce(s)
	}
	return d.mayRead()
}

// mayRead reports whether there may be input that can be handled, or kept while the handler
// has paused. If it cannot be, the goroutine that is in the way calls wakeReader. mu is held.
func (d *Driver) mayRead() bool { return d.state.mayRead() && !d.m.Unparsed() }

// readOnce reads a buffer. mu is held, not during calls.
func (d *Driver) readOnce(s *scratch) {
	n, err := d.notifier().tryRead(s.buf[:])
	switch {
	case err == nil:
		d.state.inputRead(n == len(s.buf))
		d.receiveReady(s.buf[:n], s)
	case errors.Is(err, errWouldBlock):
		d.state.inputMissing()
	default:
		d.endInputLocked(err)
	}
}

// receiveReady handles a batch of input. mu is held, not during calls.
func (d *Driver) receiveReady(b []byte, s *scratch) {
	if d.receive(b, s) && !d.callWork() {
		return
	}
	if d.holdsForTurn() {
		s.held = true
	} else {
		d.endBatch()
	}
	d.turning = false
	d.settle()
}

// wakeReader starts a goroutine for input that could not be handled, if it can be now. mu is
// held.
func (d *Driver) wakeReader() {
	if !d.notified || d.state.reading != readIdle || d.state.transport == transportClosed {
		return
	}
	if d.m.Unparsed() && !d.state.paused || d.mayRead() {
		go d.comeBack()
	}
}

// comeBack handles what is left of the last batch, and then what has arrived since.
func (d *Driver) comeBack() {
	s := newScratch()
	defer scratches.Put(s)
	for d.comeBackOnce(s) {
	}
}

// comeBackOnce is one turn of comeBack. It reports whether there may be more to read.
func (d *Driver) comeBackOnce(s *scratch) (more bool) {
	if !d.wakeLive() {
		return false
	}
	defer d.rest()
	if d.m.Unparsed() && !d.state.paused && d.state.reading == readIdle {
		d.receiveReady(nil, s)
	}
	return d.readOn(s)
}

// writeOn writes what is left, now that there may be room. mu is held, not during calls.
func (d *Driver) writeOn() {
	for !d.m.Done() {
		if d.handed == len(d.out) {
			d.nextOutput()
		}
		if len(d.out) == 0 {
			break
		}
		n, err := d.notifier().tryWrite(d.out[d.handed:])
		d.handed += n
		d.wrote(n, err)
		if n == 0 && err == nil {
			return
		}
	}
	d.endWriting()
}
