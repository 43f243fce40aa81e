package worker

import (
	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

var (
	_ distantTarget = (*hibernatable)(nil)
	_ distantEvents = (*hibernatable)(nil)
)

// connectDistant implements distantTarget.
func (s *hibernatable) connectDistant(d *distant) {
	record := s.object.settingsRecord(socketAttached)
	s.mu.Lock()
	if s.attachment != nil {
		record.payload = []byte(*s.attachment)
	}
	s.mu.Unlock()
	d.begin(s, record)
	if !s.late.connectDistant(d) { // the object has left this node
		d.detach()
	}
}

// receiveDistant implements distantEvents.
func (s *hibernatable) receiveDistant(p linger.Payload, begun, done func()) {
	if s.isAborted() || s.autoRespond(p) {
		begun()
		done()
		return
	}
	e := s.newMessage(p, nil)
	e.onComplete = done
	e.prepare = func(*hostAPI) { begun() }
	s.overlap.admit(func() { s.object.deliver(&s.object.worker.tasks, e) })
}

// peerCloseDistant implements distantEvents.
func (s *hibernatable) peerCloseDistant(status protocol.Status, begun, done func()) {
	s.passPeerClose(status, begun, done)
}

// closedDistant implements distantEvents.
func (s *hibernatable) closedDistant(end distantEnd, begun, done func()) { s.passEnd(end, begun, done) }

// setGotClose records that the object has got the peer's Close, or the end of the connection.
func (s *hibernatable) setGotClose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gotClose = true
}

// mustAnswer reports whether the object has got the peer's Close and has not closed its half.
func (s *hibernatable) mustAnswer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gotClose && !s.sentClose
}

// setAttachment sets the attachment; nil for none.
func (s *hibernatable) setAttachment(text *string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attachment = text
}

// relayed returns the connection, if it is on this node and the object has left this node; otherwise nil.
func (s *hibernatable) relayed() *relay {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.relay
}

// hasDeparted reports whether the object has left this node.
func (s *hibernatable) hasDeparted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.departed
}

// depart gives the connection of the WebSocket to the next owner of the object. A second call has no effect, but blocks until the first one has had its effect: then
// relayed returns the connection.
func (s *hibernatable) depart() {
	s.departing.Lock()
	kept := s.departOnce()
	s.departing.Unlock()
	if kept != nil {
		kept()
	}
}

// departOnce is depart without the event that waits for it, which it returns. departing is held.
func (s *hibernatable) departOnce() (kept func()) {
	s.mu.Lock()
	first := !s.departed && !s.removed
	s.departed = s.departed || first
	s.mu.Unlock()
	if !first {
		return nil
	}
	socket, d := s.late.leave()
	switch {
	case d != nil:
		d.detach()
	case socket != nil:
		s.follow(socket)
	}
	s.remove()
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, s.kept = s.kept, nil
	return kept
}

// follow makes the connection, which is on this node, one whose object is on another node.
func (s *hibernatable) follow(socket *linger.Socket) {
	app := s.object.objects.app
	state, _ := readMovedSocket(s.appendState(nil)) // never fails
	r := app.sockets.newRelay(socket, state)
	s.mu.Lock()
	s.relay = r
	s.mu.Unlock()
	app.assignments.replace(socket, r)
	r.object.find()
}

// hold makes the next events of the object's WebSockets wait for release, so that the object comes to rest.
func (all *clusterSockets) hold(o *object) {
	o.sockets.holding.Store(true)
}

// keep keeps an event of the connection, whose object is about to leave this node, until depart. It returns false if the object is not.
func (s *hibernatable) keep(again func()) bool {
	if !s.object.sockets.holding.Load() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.departed || s.removed {
		return false
	}
	s.kept = again
	return true
}

// release gives the connections of an object that leaves this node to the next owner. Its last event has ended.
func (all *clusterSockets) release(o *object) {
	if all == nil {
		return
	}
	for _, s := range o.sockets.list() {
		s.depart()
	}
	o.sockets.holding.Store(false)
}

// lose is release for an object that this node has lost: nothing that it sends leaves any more.
func (all *clusterSockets) lose(o *object) { all.release(o) }

// isDeparted reports whether the event is about a WebSocket whose object has left this node since it has arrived.
func (e *event) isDeparted() bool { return e.hibernatable != nil && e.hibernatable.hasDeparted() }

// reroute passes an event on whose object has left this node before the event has begun. It returns false if the event is not about a hibernatable
// WebSocket, or if that has ended.
func (e *event) reroute() bool {
	s := e.hibernatable
	if s == nil || s.object.objects.app.sockets == nil {
		return false
	}
	s.depart()
	if !s.hasDeparted() {
		return false
	}
	e.claim()
	e.rerouted = true
	c := e.completion
	e.completion = nil
	e.end()
	r := s.relayed()
	m, isMessage := e.input.(*script.HibernatableMessage)
	switch {
	case r == nil: // the node of the connection sends the event to the next owner
		if c != nil {
			c.Done()
		}
	case isMessage:
		r.receive(m.Payload, c)
	default:
		e.elsewhere(r)
	}
	return true
}
