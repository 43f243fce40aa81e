package ordered

import (
	"sync"
	"time"
)

// Stream sends records to another node and gets its records. Its methods may be called from any goroutine.
type Stream struct {
	mesh *Mesh
	node string
	id   uint64

	receiving sync.Mutex // held while a frame is handled, so that records are received one at a time

	mu     sync.Mutex
	remote uint64 // the other end; 0 until a frame of it has arrived
	uses   int
	ended  bool

	// What is sent.
	unacked []piece   // the records that are not acknowledged, in pieces
	first   uint64    // the number of the first of them
	bytes   int       // their size
	sent    int       // how many of them were sent, since the last time that they had to be sent again
	flight  int       // the size of these
	limit   int       // bounds flight
	moved   time.Time // when the last record was acknowledged, or the first was added
	gapAt   uint64    // the value of first when a gap was answered; 0 before

	// What arrives.
	expected uint64    // the number of the next piece
	partial  []byte    // the pieces of a record whose last one has not arrived; guarded by receiving
	arrivals int       // the records that have arrived since the last acknowledgement
	gap      bool      // a gap was reported, and no record in order has arrived since
	heard    time.Time // when the last frame has arrived

	timer    *time.Timer // calls tick
	ticking  bool
	ackTimer *time.Timer
}

// piece is a part of a record, or a whole one.
type piece struct {
	bytes []byte
	more  bool // another piece follows
}

// size returns what the piece counts.
func (p piece) size() int { return len(p.bytes) + recordExpense }

// Node returns the name of the other node.
func (s *Stream) Node() string { return s.node }

// Ended reports whether the stream has ended.
func (s *Stream) Ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Use makes the stream end when the other node is silent, until Done is called as often.
func (s *Stream) Use() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uses++; s.uses == 1 && len(s.unacked) == 0 {
		s.heard = time.Now()
	}
	s.schedule()
}

// Done ends a use.
func (s *Stream) Done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses--
}

// Send sends a record, which must not be changed any more. The error is [ErrFull] or [ErrEnded].
func (s *Stream) Send(record []byte) error { return s.send(record, s.mesh.opts.MaxBytes) }

// SendControl is Send for small records without which the other node cannot go on: they have an eighth more room. The stream ends if they have none.
func (s *Stream) SendControl(record []byte) error {
	err := s.send(record, s.mesh.opts.MaxBytes/8*9)
	if err == ErrFull { //nolint:errorlint // it is never wrapped
		s.lose()
		return ErrEnded
	}
	return err
}

func (s *Stream) send(record []byte, limit int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := len(record) + recordExpense
	switch {
	case s.ended:
		return ErrEnded
	case s.bytes+size > limit && s.bytes > 0:
		return ErrFull
	}
	if len(s.unacked) == 0 {
		s.moved = time.Now()
		if s.uses == 0 {
			s.heard = s.moved
		}
	}
	for ; len(record) > maxPiece; record = record[maxPiece:] {
		s.add(piece{record[:maxPiece], true})
	}
	s.add(piece{record, false})
	s.pump()
	s.schedule()
	return nil
}

// add adds a piece of a record. mu is held.
func (s *Stream) add(p piece) {
	s.unacked = append(s.unacked, p)
	s.bytes += p.size()
}

// pump sends what the bound of the flight allows. mu is held.
func (s *Stream) pump() {
	for s.sent < len(s.unacked) {
		p := s.unacked[s.sent]
		size := p.size()
		if s.flight > 0 && s.flight+size > s.limit {
			return
		}
		s.transmit(frame{kind: frameData, number: s.first + uint64(s.sent), record: p.bytes, more: p.more}) //nolint:gosec // not negative
		s.sent++
		s.flight += size
	}
}

// transmit sends a frame with an acknowledgement. mu is held, which keeps the order.
func (s *Stream) transmit(f frame) {
	f.from, f.to, f.ack = s.id, s.remote, s.expected-1
	s.arrivals = 0
	s.mesh.opts.Send(s.node, appendFrame(make([]byte, 0, len(f.record)+recordExpense), f))
}

// schedule starts the timer, if there is something to wait for. mu is held.
func (s *Stream) schedule() {
	if s.ticking || s.ended {
		return
	}
	switch {
	case len(s.unacked) > 0:
		s.timer.Reset(min(resendAfter, s.mesh.opts.Timeout/4))
	case s.uses > 0:
		s.timer.Reset(s.mesh.opts.Timeout / 4)
	default:
		return
	}
	s.ticking = true
}

// tick sends again what is not acknowledged, checks that the other node is there, and ends the stream if it is not.
func (s *Stream) tick() {
	s.mu.Lock()
	s.ticking = false
	if s.ended {
		s.mu.Unlock()
		return
	}
	now := time.Now()
	silent := now.Sub(s.heard)
	inUse := s.uses > 0 || len(s.unacked) > 0
	if inUse && silent >= s.mesh.opts.Timeout {
		s.mu.Unlock()
		s.lose()
		return
	}
	if len(s.unacked) > 0 && now.Sub(s.moved) >= min(resendAfter, s.mesh.opts.Timeout/4) {
		s.limit = probeFlight
		s.rewind()
		s.moved = now
	} else if s.uses > 0 && silent >= s.mesh.opts.Timeout/5 {
		s.transmit(frame{kind: frameAck, ping: true})
	}
	s.schedule()
	s.mu.Unlock()
}

// rewind sends again what is not acknowledged. mu is held.
func (s *Stream) rewind() {
	s.mesh.resent.Add(uint64(s.sent)) //nolint:gosec // not negative
	s.sent, s.flight = 0, 0
	s.pump()
}

// isFrom reports whether a frame of an end of the other node is for this stream. The first frame decides which end that is.
func (s *Stream) isFrom(remote uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.remote == 0 {
		s.remote = remote
	}
	return s.remote == remote
}

// arrived handles a frame of the other end.
func (s *Stream) arrived(f frame) {
	s.receiving.Lock()
	defer s.receiving.Unlock()
	if !s.accept(f) {
		return
	}
	record := f.record
	if f.more || s.partial != nil {
		if len(s.partial)+len(record) > maxRecord {
			s.lose()
			return
		}
		s.partial = append(s.partial, record...)
		if f.more {
			return
		}
		record, s.partial = s.partial, nil
	}
	s.mesh.opts.Receive(s, record)
}

// accept handles what a frame is for the stream, and reports whether it has the next record.
func (s *Stream) accept(f frame) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.heard = time.Now()
	s.acknowledge(f)
	switch {
	case f.ping:
		s.transmit(frame{kind: frameAck})
	case f.kind != frameData:
	case f.number == s.expected:
		s.expected++
		s.gap = false
		if s.arrivals++; s.arrivals >= ackRecords {
			s.transmit(frame{kind: frameAck})
		} else if s.arrivals == 1 {
			s.ackTimer.Reset(ackAfter)
		}
		return true
	case f.number < s.expected:
		s.transmit(frame{kind: frameAck})
	case !s.gap:
		s.gap = true
		s.transmit(frame{kind: frameAck, gap: true})
	}
	return false
}

// acknowledge removes the records that have arrived. mu is held.
func (s *Stream) acknowledge(f frame) {
	if f.ack >= s.first+uint64(len(s.unacked)) { // it was never sent
		return
	}
	if f.ack >= s.first {
		n := int(f.ack - s.first + 1) //nolint:gosec // at most the number of the records
		for i, p := range s.unacked[:n] {
			s.bytes -= p.size()
			if i < s.sent {
				s.flight -= p.size()
			}
			s.unacked[i] = piece{}
		}
		s.unacked = s.unacked[n:]
		s.first = f.ack + 1
		s.sent = max(0, s.sent-n)
		s.limit = maxFlight
		s.moved = s.heard
		if len(s.unacked) == 0 {
			s.unacked = nil
		}
	}
	if f.gap && s.gapAt != s.first { // the other end reports a gap once
		s.gapAt = s.first
		s.limit = probeFlight // so that a report costs little; the next acknowledgement raises it
		s.rewind()
		return
	}
	s.pump()
}

// ackNow acknowledges what has arrived.
func (s *Stream) ackNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended && s.arrivals > 0 {
		s.transmit(frame{kind: frameAck})
	}
}

// end ends the stream, and reports whether this is the first call.
func (s *Stream) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endLocked()
}

func (s *Stream) endLocked() bool {
	first := !s.ended
	s.ended, s.unacked, s.bytes = true, nil, 0
	s.timer.Stop()
	s.ackTimer.Stop()
	return first
}

// endIdle ends the stream if it is not in use, and reports whether it has.
func (s *Stream) endIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.uses == 0 && len(s.unacked) == 0 && s.endLocked()
}

// lose ends the stream and reports that, to the other node too.
func (s *Stream) lose() {
	if !s.end() {
		return
	}
	s.mesh.mu.Lock()
	s.mesh.forget(s, true)
	if s.remote != 0 {
		s.mesh.opts.Send(s.node, appendFrame(nil, frame{kind: frameReset, to: s.remote}))
	}
	s.mesh.mu.Unlock()
	s.mesh.opts.Lost(s)
}
