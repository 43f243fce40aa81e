package linger

import (
	"errors"
	"unicode/utf8"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Send queues a message. It does not wait for the peer, except under PolicyBlock. The error is [ErrClosed], [ErrQueueFull],
// [ErrEarlyFull], or protocol.ErrText for text that is not UTF-8; then the message is dropped.
func (s *Socket) Send(p Payload) error { return s.send(s.server.options().Policy, p, nil) }

// TrySend is Send under [PolicyDrop], whatever Options.Policy is: if the send queue is full, the message is dropped, the connection
// stays as it is, and the error is [ErrQueueFull].
func (s *Socket) TrySend(p Payload) error { return s.send(PolicyDrop, p, nil) }

// Together calls send, and lets the messages that it sends on this connection leave in one write if that is possible, and after
// a millisecond at the latest. What a handler sends for the messages of one read leaves like that without Together.
func (s *Socket) Together(send func()) {
	if conn := s.conn.Load(); conn != nil {
		conn.Together(send)
		return
	}
	send()
}

// sendPrepared queues a message that is framed already. It never blocks. If the queue before the 101 is full the connection is
// closed, because the caller, a publisher, cannot send less to this connection.
func (s *Socket) sendPrepared(frame *protocol.Prepared, p Payload) error {
	err := s.send(s.publishPolicy(), p, frame)
	if errors.Is(err, ErrEarlyFull) {
		s.closeFor(tooEarly)
	}
	return err
}

// publishPolicy is Options.Policy for a message whose sender cannot wait.
func (s *Socket) publishPolicy() Policy {
	if policy := s.server.options().Policy; policy != PolicyBlock {
		return policy
	}
	return PolicyClose
}

// send queues a message on the connection or, before the 101, among the pending sends. frame is the message if it is framed
// already, or nil. If the send queue is full the policy applies.
func (s *Socket) send(policy Policy, p Payload, frame *protocol.Prepared) error {
	conn := s.conn.Load()
	if conn == nil {
		s.mu.Lock()
		conn = s.conn.Load() // may have been set before mu was locked
		if conn == nil {
			err := s.sendPending(policy, p)
			s.mu.Unlock()
			if err == nil {
				s.recordSent(p)
			}
			return err
		}
		s.mu.Unlock()
	}
	s.recordActivity()
	for met := false; ; met = true {
		limit := s.sendLimit(policy) // in the loop, because Reconfigure may change it
		var err error
		if frame != nil {
			_, err = conn.SendPreparedWithin(limit, frame)
		} else {
			_, err = conn.SendWithin(limit, p.opcode(), p.Data)
		}
		switch {
		case err == nil:
			s.recordSent(p)
			return nil
		case errors.Is(err, protocol.ErrClosing):
			return ErrClosed
		case !errors.Is(err, driver.ErrQueueFull):
			return err
		}
		if slow := s.server.trace.Slow; slow != nil && !met && !s.closing.Load() {
			slow(s, policy)
		}
		if err := s.applyPolicy(conn, policy); err != nil {
			return err
		}
	}
}

// sendLimit returns how many bytes may wait before a policy applies. Under PolicyBlock the limit does not shrink when all
// connections together hold too much: a sender that waited for that would never be woken.
func (s *Socket) sendLimit(policy Policy) int {
	if policy == PolicyBlock {
		return s.server.options().SendQueue
	}
	return s.server.boundInMemory(s.server.options().SendQueue)
}

// applyPolicy applies the policy to a full send queue. It returns nil if the caller is to try again.
func (s *Socket) applyPolicy(conn *driver.Driver, policy Policy) error {
	if s.closing.Load() {
		return ErrClosed
	}
	switch policy {
	case PolicyClose:
		return s.closeFull(conn)
	case PolicyDrop:
		return ErrQueueFull
	case PolicyBlock:
	}
	return s.waitDrained(conn)
}

// closeFull closes a connection whose peer does not read fast enough, or that holds more than its share while all connections
// together hold too much.
func (s *Socket) closeFull(conn *driver.Driver) error {
	if conn.Queued() >= s.server.options().SendQueue {
		s.closeFor(tooSlow)
	} else {
		s.evict()
	}
	return ErrQueueFull
}

// waitDrained blocks until the send queue is empty, and returns an error if the connection closes or ends first. It is bounded by
// Options.WriteTimeout, which ends the connection of a peer that reads nothing.
func (s *Socket) waitDrained(conn *driver.Driver) error {
	s.mu.Lock()
	drained := s.drained.Next()
	s.mu.Unlock()
	if s.closing.Load() {
		return ErrClosed
	}
	if conn.Queued() < s.server.options().SendQueue && s.isHere() {
		return nil
	}
	select {
	case <-drained:
		return nil
	case <-conn.Done():
		if s.isElsewhere() {
			return nil // to be forwarded
		}
		return ErrClosed
	}
}

// wakeSenders wakes the goroutines that block in waitDrained.
func (s *Socket) wakeSenders() {
	s.mu.Lock()
	s.drained.Release()
	s.mu.Unlock()
}

// deliverDrain queues a Drain if the application handles these events.
func (s *Socket) deliverDrain() {
	if !s.closing.Load() && drainer(s.server.version.Load().handler) != nil {
		s.deliver(&Drain{Server: s.server, Socket: s, arrived: s.server.traceTime()})
	}
}

// pendingSends holds what is sent between Accept and the 101, framed as it will leave. A nil pendingSends takes nothing.
type pendingSends struct {
	frames  []*protocol.Prepared
	bytes   int             // length of the frames
	closed  bool            // a Close with status follows the frames
	aborted bool            // the transport is closed after the frames
	status  protocol.Status // code CloseNoStatus for an empty Close
}

// maxPending bounds the number of pending messages, which may be empty.
const maxPending = 32 << 10

// sendPending queues a message before the 101. Nothing leaves until the handler has returned, so a full queue does not mean that
// the peer is slow, and waiting for room would be a deadlock: except under PolicyDrop the error is ErrEarlyFull. mu is held.
func (s *Socket) sendPending(policy Policy, p Payload) error {
	err := s.pending.append(p, s.server.options().SendQueue)
	if errors.Is(err, ErrQueueFull) && policy != PolicyDrop {
		return ErrEarlyFull
	}
	return err
}

// append adds a message unless limit bytes are pending already.
func (ps *pendingSends) append(p Payload, limit int) error {
	switch {
	case ps == nil || ps.closed:
		return ErrClosed
	case !p.Binary && !utf8.Valid(p.Data): // RFC 6455, section 8.1
		return protocol.ErrText
	case ps.bytes >= limit || len(ps.frames) >= maxPending:
		return ErrQueueFull
	}
	frame, err := driver.Prepare(p.opcode(), p.Data)
	if err != nil {
		return err
	}
	ps.frames = append(ps.frames, frame)
	ps.bytes += frame.Len()
	return nil
}

// close adds a Close, unless there is one already. With discard the messages before it are dropped.
func (ps *pendingSends) close(status protocol.Status, discard bool) {
	if ps == nil {
		return
	}
	if discard {
		ps.frames, ps.bytes = nil, 0
	}
	if !ps.closed {
		ps.closed, ps.status = true, status
	}
}

// flush passes everything to the connection, in order.
func (ps *pendingSends) flush(conn *driver.Driver) {
	if len(ps.frames) > 0 {
		conn.SendAllPrepared(ps.frames)
	}
	switch {
	case ps.aborted:
		conn.CloseNow()
	case ps.closed:
		closeConn(conn, ps.status, false)
	}
}
