package worker

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

// outgoingFetch is a fetch of the script, until the body of its answer has arrived.
type outgoingFetch struct {
	number  int
	from    int // the number of the object that sends the request; 0 for none
	request *fetch.Request
	host    string          // that of the URL before redirects
	ctx     context.Context //nolint:containedctx // it ends with the body of the answer
	cancel  context.CancelCauseFunc
	clock   *time.Timer // cancels the fetch if there is no progress before the answer
	dismiss func()      // removes the fetch from the gate
}

// Fetch implements [script.Requests].
func (h *hostAPI) Fetch(number, from int, r *fetch.Request, body script.Body) error {
	size := r.Size()
	if limit := h.generation.opts.MaxBody; size > limit {
		return typeError(fmt.Errorf("fetch: the body has %d bytes, more than the limit of %d", size, limit))
	}
	gate := h.gate
	if err := gate.Admit(size); err != nil {
		return typeError(err)
	}
	ctx, cancel := context.WithCancelCause(h.ctx)
	f := &outgoingFetch{
		number: number, from: from, request: r, host: r.Host(), ctx: ctx, cancel: cancel,
		clock:   time.AfterFunc(h.generation.opts.FetchTimeout, func() { cancel(fetch.ErrTimeout) }),
		dismiss: func() { gate.Remove(size) },
	}
	if err := h.setBody(f, body); err != nil {
		f.clock.Stop()
		f.dismiss()
		return typeError(err)
	}
	h.fetches[number] = func() { cancel(nil) }
	h.pass(from, func(err error) {
		if err == nil {
			go h.fetch(f)
			return
		}
		f.clock.Stop()
		f.request.Close()
		h.settleLater(f, f.dismiss, &fetch.Error{Text: objectLost})
	})
	return nil
}

// setBody sets the body of a request that the script passes on or writes.
func (h *hostAPI) setBody(f *outgoingFetch, body script.Body) error {
	if body.Received == 0 && body.Written == 0 {
		return nil
	}
	content, reader, length := h.bodyOf(body)
	if reader == nil {
		return f.request.SetContent(content)
	}
	sent := &progressReader{bodyReader: reader, clock: f.clock, timeout: h.generation.opts.FetchTimeout}
	err := f.request.SetStream(&bodyStream{body: sent}, length)
	if err != nil {
		go reader.cancel(err) // it may block
	}
	return err
}

// progressReader restarts a timer with each chunk.
type progressReader struct {
	bodyReader
	clock   *time.Timer
	timeout time.Duration
}

// next implements bodyReader.
func (p *progressReader) next() ([]byte, error) {
	chunk, err := p.bodyReader.next()
	if err == nil && p.clock.Stop() { // otherwise the timer has expired, or the answer has arrived
		p.clock.Reset(p.timeout)
	}
	return chunk, err
}

// typeError returns an error that scripts get as a TypeError.
func typeError(err error) error { return &script.Throw{Name: "TypeError", Message: err.Error()} }

// CancelFetch implements [script.Requests].
func (h *hostAPI) CancelFetch(number int) {
	if cancel, ok := h.fetches[number]; ok {
		cancel()
		delete(h.fetches, number)
	}
}

// fetch sends a request and queues the answer for the script. It blocks, so it runs on its own goroutine. The request counts
// as in flight until the script gets the answer, and is admitted until the body of the answer has arrived.
func (h *hostAPI) fetch(f *outgoingFetch) {
	gate := h.gate
	if err := gate.Acquire(f.ctx); err != nil {
		f.request.Close()
		h.settleLater(f, f.dismiss, err)
		return
	}
	leave := func() { gate.Release(); f.dismiss() }
	answer, err := h.answerTo(f.ctx, f.request)
	f.clock.Stop()
	if cause := context.Cause(f.ctx); cause != nil {
		if err == nil { // the timer has expired since
			h.dropAnswer(answer)
		}
		err = cause // err is only a consequence of cause
	}
	switch {
	case err != nil:
		h.settleLater(f, leave, err)
	case answer.Conn != nil:
		h.arrivals.Add(loop.Arrival{Drop: func() { leave(); h.dropAnswer(answer) }, Run: func() error {
			defer leave()
			return h.settleUpgrade(f, answer)
		}})
	default:
		body := h.answerBody(f, answer)
		h.arrivals.Add(loop.Arrival{
			Drop: func() { gate.Release(); body.cancel(errInstanceEnd) },
			Run: func() error {
				gate.Release()
				return h.settleFetch(f, answer, body)
			},
		})
	}
}

// answerTo returns the answer to a request. A connection of the answer is counted among the worker's sockets.
func (h *hostAPI) answerTo(ctx context.Context, r *fetch.Request) (*fetch.Answer, error) {
	if !r.Upgrade() {
		return h.generation.client.Do(ctx, r)
	}
	if err := h.reserveSocket(); err != nil {
		return nil, err
	}
	answer, err := h.generation.client.Do(ctx, r)
	if err != nil || answer.Conn == nil {
		h.releaseSocket()
	}
	return answer, err
}

// answerBody returns the body of an answer, and begins to read it.
func (h *hostAPI) answerBody(f *outgoingFetch, answer *fetch.Answer) *receivedBody {
	h.bodies.countArriving(1)
	limit := h.generation.opts.MaxBody
	b := &receivedBody{
		source: answer.Body, coding: answer.Coding, length: answer.Length, limit: limit, tooLarge: fetch.TooLarge(limit),
		timeout: h.generation.opts.FetchTimeout, late: fetch.ErrStalled,
		explain:   func(err error) string { return h.generation.client.ExplainBody(f.host, err) },
		interrupt: func() { f.cancel(nil) },
		release: func() {
			f.cancel(nil)
			_ = answer.Body.Close()
			f.dismiss()
			h.bodies.countArriving(-1)
		},
	}
	newReceivedBody(b).start()
	runtime.Gosched() // most small bodies have arrived with the header, and need no event of their own
	return b
}

// settleLater queues the error of a fetch for the script. leave is called then, or when the instance has ended.
func (h *hostAPI) settleLater(f *outgoingFetch, leave func(), err error) {
	f.cancel(nil)
	h.arrivals.Add(loop.Arrival{Drop: leave, Run: func() error {
		defer leave()
		if !h.settle(f) {
			return nil
		}
		h.app.opts.Logger.Debug("fetch failed", "host", f.host, "error", fetch.WithoutURL(err))
		return h.caller.dispatchInTurn(&script.Fetched{Number: f.number, Failure: h.generation.client.Explain(f.host, err)})
	}})
}

// settle removes a fetch that is answered, and reports whether the script still needs the answer.
func (h *hostAPI) settle(f *outgoingFetch) bool {
	_, needed := h.fetches[f.number]
	delete(h.fetches, f.number)
	return needed
}

// settleFetch passes an answer to the script, unless the fetch was cancelled.
func (h *hostAPI) settleFetch(f *outgoingFetch, answer *fetch.Answer, body *receivedBody) error {
	if !h.settle(f) {
		body.cancel(errBodyConsumed)
		return nil
	}
	fetched := &script.Fetched{Number: f.number, Answer: answer}
	if whole, ok := body.whole(); !ok {
		fetched.Received = h.addReceived(body)
	} else if answer.HasBody() {
		fetched.Body = whole
	}
	return h.caller.dispatchInTurn(fetched)
}

// settleUpgrade passes an answer with a connection to the script, unless the fetch was cancelled.
func (h *hostAPI) settleUpgrade(f *outgoingFetch, answer *fetch.Answer) error {
	f.cancel(nil)
	if !h.settle(f) {
		h.dropAnswer(answer)
		return nil
	}
	s := h.newOutgoing(func() {})
	s.conn = answer.Conn
	s.object = h.sockets.addObject(h.gated(s, f.from), nil)
	err := h.caller.dispatchInTurn(&script.Fetched{Number: f.number, Answer: answer, Socket: s.object.number})
	s.conn.Start(s) // messages wait in the WebSocket object until the script has called accept
	return err
}

// dropAnswer closes an answer that is not needed any more.
func (h *hostAPI) dropAnswer(answer *fetch.Answer) {
	if answer.Conn != nil {
		h.releaseSocket()
	}
	answer.Close()
}
