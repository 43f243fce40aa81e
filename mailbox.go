package linger

import (
	"sync"
	"sync/atomic"

	"github.com/lingerws/linger/websocket"
)

// mailbox holds the events of one socket that wait for the handler: promise of
// one at a time, in order. It is bounded: the connection is paused when it is
// full. A socket has one only while there are any.
type mailbox struct {
	waiting []mail
	single  [1]mail   // where waiting begins, so that a message that finds nobody before it costs no queue
	bytes   int       // of the messages among them
	drain   bool      // a drain event is among them: one says it all
	batch   []Message // go before those that wait, when their batch of input is over
	paused  bool      // the connection is not read

	batched atomic.Int32 // messages of a batch that is handed out, behind the one at the handler
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

// closeMailbox follows the last event. mu is held.
func (s *Socket) closeMailbox() {
	*s.mailbox = mailbox{}
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
	if !box.paused && conn != nil && s.mailboxFull(1) {
		box.paused = true
		conn.Pause()
	}
	return start
}

// put adds an event. The socket's mu is held.
func (box *mailbox) put(event mail) {
	if cap(box.waiting) == 0 {
		box.waiting = box.single[:0]
	}
	box.waiting = append(box.waiting, event)
	box.bytes += event.size()
	box.drain = box.drain || event.drain != nil
}

// idle tells whether every event that came has been handled.
func (s *Socket) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mailbox == nil
}

// mailboxFull tells whether 1/part of the bound is reached. mu is held.
func (s *Socket) mailboxFull(part int) bool {
	o := &s.server.opts
	bytes := s.server.within(o.MailboxBytes)
	return len(s.mailbox.waiting) >= max(1, o.MailboxMessages/part) || s.mailbox.bytes >= max(1, bytes/part)
}

// dispatch hands events to the handler, one at a time, until none is left.
func (s *Socket) dispatch() {
	finished := false
	defer func() {
		if !finished { // the handler ended this goroutine
			go s.dispatch()
		}
	}()
	for {
		event, ok := s.take()
		if !ok {
			finished = true
			return
		}
		s.handle(event)
	}
}

// take removes the next event, and lets the connection go on when half of the
// bound is free.
func (s *Socket) take() (event mail, ok bool) {
	s.mu.Lock()
	box := s.mailbox
	if ok = len(box.waiting) > 0; ok {
		event = box.waiting[0]
		box.waiting[0] = mail{}
		box.waiting = box.waiting[1:]
		box.bytes -= event.size()
		s.hold(-event.size())
		box.drain = box.drain && event.drain == nil
	}
	resume := box.paused && !s.mailboxFull(2)
	if resume {
		box.paused = false
	}
	if !ok {
		s.closeMailbox()
	}
	s.mu.Unlock()
	if resume {
		s.conn.Load().Resume()
	}
	return event, ok
}

// handle calls the handler for one event.
func (s *Socket) handle(event mail) {
	g := s.server.enter()
	defer g.leave()
	h := g.handler
	switch {
	case event.message != nil:
		s.guardMessage(h, event.message)
	case event.answer != nil:
		s.answerClose(event.answer)
	case event.fail != nil:
		s.failConn(event.fail)
	case event.peerClose != nil:
		if closer, ok := h.(PeerCloser); ok {
			s.guard("peerclose", func() { closer.PeerClose(event.peerClose) })
		}
	case event.drain != nil:
		if d := drainer(h); d != nil && !s.closing.Load() { // it may have waited
			s.guard("drain", func() { d.Drain(event.drain) })
		}
	case event.leave:
		s.closeFor(shuttingDown)
	case event.end != nil:
		defer s.server.leave(s) // the last thing that happens to a connection
		s.server.call("close", s, func() { h.Close(event.end) })
	}
}

func (s *Socket) guardMessage(h Handler, m *Message) {
	if spoils && m.lent {
		defer spoil(m.Data)
	}
	s.guard("message", func() { h.Message(m) })
}

// guard calls a handler; if it panics the connection is closed with 1011.
func (s *Socket) guard(event string, handler func()) {
	returned := false
	defer func() {
		if !returned {
			s.closeFor(handlerFailed)
		}
	}()
	s.openData()
	returned = s.server.call(event, s, handler)
	s.saveData()
}
