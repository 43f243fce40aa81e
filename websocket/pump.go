package websocket

import "github.com/lingerws/linger/protocol"

// pump hands out the machine's events, one at a time, until there is none or the
// handler has paused. Whoever finds events calls it; if somebody else is at it
// already, that one goes on. mu is held on entry and on return, not during calls.
func (d *Driver) pump() {
	if d.pumping || d.handler == nil {
		return
	}
	d.pumping = true
	for again := true; again; again = d.m.EndDue() && !d.paused {
		if d.batches {
			d.handOutBatch()
		} else {
			d.handOut()
		}
		d.obey() // what it writes may make the terminal event due
	}
	d.pumping = false
	d.tellEnd()
	d.handled.Broadcast()
	if d.due && !d.receiving { // nobody else will
		d.due = false
		go d.batchEnd()
	}
	d.wakeReader()
}

// handOut empties the machine, unless the handler pauses. Once the end is told
// nothing can be too much for the handler.
func (d *Driver) handOut() {
	for !d.paused || d.told {
		ev, ok := d.m.Next()
		if !ok {
			d.empty = true
			d.endBatch()
			return
		}
		d.handle(ev)
	}
}

// handle makes one call of the handler, or none.
func (d *Driver) handle(ev protocol.Event) {
	switch ev.Kind {
	case protocol.EventMessage, protocol.EventPiece, protocol.EventPong, protocol.EventPeerClose:
		d.call(func() { d.tell(ev) })
	case protocol.EventFailing:
		d.fail()
	case protocol.EventClosed:
		d.ended = true
	case protocol.EventPing:
	}
}

// fail leaves a violation to a handler that decides when it takes effect.
func (d *Driver) fail() {
	if f, ok := d.handler.(Failer); ok {
		d.call(func() { f.Failing(d) })
		return
	}
	d.m.Fail()
}

// tell calls the handler.
func (d *Driver) tell(ev protocol.Event) {
	switch ev.Kind {
	case protocol.EventMessage, protocol.EventPiece:
		d.handler.Message(d, ev)
	case protocol.EventPong:
		d.handler.Pong(d, ev.Payload)
	case protocol.EventPeerClose:
		d.handler.PeerClose(d, ev.Status)
	case protocol.EventFailing, protocol.EventClosed, protocol.EventPing:
	}
}

// call makes a call without the lock. A handler that ends its goroutine instead of
// returning loses the connection: nobody would read it any more.
func (d *Driver) call(handler func()) {
	returned := false
	d.unlock()
	defer func() {
		d.lock()
		if !returned {
			d.pumping, d.receiving = false, false
			d.breakOff(CauseAbort, nil)
			d.settle()
		}
	}()
	handler()
	returned = true
}

// endWaits tells whether the terminal event can be handed out. It is the last
// call, so it waits for a Drained that is under way.
func (d *Driver) endWaits() bool {
	return (d.ended || d.m.EndDue()) && !d.told && !d.paused && d.drains == 0 && d.handler != nil
}

// tellEnd makes the last call, on a goroutine of its own: the reader must go on
// dropping input while the handler is at it, or the transport would be closed
// with a reset that destroys our Close frame.
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

// Pause stops the events: after the current one none comes until Resume, the
// terminal one included. Nothing is read either, beyond one buffer of 32 KiB. A
// handler calls it when it cannot take more.
func (d *Driver) Pause() {
	d.lock()
	d.paused = true
	d.unlock()
}

// Resume lets events come again, from another goroutine than the caller's.
func (d *Driver) Resume() {
	d.lock()
	defer d.unlock()
	d.paused = false
	d.handled.Broadcast() // the reader may rest in the middle of a batch
	d.wakeReader()
	d.settle()
}
