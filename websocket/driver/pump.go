package driver

import "github.com/lingerws/linger/protocol"

// pump hands out the machine's events until there is none or the handler has paused. It is
// called wherever events may have become due; while one goroutine is handing out, it changes
// nothing for the others. mu is held on entry and on return, not during calls.
func (d *Driver) pump() {
	if d.pumping || d.handler == nil {
		return
	}
	d.pumping = true
	for again := true; again; again = d.m.EndDue() && !d.paused {
		d.handOut()
		if d.receiving && !d.due {
			d.endBatch() // no reply to what has been read will follow
		}
		d.obey() // what it writes may make the terminal event due
	}
	d.pumping = false
	d.tellEnd()
	d.handled.Broadcast()
	if d.due && !d.receiving { // no reader will call Work
		d.due = false
		go d.workAside(nil)
	}
	d.wakeReader()
}

// ownedInBatch bounds the Owned payloads of a call of Events, in bytes, so that a handler
// that pauses does so in time. All others lie in the buffer of one read.
const ownedInBatch = 64 << 10

// handOut delivers the machine's events, in one call or a few. After the terminal event there
// are none that a handler could be too busy for, so input is dropped although it has paused.
func (d *Driver) handOut() {
	room, owned := d.room[:0], 0
	single := !d.opts.machine.HalfOpen // the machine answers a Close at once: replies to the messages before it come first
	for !d.paused || d.told {
		ev, ok := d.m.Next()
		if !ok {
			break
		}
		switch ev.Kind {
		case protocol.EventClosed:
			d.ended = true
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
	returned := false
	d.unlock()
	defer func() {
		d.lock()
		if !returned {
			d.pumping, d.receiving, d.room = false, false, nil
			d.breakOff(CauseAbort, nil)
			d.endBatch()
			d.settle()
		}
	}()
	work := d.handler.Events(d, events)
	returned = true
	clear(events) // a pooled scratch keeps no payload alive
	d.due = work || d.due
}

// workAside calls Work on its own goroutine, while the connection is read on. Replies to the
// same read that have been sent already do not wait for it. s is what the payloads lie in, or
// nil if the machine has kept them.
func (d *Driver) workAside(s *scratch) {
	d.lock()
	defer d.unlock()
	if s != nil {
		defer scratches.Put(s)
	}
	d.endBatch()
	d.settle()
	d.oversee(false)
	d.beginBatch()
	d.callWork()
	d.endBatch()
	d.settle()
}

// callWork calls Work. If the handler ends this goroutine the connection goes on: another
// goroutine reads what is left. mu is held, not during the call.
func (d *Driver) callWork() {
	d.due = false
	returned := false
	d.mu.Unlock() // and not unlock: a batch that is being handled keeps the connection from being parked
	defer func() {
		d.lock()
		if !returned {
			d.endBatch()
			d.settle()
			d.wakeReader()
		}
	}()
	d.handler.Work(d)
	returned = true
}

// endWaits reports whether the terminal event can be delivered. It is the last call, so a
// call of Drained that has not returned delays it.
func (d *Driver) endWaits() bool {
	return (d.ended || d.m.EndDue()) && !d.told && !d.paused && d.drains == 0 && d.handler != nil
}

// tellEnd calls Closed, on its own goroutine: the reader must go on dropping input during
// the call, or the transport would be closed with a reset that destroys our Close frame.
func (d *Driver) tellEnd() {
	if !d.ended || !d.endWaits() {
		return
	}
	d.told = true
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
	d.lock()
	d.paused = true
	d.unlock()
}

// Resume continues after Pause. Events come from another goroutine than the caller's.
func (d *Driver) Resume() {
	d.lock()
	defer d.unlock()
	d.paused = false
	d.handled.Broadcast() // a blocking reader may wait
	d.wakeReader()
	d.settle()
}
