package driver

import "github.com/lingerws/linger/protocol"

// pump delivers the machine's events until there is none or the handler has paused. It is called wherever events may have
// become due; while one goroutine delivers, it changes nothing for the others. It reports whether a goroutine that has
// read has to call Work; otherwise a new one does. mu is held on entry and on return, not during calls.
func (d *Driver) pump(as readState) (work bool) {
	if d.handler == nil || !d.state.beginDelivery(as) {
		return false
	}
	for again := true; again; again = d.m.EndDue() && !d.state.paused {
		d.handOut()
		if as == readReceiving && !d.state.workDue {
			d.endBatch() // no reply to what has been read will follow
		}
		d.obey() // what it writes may make the terminal event due
	}
	work = d.state.endDelivery()
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
	single := !d.opts.machine.HalfOpen // the machine answers a Close at once: replies to the messages before it come first
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
		case protocol.EventMessage, protocol.EventPiece, protocol.EventPong, protocol.EventPeerClose, protocol.EventFailing:
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
	returned, workDue := false, false
	d.rest()
	defer func() {
		d.wake()
		if workDue {
			d.state.noteWork()
		}
		if !returned {
			if d.room = nil; d.state.endDelivery() {
				go d.workAside(nil)
			}
			d.breakOff(CauseAbort, nil)
			d.endBatch()
			d.settle()
		}
	}()
	work := d.handler.Events(d, events)
	returned = true
	clear(events) // a pooled scratch keeps no payload alive
	workDue = work
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
	d.endBatch()
	d.settle()
	d.beginBatch(false)
	d.callWork()
	d.endBatch()
	d.settle()
}

// callWork calls Work. If the handler ends this goroutine the connection goes on: another
// goroutine reads what is left. mu is held, not during the call.
func (d *Driver) callWork() {
	returned := false
	d.mu.Unlock() // and not rest: a batch that is being handled keeps the connection from being parked
	defer func() {
		d.wake()
		if !returned {
			d.endBatch()
			d.settle()
			d.wakeReader()
		}
	}()
	d.handler.Work(d)
	returned = true
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
	if d.parked() { // the goroutine that has begun to read goes on
		return
	}
	d.handled.Broadcast() // a blocking reader may wait
	d.wakeReader()
	d.settle()
}
