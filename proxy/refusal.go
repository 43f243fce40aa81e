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

// answered reports whether the backend has sent a response.
func answered(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return ok && failed.Status != 0
}

// refused reports whether the backend has refused the handshake, and its response has been
// forwarded to the client. An invalid response with status 101 is not forwarded.
func refused(err error) bool {
	failed, ok := errors.AsType[*driver.DialError](err)
	return ok && failed.Status >= http.StatusOK
}

// refuse responds to a request that could not be connected to a backend, unless the
// response of a backend has been forwarded or the client has disconnected.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch failed, _ := errors.AsType[*driver.DialError](err); {
	case refused(err):
		h.traceRefused(r, failed.Status, "backend")
	case r.Context().Err() != nil:
	case isMisuse(err):
		h.logRefusal(r, http.StatusBadRequest, "target", cause(err).Error())
		text := "the request cannot be passed on: a field or the request target violates the rules of HTTP"
		if errors.Is(err, errTargetForm) || errors.Is(err, errTargetDotted) {
			text = err.Error()
		}
		http.Error(w, text, http.StatusBadRequest)
	case errors.Is(err, context.DeadlineExceeded):
		h.traceRefused(r, http.StatusGatewayTimeout, "timeout")
		http.Error(w, "the backend did not respond in time", http.StatusGatewayTimeout)
	case unreachable(err):
		h.traceRefused(r, http.StatusBadGateway, "unreachable")
		http.Error(w, "the backend cannot be reached", http.StatusBadGateway)
	default:
		h.traceRefused(r, http.StatusBadGateway, "invalid-response")
		http.Error(w, "the backend's response was not valid", http.StatusBadGateway)
	}
}

// passRefusal forwards the backend's response: status, fields and body. The timeout of the
// opening handshake applies to the backend and to the client.
func (h *Handler) passRefusal(w http.ResponseWriter, answer *http.Response) {
	client := http.NewResponseController(w)
	_ = client.SetWriteDeadline(time.Now().Add(h.options().DialTimeout)) // without support for deadlines only that of the backend applies
	for name, values := range endToEnd(answer.Header) {
		w.Header()[name] = values
	}
	if answer.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(answer.ContentLength, 10))
	}
	w.Header().Set("Connection", "close") // the deadline must not apply to another request
	w.WriteHeader(answer.StatusCode)
	_ = client.Flush()
	if _, err := io.Copy(flusher{w, client}, answer.Body); err != nil {
		_ = client.SetWriteDeadline(time.Unix(1, 0)) // aborts the response, so that the client detects the truncated body
	}
}

// flusher flushes after each write, so that the client receives a slow body as it arrives.
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
