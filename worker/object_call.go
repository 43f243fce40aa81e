package worker

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// The messages of exceptions that a caller gets if an object has not answered.
const (
	objectOverloaded = "Durable Object is overloaded. Too many requests queued."
	objectUnhandled  = "The Durable Object cannot be reached: the application shuts down"
	objectBackingOff = "The Durable Object cannot be reached: its worker keeps failing, try again later"
	objectReset      = "The Durable Object was reset before it had answered: its worker has failed or was replaced"
	objectOverdue    = "The Durable Object did not answer in time"
	objectUpdated    = "Durable Object reset because its code was updated."
	objectLost       = "The Durable Object was reset: what it has written could not be stored"
)

// pass passes what the object with a number sends through its output gate. Without an object it leaves at once.
func (h *hostAPI) pass(from int, send func(err error)) {
	if o := h.app.objects.find(from); o != nil {
		o.gate.pass(send)
		return
	}
	send(nil)
}

// CallObject implements [script.ObjectRequests].
func (h *hostAPI) CallObject(number, from int, ref script.ObjectRef, method, args string) error {
	o := h.app.objects.use(ref)
	e := newEvent("rpc", nil)
	e.input = &script.ObjectCall{Object: o.target(), Method: method, Args: args}
	settle := func(outcome script.Outcome) {
		h.arrivals.add(arrival{drop: func() {}, run: func() error {
			delete(h.calls, number)
			return h.caller.dispatchInTurn(&script.ObjectResult{Number: number, Outcome: outcome})
		}})
	}
	e.onEnd = func() { settle(e.objectOutcome()) }
	h.calls[number] = struct{}{}
	h.pass(from, func(err error) {
		defer o.done()
		if failure := o.send(e, err); failure != "" {
			settle(script.Outcome{Failure: failure})
		}
	})
	return nil
}

// send queues an event that another script sends to the object. It returns why it cannot, "" for nothing. err is the failure of the sender's
// output gate.
func (o *object) send(e *event, err error) (failure string) {
	switch {
	case err != nil:
		return objectLost
	case closed(o.worker.status.refusal()):
		return objectBackingOff
	case !o.submit(e):
		return objectOverloaded
	}
	return ""
}

// objectOutcome returns the outcome of the event of a call, which has ended.
func (e *event) objectOutcome() script.Outcome {
	switch {
	case e.outcome != nil && (!e.lost || e.outcome.Thrown):
		return *e.outcome
	case e.lost:
		return script.Outcome{Failure: objectLost}
	case !e.handled():
		return script.Outcome{Failure: objectUnhandled}
	case e.overdue:
		return script.Outcome{Failure: objectOverdue}
	}
	return script.Outcome{Failure: objectReset}
}

// Return implements [script.ObjectCalls].
func (h *hostAPI) Return(id int, outcome script.Outcome) {
	if e := h.events.get(id); e != nil {
		e.outcome = &outcome
		if e.alarm != nil {
			h.caller.finishAlarm(e, outcome)
		}
		h.caller.endEvent(id)
	}
}

// FetchObject implements [script.ObjectRequests].
func (h *hostAPI) FetchObject(number, from int, ref script.ObjectRef, r *script.ObjectFetch, body script.Body) error {
	ctx, cancel := context.WithCancelCause(h.ctx)
	f := &outgoingFetch{number: number, host: ref.Class, ctx: ctx, cancel: cancel, dismiss: func() {}}
	o := h.app.objects.use(ref)
	e := newEvent("fetch", nil)
	e.method, e.url, e.request = r.Method, r.URL, ctx
	request := &script.ObjectRequest{
		Object:  o.target(),
		Request: script.Request{Method: r.Method, URL: r.URL, Header: script.Header{Fields: r.Header, Internal: true}},
	}
	e.input = request
	h.passBody(e, &request.Request, body)
	e.onEnd = func() { h.settleObjectFetch(f, e) }
	h.fetches[number] = func() { cancel(nil) }
	h.pass(from, func(err error) {
		defer o.done()
		if failure := o.send(e, err); failure != "" {
			e.discardBody()
			h.failObjectFetch(f, script.Outcome{Failure: failure})
		}
	})
	return nil
}

// passBody makes a body of this script that of the request of an event of an object.
func (h *hostAPI) passBody(e *event, request *script.Request, body script.Body) {
	content, reader, length := h.bodyOf(body)
	if reader == nil {
		request.Body = content
		return
	}
	stream := &bodyStream{body: reader}
	e.body = newReceivedBody(&receivedBody{
		source: stream, length: length, limit: h.app.opts.MaxBody, tooLarge: &http.MaxBytesError{Limit: h.app.opts.MaxBody},
		explain:   func(err error) string { return err.Error() },
		interrupt: func() { reader.cancel(errBodyConsumed) },
		release:   func() { reader.cancel(errBodyConsumed) },
	})
	e.prepare = func(receiver *hostAPI) { receiver.receive(request, e.body) }
}

// discardBody discards the body of the event's request.
func (e *event) discardBody() {
	if e.body != nil {
		e.body.cancel(errAnswered)
	}
}

// settleObjectFetch passes the answer of an object to the script that has sent the request. The event of the object has ended.
func (h *hostAPI) settleObjectFetch(f *outgoingFetch, e *event) {
	if e.response == nil || e.lost {
		if e.response != nil {
			h.app.objects.offers.drop(e.response.offer)
		}
		e.discardBody()
		h.failObjectFetch(f, e.objectOutcome())
		return
	}
	if e.response.offer != 0 {
		h.settleOffer(f, e)
		return
	}
	answer := e.response.answer(e)
	body := h.answerBody(f, answer)
	h.arrivals.add(arrival{
		drop: func() { body.cancel(errInstanceEnd) },
		run:  func() error { return h.settleFetch(f, answer, body) },
	})
}

// settleOffer passes the WebSocket of an object to the script that has sent the request.
func (h *hostAPI) settleOffer(f *outgoingFetch, e *event) {
	f.cancel(nil)
	r := e.response
	drop := func() { h.app.objects.offers.drop(r.offer) }
	h.arrivals.add(arrival{drop: drop, run: func() error {
		if !h.settle(f) {
			drop()
			return nil
		}
		answer := &fetch.Answer{Status: r.status, StatusText: http.StatusText(r.status), Header: r.header, URL: e.url}
		return h.caller.dispatchInTurn(&script.Fetched{Number: f.number, Answer: answer, Offer: r.offer})
	}})
}

// failObjectFetch passes the failure of a request to an object to the script that has sent it.
func (h *hostAPI) failObjectFetch(f *outgoingFetch, outcome script.Outcome) {
	f.cancel(nil)
	h.arrivals.add(arrival{drop: func() {}, run: func() error {
		if !h.settle(f) {
			return nil
		}
		return h.caller.dispatchInTurn(&script.Fetched{Number: f.number, Failure: outcome.Failure, Thrown: outcome.Value})
	}})
}

// answer returns the response of an object as the answer to a fetch.
func (r *response) answer(e *event) *fetch.Answer {
	a := &fetch.Answer{Status: r.status, StatusText: http.StatusText(r.status), Header: r.header, Length: r.length, URL: e.url}
	a.Body = &objectBody{response: r, event: e}
	if r.reader != nil {
		a.Body = &objectBody{response: r, event: e, stream: &bodyStream{body: r.reader}}
	} else {
		a.Length = int64(len(r.body))
	}
	return a
}

// objectBody is the body of an object's response.
type objectBody struct {
	response *response
	event    *event
	stream   *bodyStream // nil if the body is complete
	read     int         // the number of bytes of a complete body that were read
	closed   bool
}

// Read implements [io.Reader].
func (b *objectBody) Read(p []byte) (int, error) {
	if b.stream != nil {
		return b.stream.Read(p)
	}
	if b.read == len(b.response.body) {
		return 0, io.EOF
	}
	n := copy(p, b.response.body[b.read:])
	b.read += n
	return n, nil
}

// Close discards the rest of the body, and that of the request.
func (b *objectBody) Close() error {
	if b.closed {
		return errors.ErrUnsupported
	}
	b.closed = true
	b.event.discardBody()
	if b.stream != nil {
		_ = b.stream.Close() // never fails
		b.response.onSent()
	}
	return nil
}
