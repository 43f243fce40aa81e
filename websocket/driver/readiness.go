package driver

import "errors"

// The readiness driver: a connection that nobody waits for. Its transport tells when
// input or room for output may be there, and whoever is told calls ready. It shares
// everything else with the blocking driver: machine, timers, output, events.

// notifier is a transport that tells of readiness instead of being waited for. It tells
// once for each change; who is told and does not read it all has to come again.
type notifier interface {
	transport

	// begin has the transport call d.ready from now on. It may do so before it returns,
	// from another goroutine.
	begin(d *Driver) error

	// alarms returns the wheel for its connections, or nil if each has a timer.
	alarms() *wheel

	// tryWriteLast is tryWrite of what closeWrite follows at once, if it is taken whole.
	tryWriteLast(p []byte) (int, error)

	// readNow reads what is there. The error is errWait if that is nothing, and io.EOF
	// at the end of the peer's direction.
	readNow(p []byte) (int, error)
}

// errWait says that nothing can be read until the transport tells.
var errWait = errors.New("nothing is there to be read")

// readings are how many buffers one connection may fill before others have their turn.
const readings = 4

// startNotified begins to be told of readiness. What came with the handshake goes first.
func (d *Driver) startNotified(n notifier, early []byte) {
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

func (d *Driver) begin(n notifier) {
	if err := n.begin(d); err != nil {
		d.endInput(err)
	}
	d.wake()
	d.settle() // it may have ended before
	d.rest()
}

// ready handles what the transport has reported: room for output, and input, which is read
// into s. last means that the peer has ended its direction, or the transport is broken, so that
// nothing more is reported. It reports whether there may be more to read.
func (d *Driver) ready(s *scratch, last bool) (more bool) {
	d.wake()
	defer d.rest()
	if d.state.transport == transportClosed {
		return false
	}
	d.state.inputReported(last)
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
	t, _ := d.transport.(notifier)
	n, err := t.readNow(s.buf[:])
	switch {
	case err == nil:
		d.state.inputRead(n == len(s.buf))
		d.receiveReady(s.buf[:n], s)
	case errors.Is(err, errWait):
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
		n, err := d.transport.tryWrite(d.out[d.handed:])
		d.handed += n
		d.wrote(n, err)
		if n == 0 && err == nil {
			return
		}
	}
	d.endWriting()
}
