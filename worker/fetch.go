package worker

import (
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/engine"
)

// serveFetch hands a plain HTTP request to the script.
func (a *App) serveFetch(w http.ResponseWriter, r *http.Request) {
	target, refusal := a.requestURL(r)
	if refusal != nil {
		a.server.Refuse(w, r, refusal)
		return
	}
	body, err := readBody(w, r, a.opts.MaxBody)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		http.Error(w, "the request's body is too large", http.StatusRequestEntityTooLarge)
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		http.Error(w, "the request's body did not come in time", http.StatusRequestTimeout)
		return
	}
	if err != nil { // most often nobody is there any more to read this
		http.Error(w, "the request's body cannot be read", http.StatusBadRequest)
		return
	}
	chosen, wait := a.choose()
	if chosen == nil {
		unavailable(wait)(w, r)
		return
	}
	e := newRequestEvent("fetch", r, target)
	e.start = func(in *instance, id int) error {
		return in.dispatch("fetch", append(a.requestFacts(id, r, target, withLength(r, body)), body)...)
	}
	handled := chosen.submit(e)
	switch {
	case e.refused:
		unavailable(chosen.status.pause())(w, r)
	case !handled:
		http.Error(w, "the application has been shut down", http.StatusServiceUnavailable)
	case e.response != nil:
		e.response.serve(w, r)
	case e.unserved != "":
		driver.Refuse(w, handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade, e.unserved))
	case e.overdue:
		a.serveProblem(w, r, e, http.StatusGatewayTimeout, "the application did not answer in time")
	default:
		a.serveProblem(w, r, e, http.StatusInternalServerError, "the application did not answer")
	}
}

// readBody reads the whole body, null where there is none.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) (engine.Value, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return engine.Null(), nil
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return engine.Null(), err
	}
	return engine.Bytes(b), nil
}
