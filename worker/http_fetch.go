package worker

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
)

// serveFetch passes a plain HTTP request to the script and writes its answer.
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
	if err != nil { // in most cases the client has left
		http.Error(w, "the request's body cannot be read", http.StatusBadRequest)
		return
	}
	chosen, wait := a.choose()
	if chosen == nil {
		unavailable(wait)(w, r)
		return
	}
	e := newRequestEvent("fetch", r, target)
	request := a.scriptRequest(r, target, withLength(r, body))
	request.Body = body
	e.input = request
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

// readBody reads the whole body of a request. It returns nil if there is none.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

// response is an answer of the script, with its whole body.
type response struct {
	status int
	header http.Header
	body   []byte
}

// serve writes the response. Content-Length is the length of the body, whatever the script has set. Without a Content-Type
// of the script there is none: a guess could turn a user's upload into a page.
func (r *response) serve(w http.ResponseWriter, request *http.Request) {
	header := w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	if _, given := header["Content-Type"]; !given {
		header["Content-Type"] = nil
	}
	header.Del("Transfer-Encoding")
	header.Del("Trailer")
	switch {
	case r.status == http.StatusNoContent || r.status == http.StatusNotModified:
		header.Del("Content-Length") // RFC 9110, section 8.6
	case request.Method != http.MethodHead || len(r.body) > 0: // otherwise the script may set the length of the body that GET would have
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // fails if the client has left
}
