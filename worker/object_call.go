package worker

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// pass passes what the object with a number sends through its output gate. Without an object it leaves at once.
func (h *hostAPI) pass(from int, send func(err error)) {
	if o := h.app.objects.find(from); o != nil {
		o.gate.pass(send)
		return
	}
	send(nil)
}

// send implements receiver.
func (o *object) send(e *event, _ *cargo, err error) (failure string) {
	switch {
	case err != nil:
		return lossOf(err)
	case !o.objects.app.isLoaded() && o.objects.isParking():
		return objectElsewhere
	case closed(o.worker.status.refusal()):
		return objectBackingOff
	case !o.submit(e):
		return objectOverloaded
	}
	return ""
}

// FetchFrom implements [script.ObjectRequests].
func (h *hostAPI) FetchFrom(number, from int, target script.Target, r *script.ObjectFetch, body script.Body) error {
	if err := h.checkCalls(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(h.ctx)
	f := &outgoingFetch{number: number, host: r.URL, ctx: ctx, cancel: cancel, dismiss: func() {}}
	to := h.receiverOf(target)
	carried := &cargo{request: &script.Request{Method: r.Method, URL: r.URL, Header: script.Header{Fields: r.Header, Internal: true}}}
	e := newFetchEvent(ctx, carried, to)
	h.passBody(e, carried.request, body)
	e.onEnd = func() {
		h.settleObjectFetch(f, e, r)
		to.done()
	}
	h.fetches[number] = func() { cancel(nil) }
	h.pass(from, func(err error) {
		if failure := to.send(e, carried, err); failure != "" {
			e.discardBody()
			h.failObjectFetch(f, script.Outcome{Failure: failure})
			to.done()
		}
	})
	return nil
}

// passBody makes a body of this script that of the request of an event of another one.
func (h *hostAPI) passBody(e *event, request *script.Request, body script.Body) {
	content, reader, length := h.bodyOf(body)
	if reader == nil {
		request.Body = content
		return
	}
	e.body = passedBody(reader, length, h.generation.opts.MaxBody, func() {})
}

// discardBody discards the body of the event's request.
func (e *event) discardBody() {
	if e.body != nil {
		e.body.cancel(errAnswered)
	}
}

// settleObjectFetch passes the answer of an object to the script that has sent the request. The event of the object has ended.
func (h *hostAPI) settleObjectFetch(f *outgoingFetch, e *event, r *script.ObjectFetch) {
	if e.response == nil || e.lost != nil {
		if e.response != nil {
			h.app.objects.offers.drop(e.response.offer)
		}
		e.discardBody()
		outcome, result := e.objectOutcome()
		result.drop() // an exception is only text
		h.failObjectFetch(f, outcome)
		return
	}
	if e.response.offer != 0 {
		h.settleOffer(f, e)
		return
	}
	answer := e.response.answer(e, r)
	body := h.answerBody(f, answer)
	h.arrivals.Add(loop.Arrival{
		Drop: func() { body.cancel(errInstanceEnd) },
		Run:  func() error { return h.settleFetch(f, answer, body) },
	})
}

// settleOffer passes the WebSocket of an object to the script that has sent the request.
func (h *hostAPI) settleOffer(f *outgoingFetch, e *event) {
	f.cancel(nil)
	r := e.response
	drop := func() { h.app.objects.offers.drop(r.offer) }
	h.arrivals.Add(loop.Arrival{Drop: drop, Run: func() error {
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
	h.arrivals.Add(loop.Arrival{Drop: func() {}, Run: func() error {
		if !h.settle(f) {
			return nil
		}
		return h.caller.dispatchInTurn(&script.Fetched{
			Number: f.number, Failure: outcome.Failure, Flags: failureFlags[outcome.Failure], Thrown: outcome.Value.Text,
		})
	}})
}

// answer returns the response of an object as the answer to a fetch.
func (r *response) answer(e *event, request *script.ObjectFetch) *fetch.Answer {
	a := &fetch.Answer{
		Status: r.status, StatusText: http.StatusText(r.status), Header: r.header, Length: r.length,
		URL: request.URL, Redirected: request.Redirected,
	}
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
