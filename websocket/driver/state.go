package driver

import (
	"fmt"

	"github.com/lingerws/linger/internal/race"
)

// state is what a connection is doing, apart from the state of its protocol machine: reading, writing and ending, which are
// independent of each other but for the combinations that [state.legal] excludes. It changes only in this file, while
// Driver.mu is held. In the tables a dash is a transition that must not happen; it panics in builds with the race
// detector.
//
//	      reading                     writing                       ending                 hand-over
//
//	       idle                        idle                  transport   terminal event     live
//	      /    \                     /   |   \                                               |
//	receiving  delivering         held monitored waiting        open         pending       frozen
//	      \    /                   |     |       |               |              |          /    \
//	       \  /                 bounded  |       |          writeClosed       queued     live  released
//	        ||                     |     |       |               |              |
//	       idle                   idle  idle    idle           closed       delivered
//
// # Reading
//
// One goroutine at a time delivers events: the one that has read them (receiving) or, after Resume, or when a write or a
// timer has made an event due, another one (delivering). No input is read in either state, nor while the handler has
// paused and the machine has input left.
//
//	reading                       idle          receiving     delivering
//	input has been read           receiving     receiving     delivering
//	events are due                delivering    receiving     delivering
//	no event is left              -             idle          idle
//
// The input of a notifying transport, which is read when it has reported a change:
//
//	input                         none          ready         last          ended
//	a change is reported          ready         ready         last          ended
//	the last one is reported      last          last          last          ended
//	a buffer has been filled      -             ready         last          -
//	a buffer has not been filled  -             none          last          -
//	nothing was there             -             none          none          -
//	the end or an error was there ended         ended         ended         -
//
// # Writing
//
// Frames of a batch are held back, so that they leave in one write, until the batch ends (held). Once there is a frame a
// timer ends the batch a millisecond after its beginning (bounded), unless the monitor of the event loops ends a batch
// that takes long (monitored). On a ring, a monitored batch with frames lasts until the end of the event loop's turn. What the
// transport does not take waits, and all later frames after it (waiting).
//
//	writing                       idle          held          bounded       monitored     waiting
//	a batch begins                held          held          bounded       monitored     waiting
//	a monitored batch begins      monitored     held          bounded       monitored     waiting
//	Together begins               held          held          bounded       held          waiting
//	a frame is queued             idle          bounded       bounded       monitored     waiting
//	the batch ends                idle          idle          idle          idle          waiting
//	the batch is late             idle          held          idle          idle          waiting
//	the transport is full         waiting       -             -             -             -
//	the transport has taken all   -             -             -             -             idle
//
// # Ending
//
// The transport and the terminal event end independently. A client's terminal event comes before the server's EOF; the
// transport of a connection that is aborted is closed before Closed is called, and as long as the handler has paused
// Closed is not called at all.
//
//	transport                     open          writeClosed   closed
//	the machine ends our half     writeClosed   writeClosed   closed
//	the machine is done           closed        closed        closed
//
//	end                           pending       queued        delivered
//	the machine returns the end   queued        -             -
//	Closed is called              -             delivered     -
//
// # Hand-over
//
// A connection is frozen while nothing is under way: no goroutine delivers events, no batch is held, and its end is not
// due. Then nothing changes but pauses, until it is thawed or released. Releasing closes the transport.
//
//	hand-over                     live          frozen        released
//	the connection is frozen      frozen        -             -
//	it is thawed                  -             live          -
//	it is released                -             released      -
type state struct {
	reading   readState
	input     inputState
	writing   writeState
	transport transportState
	end       endState
	handover  handoverState

	paused  bool // the handler has called Pause, and not Resume since
	workDue bool // a call of Events has returned true, and Work has not been called since
}

// readState is who delivers the events of a connection.
type readState uint8

const (
	readIdle       readState = iota // no goroutine
	readReceiving                   // the goroutine that has read them
	readDelivering                  // another goroutine
)

// inputState is what a notifying transport has reported of its input. Otherwise it is inputNone until inputEnded.
type inputState uint8

const (
	inputNone  inputState = iota // nothing to read, until the transport reports a change
	inputReady                   // there may be something to read
	inputLast                    // the same, and the end will follow without another report
	inputEnded                   // the end of input, or an error, has been read
)

// writeState is when frames that are queued leave.
type writeState uint8

const (
	writeIdle      writeState = iota // at once
	writeHeld                        // at the end of a batch
	writeBounded                     // at the end of a batch, or when the timer fires that runs since the first was queued
	writeMonitored                   // at the end of a batch or of the turn, or when the monitor of the event loops finds it late
	writeWaiting                     // when the transport has taken what waits before them
)

// transportState is what has become of the transport.
type transportState uint8

const (
	transportOpen        transportState = iota
	transportWriteClosed                // our direction has ended: FIN, over TLS close_notify before it
	transportClosed
)

// endState is what has become of the terminal event.
type endState uint8

const (
	endPending   endState = iota
	endQueued             // the machine has returned it
	endDelivered          // Closed has been called
)

// handoverState is how far the hand-over of a connection to another process has come.
type handoverState uint8

const (
	handoverLive     handoverState = iota
	handoverFrozen                 // nothing happens on it in this process
	handoverReleased               // this process has closed its descriptor; the connection goes on in another one
)

// legal reports whether the combination may exist.
func (s *state) legal() bool {
	switch {
	case s.workDue && s.reading == readIdle: // Work is called when delivering ends
		return false
	case s.writing == writeWaiting && s.transport == transportWriteClosed: // the FIN follows the last byte
		return false
	case s.handover == handoverFrozen && !s.freezable():
		return false
	case s.handover == handoverReleased && (s.transport != transportClosed || !s.quiet() || s.end != endPending):
		return false
	}
	return true
}

// live reports whether the connection is neither frozen nor released.
func (s *state) live() bool { return s.handover == handoverLive }

// quiet reports whether no goroutine delivers events and no batch is held.
func (s *state) quiet() bool {
	return s.reading == readIdle && (s.writing == writeIdle || s.writing == writeWaiting)
}

// freezable reports whether a connection in this state may be frozen.
func (s *state) freezable() bool {
	return s.quiet() && s.transport != transportClosed && s.end == endPending
}

// freeze, thaw and release are the steps of a hand-over.
func (s *state) freeze() {
	s.expect(s.live() && s.freezable(), "freeze")
	s.handover = handoverFrozen
}

func (s *state) thaw() {
	s.expect(s.handover == handoverFrozen, "thaw")
	s.handover = handoverLive
}

func (s *state) release() {
	s.expect(s.handover == handoverFrozen, "release")
	s.handover, s.transport = handoverReleased, transportClosed
}

// parkable reports whether a connection in this state may do without its working part, if its machine is idle.
func (s *state) parkable() bool {
	return s.reading == readIdle && s.writing == writeIdle && s.transport == transportOpen && s.end == endPending
}

// expect panics in builds with the race detector if a transition begins where it may not, or has led to an illegal
// combination.
func (s *state) expect(ok bool, transition string) {
	if race.Enabled && !ok {
		panic(fmt.Sprintf("driver: %s in the state %+v", transition, *s)) //nolint:forbidigo // builds with the race detector only
	}
}

// beginDelivery makes the caller the one that delivers events, unless there is one.
func (s *state) beginDelivery(as readState) (begun bool) {
	s.expect(s.live() && as != readIdle, "beginDelivery")
	if s.reading != readIdle {
		return false
	}
	s.reading = as
	return true
}

// noteWork notes that a call of Events has returned true.
func (s *state) noteWork() {
	s.expect(s.live() && s.reading != readIdle, "noteWork")
	s.workDue = true
}

// endDelivery ends what beginDelivery has begun. It reports whether Work has to be called.
func (s *state) endDelivery() (work bool) {
	s.expect(s.live() && s.reading != readIdle, "endDelivery")
	work = s.workDue
	s.reading, s.workDue = readIdle, false
	return work
}

// inputReported follows a report of the transport. last means that it reports nothing more.
func (s *state) inputReported(last bool) {
	s.expect(s.live(), "inputReported")
	switch {
	case s.input == inputEnded:
	case last:
		s.input = inputLast
	case s.input == inputNone:
		s.input = inputReady
	}
}

// inputRead follows a read. A buffer that is not full has emptied the transport, but for the end of input.
func (s *state) inputRead(full bool) {
	s.expect(s.live() && s.readable(), "inputRead")
	if s.input == inputReady && !full {
		s.input = inputNone
	}
}

// inputMissing follows a read that has found nothing.
func (s *state) inputMissing() {
	s.expect(s.live() && s.readable(), "inputMissing")
	s.input = inputNone
}

// inputAtEnd follows the end of input, or an error.
func (s *state) inputAtEnd() {
	s.expect(s.live() && s.input != inputEnded, "inputAtEnd")
	s.input = inputEnded
}

// readable reports whether a notifying transport may have something to read.
func (s *state) readable() bool { return s.input == inputReady || s.input == inputLast }

// mayRead reports whether a notifying transport has something to read that can be handled, provided that the machine has no input
// left. The goroutine that delivers comes back to it otherwise.
func (s *state) mayRead() bool {
	return s.live() && s.readable() && s.reading == readIdle && s.transport != transportClosed
}

// pause and resume follow the calls of the handler.
func (s *state) pause()  { s.paused = true }
func (s *state) resume() { s.paused = false }

// delivers reports whether events may be delivered: the handler has not paused, or is past its last event, so that
// what still comes is dropped.
func (s *state) delivers() bool { return !s.paused || s.end == endDelivered }

// beginBatch holds back the frames of a batch of input. monitored means that the monitor of the event loops ends it if it is
// late. A batch that another goroutine has begun goes on.
func (s *state) beginBatch(monitored bool) {
	s.expect(s.live(), "beginBatch")
	switch {
	case s.writing != writeIdle:
	case monitored:
		s.writing = writeMonitored
	default:
		s.writing = writeHeld
	}
}

// beginTogether is beginBatch for a batch whose goroutine is not monitored.
func (s *state) beginTogether() {
	s.expect(s.live(), "beginTogether")
	if s.writing == writeIdle || s.writing == writeMonitored {
		s.writing = writeHeld
	}
}

// frameQueued bounds a batch that is held, whose timer is started.
func (s *state) frameQueued() {
	s.expect(s.live(), "frameQueued")
	if s.writing == writeHeld {
		s.writing = writeBounded
	}
}

// endBatch lets frames leave. It reports whether the timer of the batch has to be stopped.
func (s *state) endBatch() (bounded bool) {
	s.expect(s.live(), "endBatch")
	bounded = s.writing == writeBounded
	if s.writing != writeWaiting {
		s.writing = writeIdle
	}
	return bounded
}

// batchLate ends a batch that takes long: its timer has fired, or a monitor has found it. It reports whether there was
// one.
func (s *state) batchLate() (ended bool) {
	s.expect(s.live(), "batchLate")
	ended = s.writing == writeBounded || s.writing == writeMonitored
	if ended {
		s.writing = writeIdle
	}
	return ended
}

// beginWaiting follows a write of which the transport has not taken all.
func (s *state) beginWaiting() {
	s.expect(s.live() && s.writing == writeIdle, "beginWaiting")
	s.writing = writeWaiting
	s.expect(s.legal(), "beginWaiting")
}

// endWaiting follows the write of the last byte that waited.
func (s *state) endWaiting() {
	s.expect(s.live() && s.writing == writeWaiting, "endWaiting")
	s.writing = writeIdle
}

// closeWrite follows the end of our direction. It reports whether that is new.
func (s *state) closeWrite() (first bool) {
	s.expect(s.live(), "closeWrite")
	if s.transport != transportOpen {
		return false
	}
	s.transport = transportWriteClosed
	s.expect(s.legal(), "closeWrite")
	return true
}

// close follows the end of the transport. It reports whether that is new.
func (s *state) close() (first bool) {
	s.expect(s.live(), "close")
	first = s.transport != transportClosed
	s.transport = transportClosed
	return first
}

// queueEnd notes that the machine has returned the terminal event.
func (s *state) queueEnd() {
	s.expect(s.live() && s.end == endPending && s.reading != readIdle, "queueEnd")
	s.end = endQueued
}

// deliverEnd notes that Closed is being called.
func (s *state) deliverEnd() {
	s.expect(s.live() && s.end == endQueued && !s.paused && s.reading == readIdle, "deliverEnd")
	s.end = endDelivered
}
