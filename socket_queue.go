package linger

import (
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/internal/queue"
	"github.com/lingerws/linger/internal/race"
	"github.com/lingerws/linger/websocket"
)

// mailbox holds the events of one socket that wait for the handler: promise of
// one at a time, in order. It is bounded: the connection is paused when it is
// full. A socket has one only while there are any.
type mailbox struct {
	waiting queue.Queue[mail] // while it is full the connection is not read
	drain   bool              // a drain event is among them; a second one would report nothing more
	batch   []Message         // go before those that wait, when their batch of input is over

	// These two belong to whoever hands out the events, or completes one.
	generation *generation // that handles the event in progress
	rest       []Message   // of the batch that is handed out, after the one in progress

	batched atomic.Int32 // messages of the batch that is being handled, after the one in progress
}

// mailboxes lends them.
var mailboxes = sync.Pool{New: func() any { return new(mailbox) }}

// openMailbox gives the socket one. Who opens it sees to it that its events are handed
// out. mu is held.
func (s *Socket) openMailbox() (opened bool) {
	if s.mailbox != nil {
		return false
	}
	s.mailbox, _ = mailboxes.Get().(*mailbox)
	return true
}

// keptEvents is how many events an empty queue keeps memory for.
const keptEvents = 64

// closeMailbox follows the last event. mu is held.
func (s *Socket) closeMailbox() {
	s.mailbox.waiting.Trim(keptEvents)
	*s.mailbox = mailbox{waiting: s.mailbox.waiting}
	mailboxes.Put(s.mailbox)
	s.mailbox = nil
}

// mail is one event: exactly one of its fields is set.
type mail struct {
	message   *Message
	answer    *websocket.Driver // the peer has closed: answer it
	peerClose *PeerClose        // the same in half-open mode: the application does
	fail      *websocket.Driver // the peer has broken a rule: close with its code
	drain     *Drain            // the send queue was full and is empty
	leave     bool              // a shutdown closes the connection
	end       *Close
}

func (m mail) size() int {
	if m.message == nil {
		return 0
	}
	return len(m.message.Data)
}

// deliver puts an event into the mailbox. It pauses the connection at the bound.
func (s *Socket) deliver(event mail, conn *websocket.Driver) {
	if s.post(event, conn) {
		go s.dispatch()
	}
}

// post is deliver for who hands out the events, if they are not handed out already.
func (s *Socket) post(event mail, conn *websocket.Driver) (start bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start = s.openMailbox()
	box := s.mailbox
	if event.drain != nil && box.drain {
		return false
	}
	box.put(event)
	s.hold(event.size())
	if conn != nil && box.waiting.Pause(s.mailboxLimits()) {
		conn.Pause()
	}
	return start
}

// put adds an event. The socket's mu is held.
func (box *mailbox) put(event mail) {
	box.waiting.Push(event, event.size())
	box.drain = box.drain || event.drain != nil
}

// idle tells whether every event that came has been handled.
func (s *Socket) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mailbox == nil
}

// mailboxLimits returns what may wait for the handler.
func (s *Socket) mailboxLimits() queue.Limits {
	o := &s.server.opts
	return queue.Limits{Items: o.MailboxMessages, Bytes: s.server.within(o.MailboxBytes)}
}

// dispatch hands events to the handler, one at a time, until none is left or one is to be
// completed later.
func (s *Socket) dispatch() {
	finished := false
	defer func() {
		if !finished { // the handler ended this goroutine
			go s.dispatch()
		}
	}()
	for {
		event, ok := s.take()
		if !ok || !s.handle(event) {
			finished = true
			return
		}
	}
}

// take removes the next event, and lets the connection go on when half of the
// bound is free.
func (s *Socket) take() (event mail, ok bool) {
	s.mu.Lock()
	box := s.mailbox
	event, size, ok := box.waiting.Pop()
	s.hold(-size)
	box.drain = box.drain && event.drain == nil
	resume := box.waiting.Resume(s.mailboxLimits())
	if !ok {
		s.closeMailbox()
	}
	s.mu.Unlock()
	if resume {
		s.conn.Load().Resume()
	}
	return event, ok
}

// handle calls the handler for one event, and reports whether the event is complete. If it
// is not, its [Completion] goes on with the next.
func (s *Socket) handle(event mail) (complete bool) {
	g := s.server.enter()
	s.mailbox.generation = g
	complete = true // also if the handler ends this goroutine
	defer func() {
		if complete {
			g.leave()
		}
	}()
	h := g.handler
	switch {
	case event.message != nil:
		complete = s.guardMessage(h, event.message)
	case event.answer != nil:
		s.answerClose(event.answer)
	case event.fail != nil:
		s.failConn(event.fail)
	case event.peerClose != nil:
		if closer, ok := h.(PeerCloser); ok {
			complete = s.guard("peerclose", &event.peerClose.progress, func() { closer.PeerClose(event.peerClose) })
		}
	case event.drain != nil:
		if d := drainer(h); d != nil && !s.closing.Load() { // it may have waited
			complete = s.guard("drain", &event.drain.progress, func() { d.Drain(event.drain) })
		}
	case event.leave:
		s.closeFor(shuttingDown)
	case event.end != nil:
		complete = s.handleEnd(h, event.end)
	}
	return complete
}

// handleEnd calls the handler for the close event.
func (s *Socket) handleEnd(h Handler, end *Close) (complete bool) {
	end.progress.begin()
	returned := false
	defer func() {
		if !returned {
			end.progress.abandon()
			complete = true
		}
		if complete {
			s.server.leave(s) // the last thing that happens to a connection
		}
	}()
	returned = s.server.call("close", s, func() { h.Close(end) })
	return returned && end.progress.release()
}

func (s *Socket) guardMessage(h Handler, m *Message) (complete bool) {
	if race.Enabled && m.lent {
		defer spoil(m.Data)
	}
	return s.guard("message", &m.progress, func() { h.Message(m) })
}

// guard calls a handler, and reports whether the event is complete. If the handler panics
// the connection is closed with 1011, and the event is complete.
func (s *Socket) guard(event string, p *progress, handler func()) (complete bool) {
	p.begin()
	returned := false
	defer func() {
		if !returned {
			p.abandon()
			s.closeFor(handlerFailed)
		}
	}()
	s.openData()
	returned = s.server.call(event, s, handler)
	if returned && !p.finish() {
		s.putBack()
		if !p.release() {
			return false
		}
	}
	s.saveData()
	return true
}
