package linger

import (
	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/websocket/driver"
)

// move is where a connection is while it moves to another process. Socket.mu guards it.
//
//	old process   here -> leaving -> frozen -> moved
//	new process   awaited -> arriving -> here
//
// A connection that cannot move, or whose round fails, is here again.
type move uint8

const (
	here     move = iota // it belongs to this process
	leaving              // it does, and no event of it begins, so that it can be frozen when none is in progress
	frozen               // nothing happens on it; what is done to it is kept
	moved                // it belongs to the new process, to which everything that is done to it is forwarded
	awaited              // it belongs to the old process, to which everything that is done to it is forwarded
	arriving             // its state has come; what is done to it is kept until the old process has given it up
)

// holdsEvents reports whether no event may begin. The close event is an exception: a connection that has ended does not move. mu is held.
func (s *Socket) holdsEvents() bool { return s.move != here && !s.ended }

// holdQueue keeps the events for the process in which the connection will be. The caller, which holds mu, has handled events and
// returns; thaw, stay or start begins the handling again.
func (s *Socket) holdQueue() {
	if s.queue.events.Len() == 0 {
		s.closeQueue()
	} else {
		s.retainBatchLocked()
		s.queue.held = true
	}
	if g := s.server.giving.Load(); g != nil {
		g.wakeUp()
	}
}

// releaseQueue makes the connection one of this process, and reports whether the caller has to start the handling of its events.
// mu is held.
func (s *Socket) releaseQueue() (start bool) {
	s.move = here
	if s.queue == nil || !s.queue.held {
		return false
	}
	s.queue.held = false
	return true
}

// readiness is whether a connection can be frozen.
type readiness int

const (
	atRest     readiness = iota // no event is in progress
	inProgress                  // an event is
	notOpen                     // the 101 has not been written
	hasEnded                    // or belongs to another process
)

// leave lets no other event begin, and returns whether the connection can be frozen now.
func (s *Socket) leave() readiness {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ended || s.move != here && s.move != leaving:
		return hasEnded
	case s.conn.Load() == nil:
		return notOpen
	}
	s.move = leaving
	if s.queue != nil && s.queue.busy {
		return inProgress
	}
	return atRest
}

// freeze stops a connection on which leave has been called. The error is that of [driver.Driver.Freeze].
// force gives up an event in progress.
func (s *Socket) freeze(divert func(driver.Op) (int, error), force bool) error {
	conn := s.conn.Load()
	freeze := conn.Freeze
	if force {
		freeze = conn.FreezeNow
	}
	if err := freeze(divert); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.move = frozen
	s.stopLifetime()
	return nil
}

// stay undoes leave.
func (s *Socket) stay() {
	s.mu.Lock()
	start := s.releaseQueue()
	s.mu.Unlock()
	if start {
		go s.handleEvents()
	}
}

// thaw undoes freeze. held returns what has been done to the connection since.
func (s *Socket) thaw(held func() []driver.Op) {
	s.conn.Load().Thaw(held)
	s.mu.Lock()
	if !s.ended {
		s.armLifetime()
	}
	s.mu.Unlock()
	s.stay()
	s.wakeSenders()
}

// release gives up a connection that belongs to the new process. An event in progress has no effect here any more, except what its
// handler does to the connection, which is forwarded.
func (s *Socket) release() {
	s.mu.Lock()
	s.move = moved
	s.clearQueue()
	s.drained.Release()
	s.mu.Unlock()
	s.conn.Load().Release()
	s.releaseAdmission()
	if out := s.server.trace.MovedOut; out != nil {
		out(s)
	}
}

// clearQueue removes the events that have moved. A goroutine that handles an event, or is about to, returns the queue. mu is held.
func (s *Socket) clearQueue() {
	if s.queue == nil {
		return
	}
	batch := s.queue.batch
	for {
		_, size, ok := s.queue.events.Pop()
		if !ok {
			break
		}
		if batch > 0 {
			batch--
		} else {
			s.account(-size)
		}
	}
	s.queue.batch = 0
	if s.queue.held {
		s.closeQueue()
	}
}

// forward passes a change, which is not a call of the driver, to the process to which the connection will belong, or keeps it for
// that process. elsewhere means that it belongs to it now, so that the change has no effect in this one.
func (s *Socket) forward(op handover.Op) (forwarded, elsewhere bool) {
	if !s.server.isHandingOver() {
		return false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op.ID = s.id
	g, t := s.server.giving.Load(), s.server.taking.Load()
	switch {
	case (s.move == frozen || s.move == moved) && g != nil:
		g.change(s, op)
		return true, s.move == moved
	case s.move == awaited && t != nil:
		t.change(op)
		return true, true
	}
	return false, false
}

// isHere reports whether the connection is live in this process.
func (s *Socket) isHere() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.move == here || s.move == leaving
}

// isElsewhere reports whether the connection belongs to another process.
func (s *Socket) isElsewhere() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.move == moved || s.move == awaited
}
