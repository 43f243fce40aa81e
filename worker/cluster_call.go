package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// cargo is what an event of an object has for its handler, in a form that can go to another node. One of call and request is set.
type cargo struct {
	call    *script.Call // without its arguments
	args    *parcel
	request *script.Request
}

// size returns the approximate number of bytes of the cargo, without its streams.
func (c *cargo) size() int64 {
	size := c.args.size()
	if c.request != nil {
		size += len(c.request.URL) + len(c.request.Body)
	}
	return int64(size)
}

// sentEvent is an event that was sent to another node and is not answered.
type sentEvent struct {
	session  *session
	number   uint64
	event    *event
	cargo    *cargo
	delivery *delivery // nil for a call of a reference
	size     int64
	since    time.Time     // when it was sent; guarded by session.mu
	whole    bool          // it may have begun at the other node; guarded by session.mu
	streams  []*sentStream // the bodies in it
	stop     func() bool   // ends the observation of the request's context; nil for calls
	sent     func()        // notes that nothing of it will be sent to the other node any more; has an effect once
}

// errSessionFull is the error of a call beyond the bounds of what one node has in progress at another one.
var errSessionFull = errors.New("too much is in progress at the other node")

// sendEvent sends an event to the other node. sent is called once: when the whole event was sent, which may be later, or when the rest will not be sent. The error
// means that nothing was sent: it is one of [linger.Cluster], [errSessionFull] or [errNodeLost].
func (p *session) sendEvent(r *objectRecord, e *event, c *cargo, d *delivery, sent func()) error {
	s := &sentEvent{session: p, number: p.all.nextNumber(), event: e, cargo: c, delivery: d, size: c.size(), since: time.Now(), sent: sync.OnceFunc(sent)}
	r.number = s.number
	p.sending.RLock() // so an event that is not sent when the session ends is not one of its calls
	defer p.sending.RUnlock()
	err := s.fill(r)
	if err == nil {
		s.observe()
		err = p.sendCall(s, r)
	}
	if err != nil {
		s.withdraw(r)
		s.sent()
		return err
	}
	p.all.counts.sent.Add(1)
	return nil
}

// sendCall sends a call, which has an answer from now on.
func (p *session) sendCall(s *sentEvent, r *objectRecord) error {
	if err := p.addCall(s); err != nil {
		return err
	}
	long, err := p.sendWhole(r, s.markWhole, s.sentWhole)
	switch {
	case err == nil && long:
		s.markLong()
	case err == nil:
		s.markWhole()
		s.sent()
	case p.takeCall(s.number) == nil:
		return nil // the other node has answered a number that it was not sent, and the event has ended
	}
	return err
}

// addCall adds a call that is sent.
func (p *session) addCall(s *sentEvent) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ended:
		return errNodeLost
	case len(p.calls) >= maxSessionCalls, p.bytes+s.size > maxSessionBytes:
		return errSessionFull
	}
	p.calls[s.number] = s
	p.bytes += s.size
	return nil
}

// takeCall removes a call that is answered and returns it, nil if there is none.
func (p *session) takeCall(number uint64) *sentEvent {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.calls[number]
	if s != nil {
		delete(p.calls, number)
		p.bytes -= s.size
	}
	return s
}

// fill sets the fields of a record from the cargo.
func (s *sentEvent) fill(r *objectRecord) (err error) {
	c := s.cargo
	if c.call != nil {
		r.path, r.get = c.call.Path, c.call.Get
		r.value, s.streams, err = s.session.export(c.args)
		return err
	}
	r.method, r.url, r.header = c.request.Method, c.request.URL, c.request.Header.Fields
	r.body.content = c.request.Body
	if body := s.event.body; body != nil {
		r.body.content = nil
		stream, err := s.session.addSent(passedOn{body}, nil)
		if err != nil {
			return err
		}
		s.streams = append(s.streams, stream)
		r.body.stream, r.body.length = stream.number, body.length
	}
	return nil
}

// observe cancels the event at the other node when its request is cancelled.
func (s *sentEvent) observe() {
	if s.event.request != nil {
		s.stop = context.AfterFunc(s.event.request, func() {
			_ = s.session.send(&objectRecord{kind: recordCancel, number: s.number}) // the answer is dropped in any case
		})
	}
}

// withdraw takes an event back that the other node has not begun.
func (s *sentEvent) withdraw(r *objectRecord) {
	if s.stop != nil {
		s.stop()
	}
	for _, stream := range s.streams {
		stream.withdraw()
	}
	if r != nil { // it was not sent
		s.session.all.app.references.takeBack(s.session, r.value.references)
	}
}

// markLong records that a long event is still being sent.
func (s *sentEvent) markLong() {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	if !s.whole {
		s.since = s.since.Add(maxSendTime)
	}
}

// markWhole records that the event may begin at the other node. For a long event that is before its last record is sent.
func (s *sentEvent) markWhole() {
	s.session.mu.Lock()
	defer s.session.mu.Unlock()
	s.whole = true
}

// sentWhole records that nothing more of a long event will be sent.
func (s *sentEvent) sentWhole() {
	s.session.mu.Lock()
	s.since = time.Now()
	s.session.mu.Unlock()
	s.sent()
}

// fail ends an event that was sent and has no answer.
func (s *sentEvent) fail(failure string) {
	if s.stop != nil {
		s.stop()
	}
	s.session.all.counts.failed.Add(1)
	if s.delivery != nil {
		defer s.delivery.route.answered()
	}
	s.event.failWith(failure)
}

// failWith ends an event that was not handled here, with a failure.
func (e *event) failWith(failure string) {
	if e.claim() {
		e.outcome = &script.Outcome{Failure: failure}
	}
	e.end()
}

// moved sends an event again that the other node has not begun.
func (s *sentEvent) moved() {
	if s.delivery == nil {
		s.fail(referenceBroken)
		return
	}
	s.session.all.counts.moved.Add(1)
	s.withdraw(nil)
	s.delivery.route.moved(s.delivery, s.session.node)
	s.sent() // the events that follow it wait until it is in their route again
}

// handleAnswer handles the answer to an event that was sent.
func (p *session) handleAnswer(r *objectRecord) {
	s := p.takeCall(r.number)
	if s == nil {
		p.dropAnswer(r)
		return
	}
	if r.kind == recordMoved {
		s.moved()
		return
	}
	if s.delivery != nil {
		defer s.delivery.route.answered()
	}
	e := s.event
	s.cargo.args.passed()
	if !e.claim() { // it was cancelled
		p.dropAnswer(r)
		return
	}
	if r.kind == recordResponse {
		p.acceptResponse(s, r)
	} else {
		if s.stop != nil {
			s.stop()
		}
		p.acceptResult(e, r)
	}
	e.end()
}

// acceptResult makes the outcome in a record that of an event.
func (p *session) acceptResult(e *event, r *objectRecord) {
	result, err := p.accept(&r.value)
	if err != nil {
		e.outcome = &script.Outcome{Failure: objectOverloaded}
		return
	}
	e.result = result
	e.outcome = &script.Outcome{Value: script.Value{Text: r.value.text, Plain: r.value.plain}, Thrown: r.thrown, Failure: r.failure}
}

// acceptResponse makes the response in a record that of an event.
func (p *session) acceptResponse(s *sentEvent, r *objectRecord) {
	e := s.event
	answer := &response{status: r.status, header: r.header, body: r.body.content, length: r.body.length, onSent: func() {}}
	switch {
	case len(r.offer) > 0:
		number, err := p.all.app.importOffer(r.offer, p.node)
		if err != nil {
			e.outcome = &script.Outcome{Failure: objectOverloaded}
			return
		}
		answer.offer = number
	case r.body.stream != 0:
		stream, err := p.addReceived(r.body.stream)
		if err != nil {
			_ = p.send(&objectRecord{kind: recordStreamEnded, number: r.body.stream}) // the session ends it otherwise
			e.outcome = &script.Outcome{Failure: objectOverloaded}
			return
		}
		answer.reader = stream
	}
	e.response = answer
}

// dropAnswer releases what an answer has that nothing waits for.
func (p *session) dropAnswer(r *objectRecord) {
	if value, err := p.accept(&r.value); err == nil {
		value.drop()
	}
	if r.body.stream != 0 {
		_ = p.send(&objectRecord{kind: recordStreamEnded, number: r.body.stream}) // the session ends it otherwise
	}
	if len(r.offer) > 0 {
		if number, err := p.all.app.importOffer(r.offer, p.node); err == nil {
			p.all.app.objects.offers.drop(number)
		}
	}
}
