package proxy

import (
	"sync"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Pipe joins a client's connection and a backend's, which have not been started, and
// returns when both have ended. Both have to be in half-open mode, with Pieces unless
// opts.Intercept is set: [Options.Connection] gives such options.
func Pipe(client, backend *driver.Driver, opts Options) Ends {
	p := newPipe(client, backend, opts)
	p.start()
	p.over.Wait()
	return p.ends()
}

// Ends is how the two connections of a pipe have ended.
type Ends struct{ Client, Backend driver.Outcome }

// pipe is two connections and the two directions between them.
type pipe struct {
	opts            Options
	client, backend side
	over            sync.WaitGroup // the terminal events
}

// side is one connection of a pipe, and the direction that begins there. What it is
// told it passes on to the other.
type side struct {
	pipe  *pipe
	conn  *driver.Driver
	other *side
	lost  Lost // what this side is told when the other is lost

	mu       sync.Mutex
	inside   bool  // part of a message of this side has been passed on
	messages int64 // of this side that were passed on
	bytes    int64 // of their payloads
	outcome  driver.Outcome
}

func newPipe(client, backend *driver.Driver, opts Options) *pipe {
	p := &pipe{opts: opts.withDefaults()}
	p.client = side{pipe: p, conn: client, other: &p.backend, lost: p.opts.BackendLost}
	p.backend = side{pipe: p, conn: backend, other: &p.client, lost: p.opts.ClientLost}
	p.over.Add(2)
	return p
}

func (p *pipe) start() {
	p.client.conn.Start(&p.client)
	p.backend.conn.Start(&p.backend)
}

func (p *pipe) ends() Ends { return Ends{Client: p.client.outcome, Backend: p.backend.outcome} }

// closeBoth starts the closing handshake on both sides. Nothing passes between them any
// more, so neither has the time to go on that it would have after a Close of the other.
func (p *pipe) closeBoth(status protocol.Status) {
	for _, s := range []*side{&p.client, &p.backend} {
		_ = s.conn.Close(status.Code, status.Reason) // ours to choose, so it is legal
		s.conn.SetCloseTimeout(p.opts.closeTimeout())
	}
}

// cut ends both sides without a closing handshake.
func (p *pipe) cut() {
	p.client.conn.CloseNow()
	p.backend.conn.CloseNow()
}

// relay passes on a piece of a message, or a whole one. When much of it waits on the other
// side nothing more is read here until that has left.
func (s *side) relay(d *driver.Driver, m protocol.Event) {
	if s.pipe.opts.Intercept != nil && !s.intercept(&m) {
		return
	}
	queued, err := s.pass(m)
	if err != nil { // the other side has finished, and what still comes for it has nowhere to go
		return
	}
	if queued >= s.pipe.opts.HighWater {
		d.Pause()
		if s.other.conn.Queued() == 0 { // it left before we paused
			d.Resume()
		}
	}
}

// pass sends a piece as a frame of the message it belongs to, so that no message is ever
// held as a whole.
func (s *side) pass(m protocol.Event) (queued int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += int64(len(m.Payload))
	if m.Last {
		s.messages++
	}
	if !s.inside && m.Last {
		return s.other.conn.Send(m.Opcode, m.Payload)
	}
	opcode := m.Opcode
	if s.inside {
		opcode = protocol.Continuation
	}
	s.inside = !m.Last
	return s.other.conn.SendFragment(opcode, m.Payload, m.Last)
}

// Events passes on what has come together, together.
func (s *side) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	if len(events) == 1 {
		s.event(d, events[0])
		return false
	}
	s.other.conn.Together(func() {
		for _, ev := range events {
			s.event(d, ev)
		}
	})
	return false
}

// Work is never called: Events returns false.
func (s *side) Work(*driver.Driver) {}

// event passes on a message, or that this side has finished, after which the other may send
// on. Pings and pongs are not passed on: each connection has its own.
func (s *side) event(d *driver.Driver, ev protocol.Event) {
	switch ev.Kind {
	case protocol.EventMessage, protocol.EventPiece:
		s.relay(d, ev)
	case protocol.EventPeerClose:
		s.other.finish(ev.Status)
	case protocol.EventFailing:
		d.Fail()
	case protocol.EventPing, protocol.EventPong, protocol.EventClosed:
	}
}

// Drained lets the other side be read again.
func (s *side) Drained(*driver.Driver) { s.other.conn.Resume() }

// Closed ends the other side as this one has ended.
func (s *side) Closed(_ *driver.Driver, end driver.Outcome) {
	s.outcome = end
	if end.Clean {
		s.other.finish(end.Received)
	} else {
		s.other.tellLost(s.cutOff())
	}
	s.other.conn.Resume() // nothing is passed on here any more, but the end has to be seen
	s.pipe.over.Done()
}

// cutOff tells whether a message of this side has been passed on in part.
func (s *side) cutOff() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inside
}

// finish passes a Close on as it came: an empty one stays empty, so that no code is
// sent that may not travel (RFC 6455, section 7.4.1), and one within a message that is
// not finished stands within it here, too (section 5.4).
func (s *side) finish(status protocol.Status) {
	_ = s.conn.PassClose(status) // it has arrived, so it may travel
}

// tellLost tells this side that the other has been lost. A message that was passed on in
// part is never finished: what waits is dropped with it, so that the Close can leave.
// For its answer this side has the close timeout, since no tail can be passed on any more.
func (s *side) tellLost(inside bool) {
	switch {
	case s.lost.Cut:
		s.conn.CloseNow()
	case inside:
		_ = s.conn.CloseDiscard(s.lost.Code, s.lost.Reason) // was checked with the options
	default:
		_ = s.conn.Close(s.lost.Code, s.lost.Reason)
	}
	s.conn.SetCloseTimeout(s.pipe.opts.closeTimeout())
}
