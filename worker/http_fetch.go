package worker

import (
	"errors"
	"net/http"
	"os"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/script"
)

// serveFetch passes a plain HTTP request to the script and writes its answer. The script gets the request when its header has
// arrived; its body follows.
func (a *App) serveFetch(w http.ResponseWriter, r *http.Request) {
	if !a.inputs.admit(r) {
		refuseMoved(w, r)
		return
	}
	target, refusal := a.requestURL(r)
	if refusal != nil {
		a.server.Refuse(w, r, refusal)
		return
	}
	if a.serveAsset(w, r) {
		return
	}
	if r.ContentLength > a.config().opts.MaxBody {
		refuseBody(w, &http.MaxBytesError{Limit: a.config().opts.MaxBody})
		return
	}
	chosen, wait := a.chooseWorker()
	if chosen == nil {
		unavailable(wait)(w, r)
		return
	}
	e := newRequestEvent("fetch", r, target)
	request := a.scriptRequest(r, target, r.Header)
	e.input = request
	body := newRequestBody(w, r, a.config().opts.MaxBody)
	if body == nil {
		a.answer(w, r, e, chosen, chosen.submit(e))
		return
	}
	e.body = body.receivedBody
	e.prepare = func(h *hostAPI) { h.receive(request, body.receivedBody) }
	body.readArrived()
	handled := chosen.submit(e)
	body.beforeResponse()
	defer body.afterResponse()
	a.answer(w, r, e, chosen, handled)
}

// receive sets the body of a request that the script gets now.
func (h *hostAPI) receive(request *script.Request, body *receivedBody) {
	request.Body, request.Received = h.receiveBody(body)
}

// receiveBody returns a body that the script gets now: its content if it has arrived, as most small bodies have, or its number.
func (h *hostAPI) receiveBody(body *receivedBody) (whole []byte, number int) {
	if whole, ok := body.whole(); ok {
		return whole, 0
	}
	return nil, h.addReceived(body)
}

// answer writes the response to the request of an event that has ended. It panics with http.ErrAbortHandler to cut off a response
// that cannot be completed.
func (a *App) answer(w http.ResponseWriter, r *http.Request, e *event, chosen *worker, handled bool) {
	switch {
	case e.refused:
		unavailable(chosen.status.retryAfter())(w, r)
	case !handled:
		http.Error(w, "the application has been shut down", http.StatusServiceUnavailable)
	case e.response != nil:
		e.response.write(w, r)
	case e.plainRefusal != "" && a.site() != nil && r.Header.Get("Upgrade") == "": // the path of a file that does not exist
		a.site().ServeHTTP(w, r)
	case e.plainRefusal != "":
		driver.Refuse(w, handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade, e.plainRefusal))
	case e.bodyFailure() != nil:
		refuseBody(w, e.bodyFailure())
	case e.overdue:
		a.serveError(w, r, e, http.StatusGatewayTimeout, "the application did not answer in time")
	default:
		a.serveError(w, r, e, http.StatusInternalServerError, "the application did not answer")
	}
}

// refuseBody answers a request whose body cannot be read, because of err.
func refuseBody(w http.ResponseWriter, err error) {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		http.Error(w, "the request's body is too large", http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		http.Error(w, "the request's body did not arrive in time", http.StatusRequestTimeout)
	default: // in most cases the client has left
		http.Error(w, "the request's body cannot be read", http.StatusBadRequest)
	}
}
