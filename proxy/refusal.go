package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/lingerws/linger/websocket/driver"
)

// answered reports whether the backend has answered.
func answered(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return ok && failed.Status != 0
}

// refused reports whether that answer has gone to the client already. An answer that
// switches protocols, but breaks the rules of the opening handshake, has not.
func refused(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return ok && failed.Status >= http.StatusOK
}

// refuse answers a request that has no connection to a backend, unless the answer of a
// backend has gone to the client already, or the client has left.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case refused(err), r.Context().Err() != nil:
	case isMisuse(err):
		h.logRefusal(r, http.StatusBadRequest, "target", cause(err).Error())
		text := "the request cannot be passed on: a field or the request target breaks the rules of HTTP"
		if errors.Is(err, errTargetForm) || errors.Is(err, errTargetDotted) {
			text = err.Error()
		}
		http.Error(w, text, http.StatusBadRequest)
	case errors.Is(err, context.DeadlineExceeded):
		http.Error(w, "the backend did not answer in time", http.StatusGatewayTimeout)
	case unreachable(err):
		http.Error(w, "the backend cannot be reached", http.StatusBadGateway)
	default:
		http.Error(w, "the backend's answer was not valid", http.StatusBadGateway)
	}
}

// passRefusal passes the backend's answer on as it comes: status, fields and body. Both
// sides have the time of the opening handshake for it.
func (h *Handler) passRefusal(w http.ResponseWriter, answer *http.Response) {
	client := http.NewResponseController(w)
	_ = client.SetWriteDeadline(time.Now().Add(h.opts.DialTimeout)) // where there is none the backend's time is the bound
	for name, values := range endToEnd(answer.Header) {
		w.Header()[name] = values
	}
	if answer.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(answer.ContentLength, 10))
	}
	w.Header().Set("Connection", "close") // a deadline of ours is not for the next request
	w.WriteHeader(answer.StatusCode)
	_ = client.Flush()
	if _, err := io.Copy(flusher{w, client}, answer.Body); err != nil {
		_ = client.SetWriteDeadline(time.Unix(1, 0)) // the client has to see that the body has been cut off
	}
}

// flusher keeps nothing back of a body that comes slowly.
type flusher struct {
	w      io.Writer
	client *http.ResponseController
}

func (f flusher) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.client.Flush()
	}
	return n, err
}
