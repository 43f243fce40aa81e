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
	for !c.paused {
		ev, ok := c.m.Next()
		if !ok {
			c.empty = true
			break
		}
		c.handle(ev)
	}
	c.pumping = false
	c.handled.Broadcast()
}

// handle makes one call of the handler.
func (c *Conn) handle(ev protocol.Event) {
	end := Outcome{Outcome: c.m.Outcome(), Err: c.err}
	c.mu.Unlock()
	defer c.mu.Lock()
	switch ev.Kind {
	case protocol.EventMessage:
		c.handler.Message(c, ev.Opcode, ev.Payload, ev.Owned)
	case protocol.EventPeerClose:
		c.handler.PeerClose(c, ev.Status)
	case protocol.EventClosed:
		c.handler.Closed(c, end)
	case protocol.EventPing, protocol.EventPong:
	}
}

// Pause stops the events: after the current one none comes, and nothing is read,
// until Resume. A handler calls it when it cannot take more.
func (c *Conn) Pause() {
	c.mu.Lock()
	c.paused = true
	c.mu.Unlock()
}

// Resume lets events come again. They may come during this call.
func (c *Conn) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused {
		c.paused = false
		c.pump()
		c.settle()
	}
}
