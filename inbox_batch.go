package linger

import (
	"bytes"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// Events puts the events of a batch of input into the mailbox, all at once. It reports
// whether Work is to hand them out.
func (in *inbox) Events(c *websocket.Driver, events []protocol.Event) (work bool) {
	s := in.socket()
	s.stir()
	s.traffic.receive(events...)
	if s.server.answer.Load() != nil || s.halfOpen || !onlyMessages(events) {
		return in.batchOfAnyKind(c, events)
	}
	return s.note(s.messages(events), c)
}

// onlyMessages reports whether a batch of input has neither a Close nor a violation, which
// come last.
func onlyMessages(events []protocol.Event) bool {
	last := events[len(events)-1].Kind
	return last != protocol.EventPeerClose && last != protocol.EventFailing
}

// batchOfAnyKind puts events into the mailbox one by one.
func (in *inbox) batchOfAnyKind(c *websocket.Driver, events []protocol.Event) (pending bool) {
	for i, ev := range events {
		switch ev.Kind {
		case protocol.EventMessage:
			if s := in.socket(); !s.autoRespond(ev) {
				pending = s.note(s.messages(events[i:i+1]), c) || pending
			}
		case protocol.EventPeerClose:
			in.peerClose(c, ev.Status)
		case protocol.EventFailing:
			in.failing(c)
		case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventClosed:
		}
	}
	return pending
}

// Small messages of a batch share their memory, which one that is kept keeps.
const (
	smallMessage = 512
	mostShared   = 4 << 10
)

// messages returns the messages among the events, with payloads of their own unless these
// are to be lent.
func (s *Socket) messages(events []protocol.Event) []Message {
	if s.server.opts.LendPayloads {
		return s.lent(events)
	}
	if len(events) == 1 && !events[0].Owned && len(events[0].Payload) <= inline {
		return s.single(events[0])
	}
	messages := make([]Message, 0, len(events))
	var shared []byte
	for _, ev := range events {
		if ev.Kind != protocol.EventMessage {
			continue
		}
		payload := ev.Payload
		switch size := len(payload); {
		case ev.Owned:
		case size > smallMessage:
			payload = bytes.Clone(payload)
		default:
			if cap(shared)-len(shared) < size {
				shared = make([]byte, 0, min(mostShared, size*(len(events)-len(messages))))
			}
			start := len(shared)
			shared = append(shared, payload...)
			payload = shared[start:len(shared):len(shared)]
		}
		messages = append(messages, s.message(ev.Opcode, payload))
	}
	return messages
}

// inline is what a message that comes alone has room for beside it.
const inline = 80

// single is messages for one that is small: it and its payload are one allocation.
func (s *Socket) single(ev protocol.Event) []Message {
	if ev.Kind != protocol.EventMessage {
		return nil
	}
	one := &struct {
		messages [1]Message
		payload  [inline]byte
	}{}
	n := copy(one.payload[:], ev.Payload)
	one.messages[0] = s.message(ev.Opcode, one.payload[:n:n])
	return one.messages[:]
}

// note puts messages into the mailbox. If it was empty, and no event is in progress, they are
// pending: Work hands them out as they are.
func (s *Socket) note(messages []Message, conn *websocket.Driver) (pending bool) {
	if len(messages) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	opened := s.openMailbox()
	box := s.mailbox
	if opened {
		box.batch = messages
		return true
	}
	unlend(messages)
	for i := range messages {
		box.put(mail{message: &messages[i]})
		s.hold(len(messages[i].Data))
	}
	if box.waiting.Pause(s.mailboxLimits()) {
		conn.Pause()
	}
	return false
}

// Work hands what a batch has brought to the handler, on the goroutine that calls it: another
// one would cost more than many a handler.
func (in *inbox) Work(*websocket.Driver) {
	s := in.socket()
	s.mu.Lock()
	var batch []Message
	if box := s.mailbox; box != nil {
		batch, box.batch = box.batch, nil
	}
	s.mu.Unlock()
	if batch != nil {
		s.dispatchBatch(batch)
	}
}

// dispatchBatch hands messages to the handler, and then what has come after them, until one
// is to be completed later.
func (s *Socket) dispatchBatch(batch []Message) {
	g := s.server.enter()
	finished, complete := false, true
	defer func() {
		if !complete {
			return // the Completion has the generation and the mailbox now
		}
		g.leave()
		switch {
		case !finished: // the handler ended this goroutine
			unlend(batch)
			go s.dispatchBatch(batch)
		case !s.rest():
			s.dispatch()
		}
	}()
	for len(batch) > 0 {
		if s.server.generation.Load() != g { // a message goes to the handler of its moment
			g.leave()
			g = s.server.enter()
		}
		m := &batch[0]
		batch = batch[1:]
		box := s.mailbox
		box.batched.Store(int32(len(batch))) //nolint:gosec // as many as a batch of input has
		box.generation, box.rest = g, batch
		if complete = s.guardMessage(g.handler, m); !complete {
			return
		}
		batch = box.rest // nothing, if it was put back
	}
	finished = true
}

// putBack has the rest of a batch wait before all other events, because the message before it
// is to be completed later: the batch of input, whose memory may be lent, ends before that.
func (s *Socket) putBack() {
	box := s.mailbox
	rest := box.rest
	if box.rest = nil; len(rest) == 0 {
		return
	}
	unlend(rest)
	s.mu.Lock()
	defer s.mu.Unlock()
	later := make([]mail, 0, box.waiting.Len())
	for event, _, ok := box.waiting.Pop(); ok; event, _, ok = box.waiting.Pop() {
		later = append(later, event)
	}
	for i := range rest {
		box.put(mail{message: &rest[i]})
		s.hold(len(rest[i].Data))
	}
	for _, event := range later {
		box.waiting.Push(event, event.size())
	}
	box.batched.Store(0)
	if conn := s.conn.Load(); conn != nil && box.waiting.Pause(s.mailboxLimits()) {
		conn.Pause()
	}
}

// rest ends the handing out if nothing has come meanwhile.
func (s *Socket) rest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mailbox.waiting.Len() > 0 || s.mailbox.waiting.Paused() {
		return false
	}
	s.closeMailbox()
	return true
}
