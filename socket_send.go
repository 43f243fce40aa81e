package linger

import (
	"errors"
	"unicode/utf8"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// Send queues a message; it does not wait for the peer, except under PolicyBlock.
// The error is [ErrClosed], [ErrQueueFull], [ErrEarlyFull], or protocol.ErrText for text that is
// not UTF-8; then the message is dropped.
func (s *Socket) Send(p Payload) error {
	limit := s.limit(s.server.opts.Policy)
	return s.send(s.server.opts.Policy, p.opcode(), func(conn *websocket.Driver) error {
		return conn.SendWithin(limit, p.opcode(), p.Data)
	}, p.Data)
}

// Together has the messages that send sends on the connection leave in one write if that can be, and after a millisecond
// at the latest. What a handler sends for the messages of one read leaves like that without it.
func (s *Socket) Together(send func()) {
	if conn := s.conn.Load(); conn != nil {
		conn.Together(send)
		return
	}
	send()
}

// sendPrepared queues a message that is framed already. It never waits.
func (s *Socket) sendPrepared(m *protocol.Prepared, p Payload) error {
	policy := s.server.opts.Policy
	if policy == PolicyBlock {
		policy = PolicyClose
	}
	limit := s.limit(policy)
	err := s.send(policy, p.opcode(), func(conn *websocket.Driver) error {
		return conn.SendPreparedWithin(limit, m)
	}, p.Data)
	if errors.Is(err, ErrEarlyFull) { // the sender is not the one who could send less
		s.closeFor(tooEarly)
	}
	return err
}

// limit returns how many bytes may wait before a policy applies. Whoever waits for room is not refused it for the
// sake of others: nothing would wake it.
func (s *Socket) limit(policy Policy) int {
	if policy == PolicyBlock {
		return s.server.opts.SendQueue
	}
	return s.server.within(s.server.opts.SendQueue)
}

// send applies the policy, and queues by way of the connection or, before the
// 101, of the early buffer.
func (s *Socket) send(policy Policy, op protocol.Opcode, queue func(*websocket.Driver) error, data []byte) error {
	conn := s.conn.Load()
	if conn == nil {
		s.mu.Lock()
		if conn = s.conn.Load(); conn == nil {
			defer s.mu.Unlock()
			return s.sendEarly(policy, op, data)
		}
		s.mu.Unlock()
	}
	s.stir()
	for {
		switch err := queue(conn); {
		case err == nil:
			s.traffic.send(len(data))
			return nil
		case errors.Is(err, protocol.ErrClosing):
			return ErrClosed
		case !errors.Is(err, websocket.ErrQueueFull):
			return err
		}
		if err := s.queueFull(conn, policy); err != nil {
			return err
		}
	}
}

// sendEarly queues a message before the 101. Nothing leaves until the handler has returned, so a full queue does not mean
// that the peer is slow, and waiting for room would be a deadlock: except under PolicyDrop the sender gets ErrEarlyFull.
// mu is held.
func (s *Socket) sendEarly(policy Policy, op protocol.Opcode, data []byte) error {
	err := s.early.send(op, data, s.server.opts.SendQueue)
	if errors.Is(err, ErrQueueFull) && policy != PolicyDrop {
		return ErrEarlyFull
	}
	if err == nil {
		s.traffic.send(len(data))
	}
	return err
}

// queueFull applies the policy. No error means that it is worth trying again.
func (s *Socket) queueFull(conn *websocket.Driver, policy Policy) error {
	if s.closing.Load() {
		return ErrClosed
	}
	switch policy {
	case PolicyClose:
		return s.giveUp(conn)
	case PolicyDrop:
		return ErrQueueFull
	case PolicyBlock:
	}
	return s.waitDrained(conn)
}

// giveUp closes a connection whose peer does not read fast enough, or that holds more than its share while all
// together hold too much.
func (s *Socket) giveUp(conn *websocket.Driver) error {
	if conn.Queued() >= s.server.opts.SendQueue {
		s.closeFor(tooSlow)
	} else {
		s.evict()
	}
	return ErrQueueFull
}

// waitDrained waits until the send queue is empty, the connection is closing, or it
// has ended: a peer that takes nothing is cut off by Options.WriteTimeout.
func (s *Socket) waitDrained(conn *websocket.Driver) error {
	drained := s.nextDrain()
	if s.closing.Load() {
		return ErrClosed
	}
	if conn.Queued() < s.server.opts.SendQueue {
		return nil
	}
	select {
	case <-drained:
		return nil
	case <-conn.Done():
		return ErrClosed
	}
}

// nextDrain returns a channel that is closed when the send queue is empty again.
func (s *Socket) nextDrain() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drained.Next()
}

// wakeSenders wakes the goroutines that wait for an empty send queue.
func (s *Socket) wakeSenders() {
	s.mu.Lock()
	s.drained.Release()
	s.mu.Unlock()
}

// tellDrained tells the application, if it wants to know, that a queue that was full is
// empty.
func (s *Socket) tellDrained(conn *websocket.Driver) {
	if !s.closing.Load() && drainer(s.server.generation.Load().handler) != nil {
		s.deliver(mail{drain: &Drain{Server: s.server, Socket: s}}, conn)
	}
}

// drainer returns the handler of drain events, or nil: then an event would start a
// goroutine for nothing.
func drainer(h Handler) Drainer {
	if funcs, ok := h.(HandlerFuncs); ok && funcs.OnDrain == nil {
		return nil
	}
	d, _ := h.(Drainer)
	return d
}

// early holds what a handler sends between accepting and the 101, framed as it will
// leave.
type early struct {
	waiting bool // the handshake is still to come
	frames  []*protocol.Prepared
	bytes   int  // of the frames
	closed  bool // a Close follows them
	cut     bool // or the transport is closed instead
	status  protocol.Status
}

// maxEarly bounds the number of messages, which may be empty.
const maxEarly = 32 << 10

// send keeps a message, as long as less than limit bytes wait.
func (e *early) send(op protocol.Opcode, data []byte, limit int) error {
	switch {
	case e == nil || !e.waiting || e.closed:
		return ErrClosed
	case op == protocol.Text && !utf8.Valid(data): // RFC 6455, section 8.1
		return protocol.ErrText
	case e.bytes >= limit || len(e.frames) >= maxEarly:
		return ErrQueueFull
	}
	frame, err := websocket.Prepare(op, data)
	if err != nil {
		return err
	}
	e.frames = append(e.frames, frame)
	e.bytes += frame.Len()
	return nil
}

// close notes the Close that follows; the first one counts.
func (e *early) close(s protocol.Status) {
	if e != nil && e.waiting && !e.closed {
		e.closed, e.status = true, s
	}
}

// closeDiscard is close without the messages.
func (e *early) closeDiscard(s protocol.Status) {
	if e != nil {
		e.frames, e.bytes = nil, 0
	}
	e.close(s)
}

// flush hands everything to the connection, in order.
func (e *early) flush(conn *websocket.Driver) {
	if len(e.frames) > 0 {
		conn.SendAllPrepared(e.frames)
	}
	switch {
	case e.cut:
		conn.CloseNow()
	case e.closed && e.status.Code == protocol.CloseNoStatus:
		conn.CloseEmpty()
	case e.closed:
		_ = conn.Close(e.status.Code, e.status.Reason) // was checked when it was noted
	}
}
