package driver

import (
	"errors"
	"time"
)

// This file is the readiness driver: a connection without a goroutine that reads for it.
// Its transport calls handleReadiness when input, or room for output, may be there. All
// else is shared with the blocking driver: the machine, timers, output, events.

// notifyingTransport is a transport that reports when it can be read or written.
// Reports are edge-triggered: a handler that leaves input unread must be called again by
// other means. A report may be a spurious wake-up.
type notifyingTransport interface {
	transport
	nonBlockingWriter

	// setHandler sets what is called. It is called once, before start and setTimer.
	setHandler(h readinessHandler)

	// start starts the reports: at first of whatever there is, and then of each change.
	// They may begin, on another goroutine, before start returns.
	start() error

	// setTimer makes checkPeer be called once, after about wait, unless stopTimer or
	// setTimer is called before. It reports whether it does so: the timers of a transport
	// may be too coarse for a short wait, or missing.
	setTimer(wait time.Duration) bool
	stopTimer()

	// tryRead reads what has arrived, without blocking. The error is errWouldBlock if
	// nothing has, and io.EOF at the end of the peer's direction.
	tryRead(p []byte) (int, error)

	// tryWriteLast is tryWrite of output which closeWrite follows at once, if all of it is
	// written: the end may then leave in the same segment.
	tryWriteLast(p []byte) (int, error)
}

// readinessHandler is what a [notifyingTransport] calls: the driver of its connection.
type readinessHandler interface {
	// handleReadiness writes what waits, and reads into s. It reports whether there may be
	// more to read, in which case it must be called again. terminal means that no further
	// report will follow: the peer has ended its direction, or the transport is broken.
	handleReadiness(s *scratch, terminal bool) (more bool)

	// cutBatch makes what has been sent during a call of handleReadiness leave before that
	// returns. It is called if the call takes long and s.monitored has returned true.
	cutBatch()

	// checkPeer is called when the time of setTimer is over.
	checkPeer()
}

// errWouldBlock is the error of a read without input.
var errWouldBlock = errors.New("nothing has arrived")

// readings are how many buffers one connection may fill before others have their turn.
const readings = 4

// notifier returns the transport of a connection that has a [notifyingTransport].
func (d *Driver) notifier() notifyingTransport {
	n, _ := d.transport.(notifyingTransport)
	return n
}

// startNotified begins to be told of readiness. What came with the handshake goes first.
func (d *Driver) startNotified(n notifyingTransport, early []byte) {
	if len(early) > 0 {
		go func() {
			defer d.begin(n) // also when the handler ends this goroutine
			d.takeEarly(early)
		}()
		return
	}
	d.begin(n)
}

func (d *Driver) takeEarly(early []byte) {
	d.wake()
	defer d.rest()
	s := newScratch()
	defer scratches.Put(s)
	d.receiveReady(early, s)
}

// begin starts the reports of the transport, unless it has been closed already.
func (d *Driver) begin(n notifyingTransport) {
	d.wake()
	defer d.rest()
	if d.state.transport != transportClosed {
		if err := n.start(); err != nil {
			d.endInputLocked(err)
		}
	}
	d.settle() // the end may have become due before
}

// handleReadiness implements [readinessHandler].
func (d *Driver) handleReadiness(s *scratch, terminal bool) (more bool) {
	d.wake()
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
	for range readings {
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
	if d.receive(b, s) {
		d.callWork()
	}
	d.endBatch()
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

// comeBack handles what is left of the last batch, and then what the transport has.
func (d *Driver) comeBack() {
	s := newScratch()
	defer scratches.Put(s)
	for d.comeBackOnce(s) {
	}
}

// comeBackOnce reports whether there may be more to read.
func (d *Driver) comeBackOnce(s *scratch) (more bool) {
	d.wake()
	defer d.rest()
	if d.m.Unparsed() && !d.state.paused && d.state.reading == readIdle {
		d.receiveReady(nil, s)
	}
	return d.readOn(s)
}

// writeOn writes what is left, now that there may be room. mu is held, not during the
// call that tells that nothing is left.
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
