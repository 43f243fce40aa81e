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
		http.Error(w, "the request's body did not arrive in time", http.StatusRequestTimeout)
		return
	}
	if err != nil { // in most cases the client has left
		http.Error(w, "the request's body cannot be read", http.StatusBadRequest)
		return
	}
	chosen, wait := a.chooseWorker()
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
		unavailable(chosen.status.retryAfter())(w, r)
	case !handled:
		http.Error(w, "the application has been shut down", http.StatusServiceUnavailable)
	case e.response != nil:
		e.response.write(w, r)
	case e.plainRefusal != "":
		driver.Refuse(w, handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade, e.plainRefusal))
	case e.overdue:
		a.serveError(w, r, e, http.StatusGatewayTimeout, "the application did not answer in time")
	default:
		a.serveError(w, r, e, http.StatusInternalServerError, "the application did not answer")
	}
}

// readBody returns the whole body of a request, nil if it has none. The error is an *[http.MaxBytesError] if the body exceeds
// limit.
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

// write writes the response. Content-Length is the length of the body, whatever the script has set. If the script has set no
// Content-Type, none is sent: a guess could turn a user's upload into a page.
func (r *response) write(w http.ResponseWriter, request *http.Request) {
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
	case request.Method != http.MethodHead || len(r.body) > 0: // the script may set the length that the answer to GET would have
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // fails if the client has left
}
