package websocket

import "github.com/lingerws/linger/protocol"

// pump hands out the machine's events, one at a time, until there is none or the
// handler has paused. Whoever finds events calls it; if somebody else is at it
// already, that one goes on. mu is held on entry and on return, not during calls.
func (c *Conn) pump() {
	if c.pumping || c.handler == nil {
		return
	}
	c.pumping = true
	for again := true; again; again = c.m.EndDue() && !c.paused {
		c.handOut()
		c.obey() // what it writes may make the terminal event due
	}
	c.pumping = false
	c.tellEnd()
	c.handled.Broadcast()
}

// handOut empties the machine, unless the handler pauses. Once the end is told
// nothing can be too much for the handler.
func (c *Conn) handOut() {
	for !c.paused || c.told {
		ev, ok := c.m.Next()
		if !ok {
			c.empty = true
			c.endBatch()
			return
		}
		c.handle(ev)
	}
}

// handle makes one call of the handler.
func (c *Conn) handle(ev protocol.Event) {
	switch ev.Kind {
	case protocol.EventMessage:
		c.mu.Unlock()
		c.handler.Message(c, ev.Opcode, ev.Payload, ev.Owned)
		c.mu.Lock()
	case protocol.EventPeerClose:
		c.mu.Unlock()
		c.handler.PeerClose(c, ev.Status)
		c.mu.Lock()
	case protocol.EventClosed:
		c.ended = true
	case protocol.EventPing, protocol.EventPong:
	}
}

// endWaits tells whether the terminal event can be handed out. It is the last
// call, so it waits for a Drained that is under way.
func (c *Conn) endWaits() bool {
	return (c.ended || c.m.EndDue()) && !c.told && !c.paused && c.drains == 0 && c.handler != nil
}

// tellEnd makes the last call, on a goroutine of its own: the reader must go on
// dropping input while the handler is at it, or the transport would be closed
// with a reset that destroys our Close frame.
func (c *Conn) tellEnd() {
	if !c.ended || !c.endWaits() {
		return
	}
	c.told = true
	end := Outcome{Outcome: c.m.Outcome()}
	if end.Cause == protocol.CauseTransport {
		end.Err = c.err
	}
	go c.handler.Closed(c, end)
}

// Pause stops the events: after the current one none comes until Resume, the
// terminal one included. Nothing is read either, beyond one buffer of 32 KiB. A
// handler calls it when it cannot take more.
func (c *Conn) Pause() {
	c.mu.Lock()
	c.paused = true
	c.mu.Unlock()
}

// Resume lets events come again, from another goroutine than the caller's.
func (c *Conn) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
	c.handled.Broadcast() // the reader may rest in the middle of a batch
	c.settle()
}
