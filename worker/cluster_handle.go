package worker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/script"
)

// handledEvent is an event that another node has sent and that is not answered.
type handledEvent struct {
	session *session
	number  uint64
	cancel  context.CancelFunc // ends the context of the request
}

// handleEvent handles a call or a request of the other node.
func (p *session) handleEvent(r *objectRecord) {
	ctx, cancel := context.WithCancel(context.Background())
	h := &handledEvent{session: p, number: r.number, cancel: cancel}
	if failure := p.addHandled(h); failure != "" {
		cancel()
		p.dropAnswer(r)
		p.respond(&objectRecord{kind: recordResult, number: r.number, failure: failure})
		return
	}
	p.all.counts.received.Add(1)
	to, failure := h.receiver(r)
	c := &cargo{}
	if failure == "" {
		if failure = h.unload(r, c); failure != "" {
			to.done()
		}
	} else {
		p.dropAnswer(r)
	}
	if failure != "" {
		h.answerFailure(failure)
		return
	}
	e := h.newEvent(ctx, r, c, to)
	if failure := to.send(e, c, nil); failure != "" {
		c.args.drop()
		e.discardBody()
		to.done()
		h.answerFailure(failure)
	}
}

// addHandled adds an event of the other node, and returns why it cannot, "" for nothing.
func (p *session) addHandled(h *handledEvent) (failure string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || len(p.handled) >= maxSessionCalls || p.handled[h.number] != nil {
		return objectOverloaded
	}
	p.handled[h.number] = h
	return ""
}

// findHandled returns an event of the other node that is not answered, nil if there is none.
func (p *session) findHandled(number uint64) *handledEvent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.handled[number]
}

// receiver returns the receiver of an event, or why there is none.
func (h *handledEvent) receiver(r *objectRecord) (to receiver, failure string) {
	app := h.session.all.app
	if r.kind == recordReferenceCall {
		if !app.references.isHeldBy(h.session, r.reference) {
			return nil, referenceBroken
		}
		return referenced{&app.references, r.reference}, ""
	}
	if !app.isObject(r.object) {
		return nil, objectUnknown
	}
	d := h.session.all.receiver(r.object)
	d.origin = h
	return d, ""
}

// isObject reports whether a name that another node has sent is that of an object of this application.
func (a *App) isObject(ref script.ObjectRef) bool {
	if !a.opts.Bindings.hasClass(ref.Class) {
		return false
	}
	key, err := a.classKey(ref.Class)
	if err != nil {
		return false
	}
	id, err := objectID(key, script.ParsedID, ref.ID)
	return err == nil && id == ref.ID
}

// unload makes a cargo of a record.
func (h *handledEvent) unload(r *objectRecord, c *cargo) (failure string) {
	if r.kind == recordFetch {
		c.request = &script.Request{Method: r.method, URL: r.url, Body: r.body.content, Header: script.Header{Fields: r.header, Internal: true}}
		return ""
	}
	args, err := h.session.accept(&r.value)
	if err != nil {
		return objectOverloaded
	}
	c.call, c.args = &script.Call{Path: r.path, Get: r.get}, args
	return ""
}

// newEvent returns the event for a record, which answers it at its end.
func (h *handledEvent) newEvent(ctx context.Context, r *objectRecord, c *cargo, to receiver) *event {
	if c.call != nil {
		e := newCallEvent(c, to)
		e.onEnd = func() {
			h.answerCall(e)
			c.args.drop()
			to.done()
		}
		return e
	}
	e := newFetchEvent(ctx, c, to)
	if r.body.stream != 0 {
		stream, err := h.session.addReceived(r.body.stream)
		if err == nil {
			e.body = passedBody(stream, r.body.length, h.session.all.app.config().opts.MaxBody, func() {})
		} else {
			h.session.refuseBodies([]recordBody{r.body})
			e.body = passedBody(ended{}, -1, 0, func() {})
		}
	}
	e.onEnd = func() {
		h.answerRequest(e)
		to.done()
	}
	return e
}

// newCallEvent returns the event of a call, without its end.
func newCallEvent(c *cargo, to receiver) *event {
	e := newEvent("rpc", nil)
	e.called = strings.Join(c.call.Path, ".")
	e.prepare = func(handling *hostAPI) {
		call := *c.call
		call.Args = handling.unpack(c.args)
		e.input = to.call(call)
	}
	return e
}

// newFetchEvent returns the event of a request of a script, without its end. ctx ends when the response is not needed.
func newFetchEvent(ctx context.Context, c *cargo, to receiver) *event {
	e := newEvent("fetch", nil)
	e.internal, e.method, e.request = true, c.request.Method, ctx
	e.url, _, _ = strings.Cut(c.request.URL, "?") // queries may contain secrets
	e.prepare = func(handling *hostAPI) {
		if e.body != nil {
			handling.receive(c.request, e.body)
		}
		e.input = to.request(c.request)
	}
	return e
}

// answerCall answers a call whose event has ended.
func (h *handledEvent) answerCall(e *event) {
	outcome, result := e.objectOutcome()
	r := &objectRecord{kind: recordResult, number: h.number, thrown: outcome.Thrown, failure: outcome.Failure}
	var streams []*sentStream
	var err error
	if result != nil {
		r.value, streams, err = h.session.export(result)
	}
	if err != nil {
		result.drop()
		h.answerFailure(failureOf(err))
		return
	}
	h.answer(r, streams, result)
}

// answerRequest answers a request whose event has ended.
func (h *handledEvent) answerRequest(e *event) {
	app := h.session.all.app
	if e.response == nil || e.lost != nil {
		if e.response != nil {
			e.response.discard()
			app.objects.offers.drop(e.response.offer)
		}
		e.discardBody()
		outcome, result := e.objectOutcome()
		h.answer(&objectRecord{kind: recordResult, number: h.number, thrown: outcome.Thrown, failure: outcome.Failure, value: textOf(result)}, nil, nil)
		result.drop() // an exception is only text
		return
	}
	r := &objectRecord{kind: recordResponse, number: h.number, status: e.response.status, header: e.response.header}
	var streams []*sentStream
	switch {
	case e.response.offer != 0:
		r.offer = app.exportOffer(e.response.offer)
	case e.response.reader != nil:
		stream, err := h.session.addSent(e.response.reader, func() {
			e.response.onSent()
			e.discardBody()
			h.cancel()
		})
		if err != nil {
			e.response.discard()
			e.discardBody()
			h.answerFailure(failureOf(err))
			return
		}
		streams = append(streams, stream)
		r.body = recordBody{stream: stream.number, length: e.response.length}
	default:
		r.body.content, r.body.length = e.response.body, int64(len(e.response.body))
		e.discardBody()
	}
	h.answer(r, streams, nil)
}

// textOf returns the text of a parcel as a value in a record.
func textOf(p *parcel) recordValue {
	if p == nil {
		return recordValue{}
	}
	return recordValue{text: p.text, plain: p.plain}
}

// answerFailure answers an event with a failure.
func (h *handledEvent) answerFailure(failure string) {
	h.answer(&objectRecord{kind: recordResult, number: h.number, failure: failure}, nil, nil)
}

// answerMoved answers an event that was not begun, because another node has its object.
func (h *handledEvent) answerMoved() {
	h.answer(&objectRecord{kind: recordMoved, number: h.number}, nil, nil)
}

// answer sends an answer. streams are the bodies in it, and result is its value, which holds what the record refers to until it was sent.
func (h *handledEvent) answer(r *objectRecord, streams []*sentStream, result *parcel) {
	p := h.session
	sent := func() {
		result.passed()
		p.removeHandled(h)
		if len(streams) == 0 {
			h.cancel()
		}
	}
	switch long, err := p.sendWhole(r, nil, sent); {
	case errors.Is(err, linger.ErrClusterFull):
		go h.answerLater(r, streams, result, sent)
	case err != nil:
		h.dropAnswer(r, streams, result, err)
	case !long:
		sent()
	}
}

// answerLater sends an answer for which the queue to the other nodes was full, when there is room. After maxPiecePause it is dropped.
func (h *handledEvent) answerLater(r *objectRecord, streams []*sentStream, result *parcel, sent func()) {
	for pause := firstPiecePause; ; pause *= 2 {
		time.Sleep(pause)
		switch long, err := h.session.sendWhole(r, nil, sent); {
		case errors.Is(err, linger.ErrClusterFull) && pause < maxPiecePause:
			continue
		case err != nil:
			h.dropAnswer(r, streams, result, err)
		case !long:
			sent()
		}
		return
	}
}

// dropAnswer ends an event whose answer cannot be sent. The check of the other node finds that there is none.
func (h *handledEvent) dropAnswer(r *objectRecord, streams []*sentStream, result *parcel, err error) {
	h.session.all.report("an answer to another node was dropped", h.session.node, "error", err)
	for _, s := range streams {
		s.cancel(errNodeLost)
	}
	h.session.all.app.references.takeBack(h.session, r.value.references)
	result.drop()
	h.session.removeHandled(h)
	h.cancel()
}

// respond sends a short answer to an event that was not added.
func (p *session) respond(r *objectRecord) {
	if err := p.send(r); err != nil {
		p.all.report("an answer to another node was dropped", p.node, "error", err)
	}
}

func (p *session) removeHandled(h *handledEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.handled, h.number)
}
