package linger

import (
	"sync"

	"github.com/lingerws/linger/internal/queue"
	"github.com/lingerws/linger/websocket/driver"
)

// eventQueue holds the events of one socket that wait for the handler, so that they are handled one at a time and in order.
// A socket has one from the arrival of an event until no event is left, so that an idle connection needs no memory for it.
// Socket.mu guards it.
type eventQueue struct {
	events queue.Queue[queuedEvent] // while it is full the connection is paused

	// batch is how many of the first events are messages for which the driver calls Work, or has called it. Their payloads may be
	// lent until Work returns. They do not count against Options.MaxMemory, and do not pause the connection by themselves.
	batch int

	workDue bool // the driver has to call Work for the batch; until then no goroutine handles events
	drain   bool // a Drain is among the events; a second one would report nothing more
	busy    bool // an event is in progress
	held    bool // no goroutine handles the events, because of a hand-over; see Socket.holdsEvents

	// version handles the event in progress, and times is what Trace.Handled gets about it. They belong to the goroutine that
	// handles that event or completes it.
	version *handlerVersion
	times   eventTimes
}

// queuedEvent is an event that waits for the handler.
type queuedEvent interface {
	// handle handles the event, and reports whether it is complete. If it is not, its [Completion] continues with the next
	// event, and the caller must not touch the queue any more.
	handle(h Handler) (complete bool)
}

// eventQueues is a pool of queues without events.
var eventQueues = sync.Pool{New: func() any { return new(eventQueue) }}

// keptEvents is how many events an empty queue in the pool keeps memory for: more than most reads bring.
const keptEvents = 256

// openQueue gives the socket a queue unless it has one. It reports whether it has; the caller then starts the handling. mu is
// held.
func (s *Socket) openQueue() (opened bool) {
	if s.queue != nil {
		return false
	}
	s.queue, _ = eventQueues.Get().(*eventQueue)
	return true
}

// closeQueue returns an empty queue to the pool. mu is held.
func (s *Socket) closeQueue() {
	s.queue.events.Trim(keptEvents)
	*s.queue = eventQueue{events: s.queue.events}
	eventQueues.Put(s.queue)
	s.queue = nil
}

// deliver queues an event and starts a goroutine that handles it, unless one does already.
func (s *Socket) deliver(event queuedEvent) {
	if s.enqueue(event) {
		go s.handleEvents()
	}
}

// enqueue queues an event that has no payload. It reports whether the caller has to start the handling.
func (s *Socket) enqueue(event queuedEvent) (start bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start = s.openQueue()
	if _, isDrain := event.(*Drain); isDrain {
		if s.queue.drain {
			return false
		}
		s.queue.drain = true
	}
	s.queue.events.Push(event, 0)
	s.pauseIfFull(s.conn.Load())
	return start
}

// enqueueBatch queues messages that the driver has delivered together. It reports whether they wait for Work, which is the case
// if the handler is idle. Otherwise they are handled after the events before them, and payloads that are lent are copied.
func (s *Socket) enqueueBatch(messages []Message, conn *driver.Driver) (work bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	work = s.openQueue()
	arrived := s.server.traceTime()
	for i := range messages {
		m := &messages[i]
		m.arrived = arrived
		if !work {
			s.retain(m)
		}
		s.queue.events.Push(m, len(m.Data))
	}
	if work {
		s.queue.batch, s.queue.workDue = len(messages), true
	} else {
		s.pauseIfFull(conn)
	}
	return work
}

// retain copies the payload of a queued message if it is lent, and counts it. mu is held.
func (s *Socket) retain(m *Message) {
	m.copyLent()
	s.account(len(m.Data))
}

// retainBatch separates what is left of the batch from its call of Work, which returns before the handler gets it.
func (s *Socket) retainBatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retainBatchLocked()
}

// retainBatchLocked is retainBatch for a caller that holds mu.
func (s *Socket) retainBatchLocked() {
	q := s.queue
	for i := range q.batch {
		if m, isMessage := q.events.At(i).(*Message); isMessage {
			s.retain(m)
		}
	}
	q.batch = 0
	s.pauseIfFull(s.conn.Load())
}

// queueLimits returns how much may wait for the handler.
func (s *Socket) queueLimits() queue.Limits {
	o := s.server.options()
	return queue.Limits{Items: o.EventQueueMessages, Bytes: s.server.boundInMemory(o.EventQueueBytes)}
}

// pauseIfFull stops the reading of the connection if the queue has become full. mu is held.
func (s *Socket) pauseIfFull(conn *driver.Driver) {
	if conn != nil && !s.ended && s.queue.events.Pause(s.queueLimits()) {
		conn.Pause()
	}
}

// nextEvent removes the first event and returns it. If there is none the socket has no queue any more. The connection is
// resumed when half of the queue is free. During a hand-over it may return none though there are some; see holdsEvents.
func (s *Socket) nextEvent() (event queuedEvent, ok bool) {
	s.mu.Lock()
	s.queue.busy = false
	if s.holdsEvents() {
		s.holdQueue()
		s.mu.Unlock()
		return nil, false
	}
	event, resume, ok := s.popEvent()
	s.mu.Unlock()
	if resume {
		s.conn.Load().Resume()
	}
	return event, ok
}

// nextMessage is nextEvent for a caller that needs a message. It returns nil, and changes nothing, if none is next.
func (s *Socket) nextMessage() *Message {
	s.mu.Lock()
	if !s.hasMessage() {
		s.mu.Unlock()
		return nil
	}
	event, resume, _ := s.popEvent()
	s.mu.Unlock()
	if resume {
		s.conn.Load().Resume()
	}
	m, _ := event.(*Message)
	return m
}

// popEvent is nextEvent for a caller that holds mu, and that resumes the connection if it has to be.
func (s *Socket) popEvent() (event queuedEvent, resume, ok bool) {
	q := s.queue
	event, size, ok := q.events.Pop()
	if q.batch > 0 {
		q.batch--
	} else {
		s.account(-size)
	}
	if _, isDrain := event.(*Drain); isDrain {
		q.drain = false
	}
	resume = q.events.Paused() && q.events.Resume(s.queueLimits())
	if q.busy = ok; !ok {
		s.closeQueue()
	}
	return event, resume, ok
}

// handleEvents calls the handler for one event after the other, until none is left or one is to be completed later.
func (s *Socket) handleEvents() {
	version := s.server.beginCall()
	complete, ended := true, false
	defer func() {
		if !complete {
			return // the queue and the call belong to the Completion
		}
		version.endCall()
		if !ended { // the handler has ended this goroutine
			s.retainBatch()
			go s.handleEvents()
		}
	}()
	for {
		event, ok := s.nextEvent()
		if !ok {
			ended = true
			return
		}
		if s.server.version.Load() != version { // an event goes to the handler that is in place when it begins
			version.endCall()
			version = s.server.beginCall()
		}
		s.queue.version = version
		if complete = event.handle(version.handler); !complete {
			return
		}
	}
}

// resumeEvents handles the events that have come while the last one was completed, on another goroutine.
func (s *Socket) resumeEvents() {
	s.mu.Lock()
	s.queue.busy = false
	left := s.queue.events.Len() > 0 // an empty queue is not paused
	switch {
	case s.holdsEvents():
		s.holdQueue()
		left = false
	case !left:
		s.closeQueue()
	}
	s.mu.Unlock()
	if left {
		go s.handleEvents()
	}
}

// isIdle reports whether every event that has come has been handled.
func (s *Socket) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue == nil
}

// isMessageNext reports whether the first event in the queue is a message that may be handled now.
func (s *Socket) isMessageNext() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hasMessage()
}

// hasMessage is isMessageNext for a caller that holds mu.
func (s *Socket) hasMessage() bool {
	if s.queue == nil || s.queue.events.Len() == 0 || s.holdsEvents() {
		return false
	}
	_, isMessage := s.queue.events.At(0).(*Message)
	return isMessage
}

// queuedMessages returns how many messages have arrived and have not reached the handler.
func (s *Socket) queuedMessages() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue == nil {
		return 0
	}
	for i := range s.queue.events.Len() {
		if _, isMessage := s.queue.events.At(i).(*Message); isMessage {
			n++
		}
	}
	return n
}
