package linger

import "sync/atomic"

// Completion completes an event whose handler has returned before the work was done. The method Async of Message, PeerClose,
// Drain and Close returns one.
//
// Until then the event is in progress as if its handler had not returned: the next event of the connection waits, and so do the
// answer to the peer's Close, [Server.Shutdown] and [Server.Reload], each within its bound. No goroutine waits for it. An event
// that is never completed is in progress for ever, like one whose handler never returns: the connection is closed at its bounds,
// its close event is not handled, and it is counted until the process ends.
type Completion struct {
	socket   *Socket
	progress *progress
	terminal bool        // the event is the close event
	used     atomic.Bool // Done or Next has been called
}

// Async lets the handler return before the message is handled: it is handled once [Completion.Done] has been called. The payload
// belongs to the handler, with Options.LendPayloads too, if it is read from Data after this call. Async must be called before
// the handler returns; later it has no effect. If it is called more than once, each Completion has to be done.
func (m *Message) Async() *Completion {
	c := m.progress.completion(m.Socket)
	m.copyLent()
	return c
}

// Async lets the handler return before the event is handled, as [Message.Async] does.
func (p *PeerClose) Async() *Completion { return p.progress.completion(p.Socket) }

// Async lets the handler return before the event is handled, as [Message.Async] does.
func (d *Drain) Async() *Completion { return d.progress.completion(d.Socket) }

// Async lets the handler return before the event is handled, as [Message.Async] does. Until it is, the connection is listed and
// subscribed.
func (c *Close) Async() *Completion {
	completion := c.progress.completion(c.Socket)
	completion.terminal = true
	return completion
}

// Done completes the event. It may be called from any goroutine, also before the handler has returned: then the event is complete
// when the handler returns. It does not wait, and calls no handler: the connection's next event is handled on another goroutine.
// A second call has no effect, nor has one after the handler has panicked.
func (c *Completion) Done() {
	if c.release() {
		c.socket.complete(c.terminal)
		c.socket.resumeEvents()
	}
}

// Followed reports whether the connection's next event is a message that has arrived already.
func (c *Completion) Followed() bool { return !c.used.Load() && c.socket.isMessageNext() }

// Next is Done for a runtime that handles the events of many connections in its own loop. If the connection's next event is
// a message that has arrived already, and the handler has not been replaced, Next returns that message as one whose handler has
// called Async and returned, with its Completion; the handler is not called. Otherwise it returns nil.
func (c *Completion) Next() (*Message, *Completion) {
	if !c.release() {
		return nil, nil
	}
	s := c.socket
	if c.terminal || s.queue.version != s.server.version.Load() || !s.isMessageNext() {
		s.complete(c.terminal)
		s.resumeEvents()
		return nil, nil
	}
	s.saveData()
	s.traceHandled(false)
	m := s.nextMessage()
	if m == nil { // a hand-over has begun: only the owner of the event in progress removes events
		version := s.queue.version
		s.queue.times = eventTimes{}
		version.endCall()
		s.resumeEvents()
		return nil, nil
	}
	s.openData()
	m.progress.begin()
	s.traceBegin("message", m.arrived)
	return m, &Completion{socket: s, progress: &m.progress}
}

// Include is for a runtime that handles several messages of a connection at once. If the connection's next event is a message that
// has arrived already, the handler of this event has returned, and the handler has not been replaced, Include makes that message a
// part of this event and returns it: it is complete when the event is, and the handler is not called for it. Otherwise Include
// returns nil. Nothing but c may complete the event.
func (c *Completion) Include() *Message {
	s := c.socket
	if c.used.Load() || c.terminal || !c.progress.isLast() || s.queue.version != s.server.version.Load() {
		return nil
	}
	return s.nextMessage()
}

// release reports whether this call completes the event.
func (c *Completion) release() bool { return !c.used.Swap(true) && c.progress.release() }

// complete ends an event that was completed after its handler had returned.
func (s *Socket) complete(terminal bool) {
	version := s.queue.version
	s.traceHandled(false)
	s.queue.times = eventTimes{} // the next event begins on another goroutine
	if terminal {
		s.server.forget(s)
	} else {
		s.saveData()
	}
	version.endCall()
}

// progress counts what an event waits for: its handler, and each Completion. At 0 it is not in progress. It is a plain number,
// changed with atomic operations, so that events may be copied; a copy is not in progress.
type progress struct{ holds int32 }

func (p *progress) begin() { atomic.StoreInt32(&p.holds, 1) }

// hold adds one unless the event is not in progress, and reports whether it has.
func (p *progress) hold() bool {
	for {
		n := atomic.LoadInt32(&p.holds)
		if n == 0 {
			return false
		}
		if atomic.CompareAndSwapInt32(&p.holds, n, n+1) {
			return true
		}
	}
}

// release subtracts one, and reports whether the event is complete by this. After abandon it has no effect.
func (p *progress) release() (complete bool) {
	for {
		n := atomic.LoadInt32(&p.holds)
		if n == 0 {
			return false
		}
		if atomic.CompareAndSwapInt32(&p.holds, n, n-1) {
			return n == 1
		}
	}
}

// isLast reports whether the event waits for one thing only.
func (p *progress) isLast() bool { return atomic.LoadInt32(&p.holds) == 1 }

// finish is release for a handler that has returned, unless a Completion holds the event too.
func (p *progress) finish() (complete bool) { return atomic.CompareAndSwapInt32(&p.holds, 1, 0) }

// abandon completes the event whatever holds it.
func (p *progress) abandon() { atomic.StoreInt32(&p.holds, 0) }

// completion returns a Completion that holds the event, or one without effect if the event is not in progress.
func (p *progress) completion(s *Socket) *Completion {
	c := &Completion{socket: s, progress: p}
	c.used.Store(!p.hold())
	return c
}
