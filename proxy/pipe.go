package proxy

import (
	"sync"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Pipe forwards messages between the connection of a client and that of a backend until
// both have ended. The drivers must not have been started, and must have the options that
// [Options.Connection] returns.
func Pipe(client, backend *driver.Driver, opts Options) Ends {
	p := newPipe(client, backend, opts)
	p.start()
	p.ended.Wait()
	return p.ends()
}

// Ends has the outcomes of the two connections of a pipe.
type Ends struct {
	Client, Backend driver.Outcome

	// Initiator is what has ended the pair first, [InitiatorClient], [InitiatorBackend] or [InitiatorProxy]: the side whose Close
	// was received first, or whose connection was lost or has failed first; or the proxy, by a drain or a shutdown.
	Initiator string
}

// pipe is a pair of connections.
type pipe struct {
	opts            Options
	client, backend side
	initiator       initiator
	ended           sync.WaitGroup // the two terminal events
}

// side is one connection of a pipe. It handles the events of the connection by forwarding
// them to the other.
type side struct {
	pipe  *pipe
	name  string // as an initiator
	conn  *driver.Driver
	other *side
	lost  Lost // what this end sees when the other is lost

	mu         sync.Mutex
	midMessage bool // a message from this connection has been forwarded in part
	outcome    driver.Outcome

	forwarded counter // from this connection
}

func newPipe(client, backend *driver.Driver, opts Options) *pipe {
	p := &pipe{opts: opts.withDefaults()}
	p.client = side{pipe: p, name: InitiatorClient, conn: client, other: &p.backend, lost: p.opts.BackendLost}
	p.backend = side{pipe: p, name: InitiatorBackend, conn: backend, other: &p.client, lost: p.opts.ClientLost}
	p.ended.Add(2)
	return p
}

func (p *pipe) start() {
	p.client.conn.Start(&p.client)
	p.backend.conn.Start(&p.backend)
}

func (p *pipe) ends() Ends {
	return Ends{Client: p.client.outcome, Backend: p.backend.outcome, Initiator: p.initiator.String()}
}

// closeBoth starts the closing handshake on both connections. After that nothing is
// forwarded, so the close timeout applies to both, and not the longer time in which an end
// may send after a Close of the other.
func (p *pipe) closeBoth(status protocol.Status) {
	p.initiator.set(InitiatorProxy)
	for _, s := range []*side{&p.client, &p.backend} {
		_ = s.conn.Close(status.Code, status.Reason) // the status is valid
		s.conn.SetCloseTimeout(p.opts.closeTimeout())
	}
}

// abort aborts both connections.
func (p *pipe) abort() {
	p.initiator.set(InitiatorProxy)
	p.client.conn.CloseNow()
	p.backend.conn.CloseNow()
}

// forward forwards a message or a piece of one. If the send queue of the other connection
// reaches the high watermark, this connection is paused until the queue is empty.
func (s *side) forward(d *driver.Driver, m protocol.Event) {
	if s.pipe.opts.Intercept != nil && !s.intercept(&m) {
		return
	}
	queued, err := s.send(m)
	if err != nil { // our half of the other connection has finished: discard the message
		return
	}
	if queued >= s.pipe.opts.HighWater {
		d.Pause()
		if s.other.conn.Queued() == 0 { // the queue was drained before Pause
			d.Resume()
		}
	}
}

// send sends a message or a piece of one on the other connection. Each piece is sent as a
// frame, so that messages are not buffered.
func (s *side) send(m protocol.Event) (queued int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forwarded.bytes.Add(int64(len(m.Payload)))
	if m.Last {
		s.forwarded.messages.Add(1)
	}
	if !s.midMessage && m.Last {
		return s.other.conn.Send(m.Opcode, m.Payload)
	}
	opcode := m.Opcode
	if s.midMessage {
		opcode = protocol.Continuation
	}
	s.midMessage = !m.Last
	return s.other.conn.SendFragment(opcode, m.Payload, m.Last)
}

// Events forwards the events of a batch in one write.
func (s *side) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	if len(events) == 1 {
		s.handle(d, events[0])
		return false
	}
	s.other.conn.Together(func() {
		for _, ev := range events {
			s.handle(d, ev)
		}
	})
	return false
}

// Work is never called, because Events returns false.
func (s *side) Work(*driver.Driver) {}

// handle forwards a message or a Close. Pings and pongs are not
// forwarded: each connection has its own keep-alive.
func (s *side) handle(d *driver.Driver, ev protocol.Event) {
	switch ev.Kind {
	case protocol.EventMessage, protocol.EventPiece:
		s.forward(d, ev)
	case protocol.EventPeerClose:
		s.pipe.initiator.set(s.name)
		s.other.passClose(ev.Status)
	case protocol.EventPing, protocol.EventPong, protocol.EventFailing, protocol.EventClosed:
	}
}

// Drained resumes the other connection.
func (s *side) Drained(*driver.Driver) { s.other.conn.Resume() }

// Closed ends the other connection in the same way as this one has ended.
func (s *side) Closed(_ *driver.Driver, end driver.Outcome) {
	s.outcome = end
	s.pipe.initiator.set(s.name)
	if end.Clean {
		s.other.passClose(end.Received)
	} else {
		s.other.otherLost(s.isMidMessage())
	}
	s.other.conn.Resume() // its messages are discarded, but its end must be read
	s.pipe.ended.Done()
}

// isMidMessage reports whether a message of this connection has been forwarded in part.
func (s *side) isMidMessage() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.midMessage
}

// passClose sends a Close that the other connection has received. An empty Close is sent
// as an empty Close, because 1005 must not be sent (RFC 6455, section 7.4.1). A Close
// between the fragments of a message is sent between them (section 5.4).
func (s *side) passClose(status protocol.Status) {
	_ = s.conn.PassClose(status) // a received status is valid
}

// otherLost sends what this end must see after the other was lost. A message that was
// forwarded in part is never completed; it and other queued output are dropped, so that
// the Close can be sent. The close timeout applies to the answer, because later messages
// of this end cannot be forwarded.
func (s *side) otherLost(midMessage bool) {
	switch {
	case s.lost.Abort:
		s.conn.CloseNow()
	case midMessage:
		_ = s.conn.CloseDiscard(s.lost.Code, s.lost.Reason) // New has checked the status
	default:
		_ = s.conn.Close(s.lost.Code, s.lost.Reason)
	}
	s.conn.SetCloseTimeout(s.pipe.opts.closeTimeout())
}
