package driver

import (
	"math"
	"time"

	"github.com/lingerws/linger/protocol"
)

// pump delivers the machine's events until there is none or the handler has paused. It is called wherever events may have
// become due; while one goroutine delivers, it changes nothing for the others. It reports whether a goroutine that has
// read has to call Work; otherwise a new one does. mu is held on entry and on return, not during calls.
func (d *Driver) pump(as readState) (work bool) {
	if d.handler == nil || !d.state.beginDelivery(as) {
		return false
	}
	for again := true; again; again = d.m.EndDue() && !d.state.paused {
		d.handOut()
		if as == readReceiving && !d.state.workDue && !d.holdsForTurn() {
			d.endBatch() // no reply to what has been read will follow
		}
		d.obey() // what it writes may make the terminal event due
	}
	if work = d.state.endDelivery(); work {
		d.beginWork()
	}
	d.callClosed()
	d.handled.Broadcast()
	if as == readReceiving {
		return work
	}
	if work {
		go d.workAside(nil)
	}
	d.wakeReader()
	return false
}

// ownedInBatch bounds the Owned payloads of a call of Events, in bytes, so that a handler
// that pauses does so in time. All others lie in the buffer of one read.
const ownedInBatch = 64 << 10

// handOut delivers the machine's events, in one call or a few. After the terminal event there
// are none that a handler could be too busy for, so input is dropped although it has paused.
func (d *Driver) handOut() {
	room, owned := d.room[:0], 0
	single := !d.settings().machine.HalfOpen // the machine answers a Close at once: replies to the messages before it come first
	for d.state.delivers() {
		ev, ok := d.m.Next()
		if !ok {
			break
		}
		switch ev.Kind {
		case protocol.EventClosed:
			d.state.queueEnd()
			continue
		case protocol.EventPing: // the machine has answered it
			continue
		case protocol.EventPong:
			d.notePong(ev.Payload)
		case protocol.EventMessage, protocol.EventPiece, protocol.EventPeerClose, protocol.EventFailing:
		}
		room = append(room, ev)
		if ev.Owned {
			owned += len(ev.Payload)
		}
		if single || len(room) == cap(room) || owned >= ownedInBatch {
			d.deliver(room)
			room, owned = room[:0], 0
		}
	}
	d.deliver(room)
}

// deliver calls Events. A handler that ends its goroutine instead of returning loses the
// connection, which no goroutine would read any more. mu is held, not during the call.
func (d *Driver) deliver(events []protocol.Event) {
	if len(events) == 0 {
		return
	}
	failing := events[len(events)-1].Kind == protocol.EventFailing
	returned, work := false, false
	d.rest()
	defer func() {
		d.wake()
		switch {
		case work:
			d.state.noteWork()
		case failing:
			d.m.Fail()
		}
		if !returned {
			if d.room = nil; d.state.endDelivery() {
				d.beginWork()
				go d.workAside(nil)
			}
			d.breakOff(CauseAbort, nil)
			d.endBatch()
			d.settle()
		}
	}()
	work = d.handler.Events(d, events)
	returned = true
	for i := range events {
		events[i].Payload = nil // a pooled scratch keeps none alive
	}
}

// workAside calls Work on its own goroutine, while the connection is read on. Replies to the
// same read that have been sent already do not wait for it. s is what the payloads lie in, or
// nil if the machine has kept them.
func (d *Driver) workAside(s *scratch) {
	d.wake()
	defer d.rest()
	if s != nil {
		defer scratches.Put(s)
	}
	if d.state.live() {
		d.endBatch()
		d.settle()
		d.beginBatch(false)
	}
	if d.callWork() {
		d.endBatch()
		d.settle()
	}
}

// A connection with a call of Work that is due or has not returned cannot be frozen by Freeze. beginWork and endWork count these
// calls. A count that has reached its limit stays there, so that the connection remains where it is.

// beginWork follows the end of a delivery that makes a call of Work due. mu is held.
func (d *Driver) beginWork() {
	if d.works < math.MaxUint16 {
		d.works++
	}
}

// endWork follows the end of the call. mu is held.
func (d *Driver) endWork() {
	if d.works < math.MaxUint16 {
		d.works--
	}
}

// callWork calls Work. If the handler ends this goroutine the connection goes on: another
// goroutine reads what is left. It reports whether the connection is live: FreezeNow may have frozen it during the call. mu is
// held, not during the call.
func (d *Driver) callWork() (live bool) {
	returned := false
	d.mu.Unlock() // and not rest: a batch that is being handled keeps the connection from being parked
	defer func() {
		d.wake()
		d.endWork()
		if live = d.state.live(); live && !returned {
			d.endBatch()
			d.settle()
			d.wakeReader()
		}
	}()
	d.handler.Work(d)
	returned = true
	return live // set by the deferred function
}

// endDue reports whether the terminal event can be delivered. It is the last call, so a call of
// Drained that has not returned delays it.
func (d *Driver) endDue() bool {
	queued := d.state.end == endQueued || d.m.EndDue()
	return queued && !d.state.paused && d.drains == 0 && d.handler != nil
}

// callClosed calls Closed if the terminal event can be delivered, on its own goroutine: the
// reader must go on dropping input during the call, or the transport would be closed with a
// reset that destroys our Close frame.
func (d *Driver) callClosed() {
	if d.state.end != endQueued || !d.endDue() {
		return
	}
	d.state.deliverEnd()
	end := Outcome{Outcome: d.m.Outcome()}
	if end.Cause == protocol.CauseTransport {
		end.Err = d.err
	}
	go d.handler.Closed(d, end)
}

// Pause stops the events: after a call of Events that has begun none comes until Resume,
// and no call of Closed. Nothing is read either, beyond one buffer of 32 KiB. A handler calls
// it when it cannot take more.
func (d *Driver) Pause() {
	d.mu.Lock()
	d.state.pause()
	d.mu.Unlock()
}

// Resume continues after Pause. Events come from another goroutine than the caller's.
func (d *Driver) Resume() {
	d.mu.Lock()
	defer d.rest()
	d.state.resume()
	if d.parked() || !d.state.live() { // the goroutine that has begun to read goes on, or nothing does
		return
	}
	d.handled.Broadcast() // a blocking reader may wait
	d.wakeReader()
	d.settle()
}

// batchDelay bounds how long a frame waits for the end of the batch that it belongs to. Quick
// handlers need less than that for a whole batch; if one blocks, the delay is too short to
// notice.
const batchDelay = time.Millisecond

// beginBatch holds frames back until endBatch, for batchDelay at most; see [state.beginBatch]. mu is held.
func (d *Driver) beginBatch(monitored bool) {
	if d.state.beginBatch(monitored); !monitored {
		d.batchBegan = time.Now()
	}
}

// holdsBack reports whether frames that are queued have to wait for the end of a batch or for the transport. A batch is
// not waited for longer than batchDelay: its handler may block after it has sent something, other goroutines may send, and
// a Close has its own timer. The monitor of an event loop bounds the wait without a timer of the connection. mu is
// held.
func (d *Driver) holdsBack() bool {
	if d.state.writing != writeHeld || d.m.Queued() == 0 {
		return d.state.writing != writeIdle
	}
	wait := batchDelay - time.Since(d.batchBegan)
	if wait <= 0 {
		d.endBatch()
		return false
	}
	d.state.frameQueued()
	if d.batchTimer == nil {
		d.batchTimer = time.AfterFunc(wait, d.cutBatch)
	} else {
		d.batchTimer.Reset(wait)
	}
	return true
}

// Together calls send, and writes what it sends together, as what a handler sends during a
// call: in one write if possible, and after a millisecond at the latest.
func (d *Driver) Together(send func()) {
	if !d.wakeLive() {
		send() // each message is diverted
		return
	}
	d.state.beginTogether()
	d.batchBegan = time.Now()
	d.rest()
	defer func() {
		if d.wakeLive() {
			defer d.rest()
			d.endBatch()
			d.settle()
		}
	}()
	send()
}

// cutBatch ends a batch that takes long. From now on its frames leave one by one. It is called
// by the batch timer or by the monitor of an event loop.
func (d *Driver) cutBatch() {
	if !d.wakeLive() {
		return
	}
	defer d.rest()
	if d.state.batchLate() {
		if d.batchTimer != nil {
			d.batchTimer.Stop()
		}
		d.settle()
	}
}

// holdsForTurn reports whether the frames of a batch whose handling ends wait for the end of the event loop's turn, to be written
// together with those of other connections. mu is held.
func (d *Driver) holdsForTurn() bool {
	return d.turning && d.state.writing == writeMonitored && d.m.Queued() > 0
}

// lockHeld implements [readinessHandler].
func (d *Driver) lockHeld() (out []byte) {
	if !d.mu.TryLock() { // never blocks, because the caller has locked other connections
		return nil
	}
	if !d.state.live() || d.parked() || d.state.writing != writeMonitored || d.state.reading != readIdle || d.m.Queued() == 0 {
		d.mu.Unlock()
		return nil
	}
	d.endBatch()
	if out = d.m.Output(nil); d.m.Last() {
		d.writeOutput(out) // with the end of our direction
		d.settle()
		d.rest()
		return nil
	}
	return out
}

// unlockHeld implements [readinessHandler].
func (d *Driver) unlockHeld(out []byte, n int, err error) {
	d.wroteOutput(out, n, err)
	d.settle()
	d.rest()
}

// flushHeld implements [readinessHandler].
func (d *Driver) flushHeld() {
	if !d.wakeLive() {
		return
	}
	defer d.rest()
	d.endBatch()
	d.settle()
}

// endBatch ends a batch: its frames leave with the next flush. mu is held.
func (d *Driver) endBatch() {
	if bounded := d.state.endBatch(); bounded {
		d.batchTimer.Stop()
	}
}

// settle follows a call of the application. The application may hold locks that its handler
// locks too, so the handler is called on another goroutine. mu is held.
func (d *Driver) settle() {
	d.obey()
	if d.endDue() && d.state.reading == readIdle {
		go d.pumpAside()
	}
}

// obey does what the machine requires of its driver after every call; package protocol lists
// it. mu is held.
func (d *Driver) obey() {
	d.flush()
	d.armTimer()
	if d.m.ShouldCloseWrite() && d.state.closeWrite() {
		d.transport.closeWrite()
	}
	if d.m.Done() && d.state.close() {
		d.release()
	}
}

// release closes the transport, which ends the goroutines that read and write it. mu is held.
func (d *Driver) release() {
	d.disarmKeepAlive()
	d.transport.close()
	d.handled.Broadcast()
	d.announceClosed()
}

// pumpAside delivers the terminal event that writing or a call has made due.
func (d *Driver) pumpAside() {
	if !d.wakeLive() {
		return
	}
	d.pump(readDelivering)
	d.rest()
}
