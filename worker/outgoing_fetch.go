package worker

import (
	"context"
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
)

// fetch(number, method, url, redirect, headers, body) starts a fetch. The answer is passed to
// the exposed function fetched or upgraded, unless cancelFetch is called before.
func (in *instance) fetch(args arguments) (engine.Value, error) {
	number := args.at(0).Int()
	r, err := fetch.NewRequest(args.at(1).String(), args.at(2).String(), args.at(3).String(), wireHeader(args.at(4)), args.at(5).Content())
	if err != nil {
		return nothing, typeError(err)
	}
	size := r.Size()
	if limit := in.app.opts.MaxBody; size > limit {
		return nothing, typeError(fmt.Errorf("fetch: the body has %d bytes, and %d are allowed", size, limit))
	}
	gate := in.worker.fetches
	if err := gate.Admit(size); err != nil {
		return nothing, typeError(err)
	}
	ctx, cancel := context.WithTimeoutCause(in.outgoing.ctx, in.app.opts.FetchTimeout, fetch.ErrTimeout)
	in.outgoing.fetches[number] = cancel
	go in.fetchAside(ctx, number, r, func() { gate.Dismiss(size) })
	return nothing, nil
}

func typeError(err error) error { return &engine.Throw{Name: "TypeError", Message: err.Error()} }

// cancelFetch(number) ends a fetch without an answer.
func (in *instance) cancelFetch(args arguments) (engine.Value, error) {
	in.forgetFetch(args.at(0).Int())
	return nothing, nil
}

func (in *instance) forgetFetch(number int) {
	if cancel, ok := in.outgoing.fetches[number]; ok {
		cancel()
		delete(in.outgoing.fetches, number)
	}
}

// fetchAside fetches outside of the event loop. The fetch counts as in flight until the script has
// its answer, or it was cancelled.
func (in *instance) fetchAside(ctx context.Context, number int, r *fetch.Request, dismiss func()) {
	gate, host := in.worker.fetches, r.Host()
	if err := gate.Enter(ctx); err != nil {
		in.arrivals.add(arrival{drop: dismiss, run: func() error {
			defer dismiss()
			return in.settleFetch(number, host, nil, err)
		}})
		return
	}
	leave := func() { gate.Leave(); dismiss() }
	answer, err := in.answerTo(ctx, r)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // err is only a consequence of it
	}
	in.arrivals.add(arrival{drop: func() { leave(); in.dropAnswer(answer) }, run: func() error {
		defer leave()
		return in.settleFetch(number, host, answer, err)
	}})
}

// settleFetch passes the outcome of a fetch to the script, unless the fetch was cancelled.
func (in *instance) settleFetch(number int, host string, answer *fetch.Answer, err error) error {
	_, wanted := in.outgoing.fetches[number]
	in.forgetFetch(number)
	switch {
	case !wanted:
		in.dropAnswer(answer)
		return nil
	case err != nil:
		in.app.opts.Logger.Debug("fetch failed", "host", host, "error", fetch.WithoutURL(err))
		return in.dispatch("fetched", engine.Int(number), engine.String(in.app.client.Explain(host, err)))
	case answer.Conn != nil:
		return in.upgraded(number, answer)
	}
	return in.dispatch("fetched", engine.Int(number), nothing, partsOf(answer), bodyOf(answer), engine.String(answer.Coding), engine.String(answer.Foreign))
}

// answerTo returns the answer to a request. An answer with a connection counts among the worker's sockets.
func (in *instance) answerTo(ctx context.Context, r *fetch.Request) (*fetch.Answer, error) {
	if !r.Upgrade() {
		return in.app.client.Do(ctx, r)
	}
	if err := in.reserve(); err != nil {
		return nil, err
	}
	answer, err := in.app.client.Do(ctx, r)
	if err != nil || answer.Conn == nil {
		in.unreserve()
	}
	return answer, err
}

// upgraded passes a WebSocket to the script as the answer to a fetch. Its messages wait until the script has
// accepted it.
func (in *instance) upgraded(number int, answer *fetch.Answer) error {
	s := in.newSocket(func() {})
	s.conn = answer.Conn
	s.line = in.join(s, nil)
	err := in.dispatch("upgraded", engine.Int(number), partsOf(answer), engine.Int(s.line.number),
		engine.String(fetch.Subprotocol(answer.Header)), engine.String(fetch.Extensions(answer.Header)))
	s.conn.Start(s)
	return err
}

// dropAnswer closes the connection of an answer that is not needed any more.
func (in *instance) dropAnswer(answer *fetch.Answer) {
	if answer != nil && answer.Conn != nil {
		answer.Conn.CloseNow()
		in.unreserve()
	}
}

// partsOf returns an answer without its body in the form that the module expects.
func partsOf(answer *fetch.Answer) engine.Value {
	var list []engine.Value
	for name, values := range answer.Header {
		for _, value := range values {
			list = append(list, engine.String(name), byteString(value))
		}
	}
	return engine.List(engine.Int(answer.Status), byteString(answer.StatusText), engine.List(list...),
		engine.String(answer.URL), engine.Bool(answer.Redirected))
}

// bodyOf returns the body of an answer, null for none.
func bodyOf(answer *fetch.Answer) engine.Value {
	if body := answer.Content(); body != nil {
		return engine.Bytes(body)
	}
	return engine.Null()
}
