package worker

import (
	"context"
	"fmt"

	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// Fetch implements [script.Requests].
func (h *hostAPI) Fetch(number int, r *fetch.Request) error {
	size := r.Size()
	if limit := h.app.opts.MaxBody; size > limit {
		return typeError(fmt.Errorf("fetch: the body has %d bytes, more than the limit of %d", size, limit))
	}
	gate := h.worker.fetches
	if err := gate.Admit(size); err != nil {
		return typeError(err)
	}
	ctx, cancel := context.WithTimeoutCause(h.ctx, h.app.opts.FetchTimeout, fetch.ErrTimeout)
	h.fetches[number] = cancel
	go h.fetch(ctx, number, r, func() { gate.Remove(size) })
	return nil
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
// as in flight until the script has got the answer or the instance has ended. dismiss removes it from the gate.
func (h *hostAPI) fetch(ctx context.Context, number int, r *fetch.Request, dismiss func()) {
	gate, host := h.worker.fetches, r.Host()
	if err := gate.Acquire(ctx); err != nil {
		h.arrivals.add(arrival{drop: dismiss, run: func() error {
			defer dismiss()
			return h.settleFetch(number, host, nil, err)
		}})
		return
	}
	leave := func() { gate.Release(); dismiss() }
	answer, err := h.answerTo(ctx, r)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // err is only a consequence of cause
	}
	h.arrivals.add(arrival{drop: func() { leave(); h.dropAnswer(answer) }, run: func() error {
		defer leave()
		return h.settleFetch(number, host, answer, err)
	}})
}

// answerTo returns the answer to a request. A connection of the answer is counted among the worker's sockets.
func (h *hostAPI) answerTo(ctx context.Context, r *fetch.Request) (*fetch.Answer, error) {
	if !r.Upgrade() {
		return h.app.client.Do(ctx, r)
	}
	if err := h.reserveSocket(); err != nil {
		return nil, err
	}
	answer, err := h.app.client.Do(ctx, r)
	if err != nil || answer.Conn == nil {
		h.releaseSocket()
	}
	return answer, err
}

// settleFetch passes the answer or the error of a fetch to the script, unless the fetch was cancelled.
func (h *hostAPI) settleFetch(number int, host string, answer *fetch.Answer, err error) error {
	_, wanted := h.fetches[number]
	h.CancelFetch(number)
	switch {
	case !wanted:
		h.dropAnswer(answer)
		return nil
	case err != nil:
		h.app.opts.Logger.Debug("fetch failed", "host", host, "error", fetch.WithoutURL(err))
		return h.caller.dispatchAnswer(&script.Fetched{Number: number, Failure: h.app.client.Explain(host, err)})
	case answer.Conn == nil:
		return h.caller.dispatchAnswer(&script.Fetched{Number: number, Answer: answer})
	}
	s := h.newOutgoing(func() {})
	s.conn = answer.Conn
	s.object = h.sockets.addObject(s, nil)
	err = h.caller.dispatchAnswer(&script.Fetched{Number: number, Answer: answer, Socket: s.object.number})
	s.conn.Start(s) // messages wait in the WebSocket object until the script has called accept
	return err
}

// dropAnswer closes the connection of an answer that is not needed any more.
func (h *hostAPI) dropAnswer(answer *fetch.Answer) {
	if answer != nil && answer.Conn != nil {
		answer.Conn.CloseNow()
		h.releaseSocket()
	}
}
