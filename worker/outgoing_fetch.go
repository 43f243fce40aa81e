package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// fetch(number, method, url, redirect, headers, body) begins a fetch. Its answer comes
// as the exposed function fetched, unless cancelFetch takes it back.
func (in *instance) fetch(args arguments) (engine.Value, error) {
	number := args.at(0).Int()
	r, err := newOutgoingRequest(args[min(1, len(args)):])
	if err != nil {
		return nothing, err
	}
	size := int64(len(r.body))
	if limit := in.app.opts.MaxBody; size > limit {
		return nothing, typeError(fmt.Sprintf("fetch: the body has %d bytes, and %d are allowed", size, limit))
	}
	gate := in.worker.fetches
	if err := gate.admit(size); err != nil {
		return nothing, err
	}
	ctx, cancel := context.WithTimeoutCause(in.outgoing.ctx, in.app.opts.FetchTimeout, errFetchTimeout)
	in.outgoing.fetches[number] = cancel
	go in.fetchAside(ctx, number, r, func() { gate.dismiss(size) })
	return nothing, nil
}

// cancelFetch(number) takes a fetch back.
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

var errFetchTimeout = errors.New("fetch timeout")

// fetchAside fetches beside the event loop. The answer keeps its place among the fetches
// that are on their way until the script has it, or nobody wants it any more.
func (in *instance) fetchAside(ctx context.Context, number int, r *outgoingRequest, dismiss func()) {
	gate, host := in.worker.fetches, r.url.Host()
	if err := gate.enter(ctx); err != nil {
		in.arrivals.add(arrival{drop: dismiss, run: func() error {
			defer dismiss()
			return in.settleFetch(number, host, nil, err)
		}})
		return
	}
	leave := func() { gate.leave(); dismiss() }
	answer, err := in.answerTo(ctx, r)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // what broke on the way is only how that showed
	}
	in.arrivals.add(arrival{drop: func() { leave(); answer.drop() }, run: func() error {
		defer leave()
		return in.settleFetch(number, host, answer, err)
	}})
}

// settleFetch tells the script what became of a fetch, if it still wants to know.
func (in *instance) settleFetch(number int, host string, answer *fetched, err error) error {
	_, wanted := in.outgoing.fetches[number]
	in.forgetFetch(number)
	switch {
	case !wanted:
		answer.drop()
		return nil
	case err != nil:
		in.app.opts.Logger.Debug("fetch failed", "host", host, "error", reasonOfDial(err))
		return in.dispatch("fetched", engine.Int(number), engine.String(in.app.explainFetch(host, err)))
	case answer.socket != nil:
		return in.upgraded(number, answer)
	}
	return in.dispatch("fetched", engine.Int(number), nothing, answer.parts(), answer.content(), engine.String(answer.coding), engine.String(answer.foreign))
}

// fetched is an answer with its body.
type fetched struct {
	status     int
	statusText string
	header     http.Header
	body       []byte
	coding     string // that the body is still encoded with, as Content-Encoding has it; the script undoes it
	foreign    string // a coding of the body that cannot be undone here
	url        string
	redirected bool

	socket *outgoingSocket // that the request has become
}

// answerTo gives the answer to a request.
func (in *instance) answerTo(ctx context.Context, r *outgoingRequest) (*fetched, error) {
	if r.upgrade {
		return in.fetchSocket(ctx, r)
	}
	return in.app.fetch(ctx, r)
}

// fetch sends a request, follows redirects if it is to, and reads the answer.
func (a *App) fetch(ctx context.Context, r *outgoingRequest) (*fetched, error) {
	for {
		request, err := r.request(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := a.transport.RoundTrip(request) //nolint:bodyclose // readAnswer and drop close it
		if err != nil {
			return nil, err
		}
		again, err := r.redirected(answer)
		if err == nil && !again {
			return readAnswer(answer, r, a.opts.MaxBody)
		}
		drop(answer.Body)
		if err != nil {
			return nil, err
		}
	}
}

// drop reads a little of a body that nobody wants, so that its connection can serve
// the next request.
func drop(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 4<<10)
	_ = body.Close()
}

// answerTooLargeError tells that a body is larger than it may be.
type answerTooLargeError struct{ limit int64 }

func (e *answerTooLargeError) Error() string {
	return fmt.Sprintf("the body of the answer is larger than %d bytes", e.limit)
}

func readAnswer(answer *http.Response, r *outgoingRequest, limit int64) (*fetched, error) {
	defer func() { _ = answer.Body.Close() }()
	if answer.ContentLength > limit && r.method != http.MethodHead {
		return nil, &answerTooLargeError{limit}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(body)) > limit:
		return nil, &answerTooLargeError{limit}
	}
	httprule.Remove(answer.Header, httprule.HopByHop)
	text := strings.TrimSpace(strings.TrimPrefix(answer.Status, fmt.Sprint(answer.StatusCode)))
	f := &fetched{status: answer.StatusCode, statusText: text, header: answer.Header, body: body, url: r.shown(), redirected: r.hops > 0}
	return f, f.decode(r.decode, limit)
}

// decode undoes the content codings of an answer, at once or when the script reads the body. In either case the fields
// that tell of them are not shown; an answer that is passed on unread has Content-Encoding again.
func (f *fetched) decode(now bool, limit int64) error {
	codings, known := contentcoding.Parse(f.header.Values("Content-Encoding"))
	switch {
	case len(codings) == 0 || len(f.body) == 0:
		return nil
	case !known || f.status == http.StatusPartialContent:
		f.foreign = strings.Join(codings, ", ")
		return nil
	}
	f.header.Del("Content-Encoding")
	f.header.Del("Content-Length")
	if !now {
		f.coding = strings.Join(codings, ", ")
		return nil
	}
	body, err := contentcoding.Decode(f.body, codings, limit)
	if errors.Is(err, contentcoding.ErrTooLarge) {
		err = &answerTooLargeError{limit}
	}
	f.body = body
	return err
}

// parts gives an answer as the module takes it, without its body.
func (f *fetched) parts() engine.Value {
	var list []engine.Value
	for name, values := range f.header {
		for _, value := range values {
			list = append(list, engine.String(name), byteString(value))
		}
	}
	return engine.List(engine.Int(f.status), byteString(f.statusText), engine.List(list...),
		engine.String(f.url), engine.Bool(f.redirected))
}

// content gives the body, null where a status has none (Fetch Standard, section 2.2.3).
func (f *fetched) content() engine.Value {
	switch f.status {
	case http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		return engine.Null()
	}
	return engine.Bytes(f.body)
}
