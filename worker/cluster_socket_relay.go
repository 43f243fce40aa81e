package worker

import (
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/ordered"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// relay is the connection of a WebSocket whose object is on another node. It sends the events of the connection to the owner of the object, and
// keeps each until the object has begun it, so that the next owner gets what the last one has not begun. For the same reason it keeps the state of a
// hibernatable WebSocket. What the owner sends, it does to the connection.
type relay struct {
	all    *clusterSockets
	socket *linger.Socket
	worker *worker
	id     uint64         // identifies the connection for all owners
	object *relayedObject // nil for a WebSocket that is not hibernatable, which ends with its owner

	mu     sync.Mutex
	link   uint64          // identifies the connection for the current owner; changed with clusterSockets.mu held too
	state  *movedSocket    // nil for a WebSocket that is not hibernatable
	stream *ordered.Stream // to the owner; nil while the connection is not attached
	since  time.Time       // when the last owner was lost; zero while an owner has accepted the connection

	// The event of the connection that is in progress. It may include several messages.
	events     []*socketRecord    // what the object has not begun
	bytes      int                // their size
	sent       int                // how many of them were sent to the owner
	begun      uint64             // the events that the owner has begun since the connection was attached
	completion *linger.Completion // of messages; nil for another event
	finish     func()             // called when the object has begun all of them; nil if no event is in progress

	received uint64 // the bytes of messages from the owner
	taken    uint64 // how many of them have left the send queue, as reported to the owner
	reported time.Time

	asked     bool          // the owner was asked to keep what it sends
	successor *hibernatable // the WebSocket, since the object is on this node
	given     bool          // the connection was given up: its events are dropped
}

var _ socketEvents = (*relay)(nil)

// newRelay returns a relay that is not attached. state is that of a hibernatable WebSocket; nil for another one.
func (all *clusterSockets) newRelay(socket *linger.Socket, state *movedSocket) *relay {
	r := &relay{all: all, socket: socket, worker: all.app.workerForObject(), id: newLink(), link: newLink(), state: state, since: time.Now()}
	all.mu.Lock()
	defer all.mu.Unlock()
	if state != nil {
		r.object = all.relayedObject(state)
		r.object.relays[r] = struct{}{}
	}
	all.relays[r.link] = r
	return r
}

// forget removes the relay from those of the node.
func (r *relay) forget() {
	all := r.all
	all.mu.Lock()
	delete(all.relays, r.link)
	delete(all.unsettled, r)
	if o := r.object; o != nil {
		delete(o.relays, r)
		if len(o.relays) == 0 && !o.placing {
			delete(all.objects, objectKey{o.ref.Class, o.ref.ID})
		}
	}
	all.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaveStream()
}

// leaveStream ends the use of the stream. mu is held.
func (r *relay) leaveStream() {
	if r.stream != nil {
		r.stream.Done()
	}
	r.stream, r.sent, r.begun, r.asked = nil, 0, 0, false
}

// isOn reports whether the connection is attached to an owner through a stream.
func (r *relay) isOn(s *ordered.Stream) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stream == s
}

// connect connects the WebSocket of an offer.
func (r *relay) connect(node string, offer uint64) {
	r.attachTo(r.all.mesh.Stream(node), &socketRecord{kind: socketConnect, number: offer})
}

// attachTo attaches the connection to an owner with a record, and sends the events that wait. The stream is used until leaveStream.
func (r *relay) attachTo(s *ordered.Stream, record *socketRecord) {
	s.Use()
	r.mu.Lock()
	if r.given || r.stream != nil || r.successor != nil {
		r.mu.Unlock()
		s.Done()
		return
	}
	r.stream, r.sent, r.begun, r.received, r.taken = s, 0, 0, 0, 0
	r.renewLink()
	record.link, record.id, record.bound = r.link, r.id, uint64(r.all.app.config().opts.Server.SendQueue) //nolint:gosec // not negative
	r.all.send(s, record)
	r.flush()
	r.mu.Unlock()
	if s.Ended() { // it may have ended before it was set
		r.all.lost(s)
	}
}

// renewLink changes the link, so that no record of the last owner is taken for one of the next. mu is held.
func (r *relay) renewLink() {
	all := r.all
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.relays, r.link)
	r.link = newLink()
	all.relays[r.link] = r
}

// receive implements [socketEvents].
func (r *relay) receive(p linger.Payload, c *linger.Completion) {
	r.mu.Lock()
	if s := r.successor; s != nil {
		r.mu.Unlock()
		s.receive(p, c)
		return
	}
	r.mu.Unlock()
	if r.autoRespond(p) {
		c.Done()
		return
	}
	r.begin(messageRecord(p), c, c.Done)
}

// messageRecord returns the event of a message.
func messageRecord(p linger.Payload) *socketRecord {
	return &socketRecord{kind: socketMessage, payload: p.Data, binary: p.Binary}
}

// peerClose implements [socketEvents].
func (r *relay) peerClose(status protocol.Status, done func()) {
	r.begin(&socketRecord{kind: socketPeerClose, status: status}, nil, done)
}

// closed implements [socketEvents].
func (r *relay) closed(c *linger.Close, done func()) {
	failure := failureText(c)
	if r.object != nil {
		failure = ""
		if c.Violation != nil {
			failure = c.Violation.Error()
		}
	}
	r.passEnd(distantEnd{c.Received, c.Clean, failure}, done)
}

// passEnd passes the end of the connection to the owner.
func (r *relay) passEnd(end distantEnd, done func()) {
	r.begin(&socketRecord{kind: socketEnd, status: end.status, clean: end.clean, failure: end.failure}, nil, func() {
		r.forget()
		done()
	})
}

// begin begins an event of the connection, which has no other in progress.
func (r *relay) begin(event *socketRecord, c *linger.Completion, finish func()) {
	r.mu.Lock()
	if r.given || r.needsNoEvent(event) {
		r.mu.Unlock()
		finish()
		return
	}
	r.events, r.bytes, r.completion, r.finish = []*socketRecord{event}, len(event.payload), c, finish
	s := r.successor
	r.flush()
	r.mu.Unlock()
	if s != nil {
		r.pass()
	}
}

// needsNoEvent reports whether an event is the end of a connection that is not attached, and whose object has got the peer's Close. mu is held.
func (r *relay) needsNoEvent(event *socketRecord) bool {
	if event.kind != socketEnd || r.stream != nil || r.state == nil {
		return false
	}
	incoming, _ := r.state.hibernatable.halves()
	return !incoming
}

// flush sends the events that wait, as far as there is room. mu is held.
func (r *relay) flush() {
	for r.stream != nil && r.sent < len(r.events) {
		event := r.events[r.sent]
		event.link = r.link
		if !r.all.send(r.stream, event) {
			r.all.settleLater(r)
			return
		}
		r.sent++
		r.all.counts.sent.Add(1)
	}
}

// autoRespond sends the automatic response to a message, and reports whether there is one.
func (r *relay) autoRespond(p linger.Payload) bool {
	if r.object == nil || p.Binary {
		return false
	}
	auto := r.object.auto.Load()
	if auto == nil || string(p.Data) != auto.Request {
		return false
	}
	incomingSocket{r.socket}.send(linger.Text(auto.Response))
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.hibernatable.respondedAt.Store(now.UnixMilli())
	if r.stream != nil && now.Sub(r.reported) >= time.Second {
		r.reported = now
		r.all.send(r.stream, &socketRecord{kind: socketResponded, link: r.link, number: uint64(now.UnixMilli())}) //nolint:gosec // a time
	}
	return true
}

// handle handles a record of the owner.
func (r *relay) handle(record *socketRecord) {
	switch t := (incomingSocket{r.socket}); record.kind {
	case socketSend:
		t.send(linger.Payload{Data: record.payload, Binary: record.binary})
		r.account(len(record.payload))
	case socketClose:
		r.closeHalf(func() { t.close(record.status.Code, record.status.Reason) })
	case socketCloseEmpty:
		r.closeHalf(t.closeEmpty)
	case socketAnswerClose:
		r.closeHalf(t.answerClose)
	case socketCloseNow:
		t.closeNow()
	case socketBegun:
		r.advance(record.number)
	case socketAttached:
		r.setAttached(record)
	case socketAttachment:
		r.setAttachment(record)
	case socketDetach:
		r.advance(record.number)
		r.detach(true)
	case socketSuspended:
		r.advance(record.number)
		r.setSuspended()
	case socketRefused:
		r.giveUp("the owner of its object did not accept it: it was not connected in time, or the object has got its end")
	}
}

// closeHalf closes the half of the object.
func (r *relay) closeHalf(send func()) {
	if r.state != nil {
		r.state.hibernatable.closeHalf()
	}
	send()
}

// account counts a message of the owner in the send queue.
func (r *relay) account(size int) {
	r.mu.Lock()
	r.received += uint64(size) //nolint:gosec // not negative
	now := r.received-r.taken >= takenStep
	r.mu.Unlock()
	if !now || !r.settle() {
		r.all.settleLater(r)
	}
}

// settle notifies the owner of what has left the send queue, and sends events for which there was no room. It reports whether
// nothing is left to do.
func (r *relay) settle() bool {
	buffered := uint64(r.socket.Buffered()) //nolint:gosec // not negative
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flush()
	if taken := r.received - min(r.received, buffered); r.stream != nil && taken > r.taken {
		r.taken = taken
		r.all.send(r.stream, &socketRecord{kind: socketTaken, link: r.link, number: taken})
	}
	return r.given || r.stream == nil || buffered == 0 && r.sent == len(r.events)
}

// advance records how many events the object has begun since the connection was attached.
func (r *relay) advance(begun uint64) {
	r.mu.Lock()
	if begun <= r.begun || begun-r.begun > uint64(r.sent) { //nolint:gosec // not negative
		r.mu.Unlock()
		return
	}
	n := int(begun - r.begun) //nolint:gosec // checked
	r.begun, r.sent = begun, r.sent-n
	finish := r.drop(n)
	r.include()
	r.flush()
	r.mu.Unlock()
	if finish != nil {
		finish()
	}
}

// drop removes events that the object has begun. If none is left, and no further message of the connection has arrived, it returns what finishes
// the event of the connection. mu is held.
func (r *relay) drop(n int) (finish func()) {
	for _, event := range r.events[:n] {
		r.bytes -= len(event.payload)
		if event.kind == socketPeerClose && r.state != nil {
			r.state.hibernatable.setGotClose()
		}
	}
	clear(r.events[:n])
	r.events = r.events[n:]
	if r.include(); len(r.events) > 0 {
		return nil
	}
	finish = r.finish
	r.events, r.bytes, r.completion, r.finish = nil, 0, nil, nil
	return finish
}

// include makes messages that have arrived part of the event in progress, within the bounds. mu is held.
func (r *relay) include() {
	for r.completion != nil && len(r.events) < maxSentEvents && r.bytes < maxSentBytes {
		m := r.completion.Include()
		if m == nil {
			return
		}
		event := messageRecord(m.Payload)
		r.events = append(r.events, event)
		r.bytes += len(event.payload)
	}
}

// setAttached records that the owner has accepted the connection.
func (r *relay) setAttached(record *socketRecord) {
	r.mu.Lock()
	r.since = time.Time{}
	r.mu.Unlock()
	if r.object == nil {
		return
	}
	r.object.setSettings(record.auto, time.Duration(record.timeout)) //nolint:gosec // a time
	r.setAttachment(record)
	r.all.mu.Lock()
	r.object.attempts = 0
	r.all.mu.Unlock()
}

// setAttachment sets the attachment, if the record has one.
func (r *relay) setAttachment(record *socketRecord) {
	if r.state == nil || record.payload == nil {
		return
	}
	text := string(record.payload)
	r.state.hibernatable.setAttachment(&text)
}

// detach records that the connection has no owner any more. planned reports whether the owner has given it up, and is not lost.
func (r *relay) detach(planned bool) {
	if r.object == nil {
		r.restart()
		return
	}
	r.mu.Lock()
	if r.stream == nil {
		r.mu.Unlock()
		return
	}
	if !planned && r.begun > 0 {
		r.all.counts.interruptedEvents.Add(1)
	}
	r.leaveStream()
	if r.since.IsZero() {
		r.since = time.Now()
	}
	unanswered := !r.all.app.config().compatibility.manualReply && r.state.hibernatable.mustAnswer()
	r.mu.Unlock()
	if unanswered { // the last owner has got the peer's Close and ended before it has answered
		r.closeHalf(incomingSocket{r.socket}.answerClose)
	}
	r.object.find()
}

// restart closes a connection whose WebSocket has ended with its owner.
func (r *relay) restart() {
	r.end(func(t incomingSocket) { t.close(protocol.CloseServiceRestart, appRestart) })
}

// giveUp closes a connection whose object has no owner. why completes a line of the log.
func (r *relay) giveUp(why string) {
	r.all.counts.closed.Add(1)
	r.all.report("connection closed with 1013: "+why, "connection", r.socket.ID())
	r.end(func(t incomingSocket) { t.close(protocol.CloseTryAgainLater, "the object is not available") })
}

// end closes the connection with close. Its events are dropped from now on.
func (r *relay) end(closeIt func(t incomingSocket)) {
	r.mu.Lock()
	first := !r.given
	r.given = true
	r.leaveStream()
	finish := r.finish
	r.events, r.bytes, r.completion, r.finish = nil, 0, nil, nil
	r.mu.Unlock()
	if !first {
		return
	}
	closeIt(incomingSocket{r.socket})
	r.forget()
	if finish != nil {
		finish()
	}
}

// settings of the WebSockets of an object, as its owner has sent them.
func (all *clusterSockets) setSettings(record *socketRecord) {
	all.mu.Lock()
	o := all.objects[objectKey{record.object.Class, record.object.ID}]
	all.mu.Unlock()
	if o != nil {
		o.setSettings(record.auto, time.Duration(record.timeout)) //nolint:gosec // a time
	}
}

// setSettings sets how the WebSockets of the object are handled.
func (o *relayedObject) setSettings(auto *script.AutoResponse, timeout time.Duration) {
	o.auto.Store(auto)
	o.timeout.Store(int64(timeout))
}
