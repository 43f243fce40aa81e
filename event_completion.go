package linger

import (
	"bytes"
	"sync/atomic"
)

// Completion completes an event whose handler has returned before the work was done. Message, PeerClose, Drain and
// Close have a method Async that returns one.
//
// Until then the event is in progress as if its handler had not returned: the next event of the connection waits, and so
// do the answer to the peer's Close, [Server.Shutdown] and [Server.Reload], each within its bound. No goroutine waits for
// it. An event that is never completed is in progress for ever, as one whose handler never returns: the connection is
// closed at its bounds, its close event is not handled, and it is counted until the process ends.
type Completion struct {
	socket   *Socket
	progress *progress
	last     bool        // of the close event
	used     atomic.Bool // Done or Next has been called
}

// Async lets the handler return before the message is handled: it is when [Completion.Done] has been called. The payload
// stays the handler's, also with Options.LendPayloads, if it is read from Data after this call. Async has to be called
// before the handler returns; later it has no effect. If it is called more than once, each Completion has to be done.
func (m *Message) Async() *Completion {
	c := m.progress.takeAway(m.Socket)
	if m.lent {
		m.Data, m.lent = bytes.Clone(m.Data), false
	}
	return c
}

// Async lets the handler return before the event is handled, as [Message.Async] does.
func (p *PeerClose) Async() *Completion { return p.progress.takeAway(p.Socket) }

// Async lets the handler return before the event is handled, as [Message.Async] does.
func (d *Drain) Async() *Completion { return d.progress.takeAway(d.Socket) }

// Async lets the handler return before the event is handled, as [Message.Async] does. Until then the connection is
// listed, and subscribed.
func (c *Close) Async() *Completion {
	completion := c.progress.takeAway(c.Socket)
	completion.last = true
	return completion
}

// Done completes the event. It may be called from any goroutine, also before the handler has returned: then the event is
// complete when that has. It does not wait, and runs no handler: the connection's next event is handled on another
// goroutine. A second call has no effect, nor has one after the handler has panicked.
func (c *Completion) Done() {
	if c.end() {
		c.socket.complete(c.last)
		c.socket.resume()
	}
}

// Followed reports whether the connection's next event is a message that has come already.
func (c *Completion) Followed() bool { return !c.used.Load() && c.socket.messageWaits() }

// Next is Done for a runtime that handles the events of many connections on a loop of its own. If the connection's next
// event is a message that has come already, and the handler has not been replaced, it returns that message as one whose
// handler has called Async and returned, with its Completion; the handler is not called. Otherwise it returns nil.
func (c *Completion) Next() (*Message, *Completion) {
	if !c.end() {
		return nil, nil
	}
	s := c.socket
	if c.last || s.mailbox.generation != s.server.generation.Load() || !s.messageWaits() {
		s.complete(c.last)
		s.resume()
		return nil, nil
	}
	s.saveData()
	event, _ := s.take() // nothing else takes events now
	s.openData()
	m := event.message
	m.progress.begin()
	return m, &Completion{socket: s, progress: &m.progress}
}

// messageWaits reports whether the first event in the mailbox is a message.
func (s *Socket) messageWaits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mailbox != nil && s.mailbox.waiting.Len() > 0 && s.mailbox.waiting.At(0).message != nil
}

// end reports whether the event is complete by this call.
func (c *Completion) end() bool { return !c.used.Swap(true) && c.progress.release() }

// progress counts what an event waits for: its handler, and each Completion. At 0 it is not in progress. It is a plain
// number, changed with atomic operations, so that events may be copied; a copy is not in progress.
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

// release takes one off, and reports whether that was the last. After abandon it has no effect.
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

// finish is release for a handler that has returned, unless a Completion holds the event too.
func (p *progress) finish() (complete bool) { return atomic.CompareAndSwapInt32(&p.holds, 1, 0) }

// abandon completes the event whatever holds it.
func (p *progress) abandon() { atomic.StoreInt32(&p.holds, 0) }

// takeAway returns a Completion that holds the event, or one without effect if the event is not in progress.
func (p *progress) takeAway(s *Socket) *Completion {
	c := &Completion{socket: s, progress: p}
	c.used.Store(!p.hold())
	return c
}

// complete follows an event that was completed after its handler had returned.
func (s *Socket) complete(last bool) {
	g := s.mailbox.generation
	if last {
		s.server.leave(s) // the last thing that happens to a connection
	} else {
		s.saveData()
	}
	g.leave()
}

// resume has the events handled that have come while the last one was in progress.
func (s *Socket) resume() {
	if !s.rest() {
		go s.dispatch()
	}
}
