package linger

import (
	"io"
	"net/http"
	"strconv"
)

// Respond answers with any HTTP response instead of a WebSocket, for instance
// u.Respond(http.NotFound); the response may stream, and may end after Upgrade
// has returned if it began before. One that panics is 500 if it had not begun, and
// is cut off if it had, so that half of it does not pass for the whole. The error
// is [ErrAnswered]; then h is not called.
func (u *Upgrade) Respond(h http.HandlerFunc) error {
	response := &response{ResponseWriter: u.writer, over: make(chan struct{})}
	u.mu.Lock()
	answered := u.answered
	if !answered {
		u.answered, u.response = true, response
	}
	u.mu.Unlock()
	if answered {
		return ErrAnswered
	}
	defer close(response.over)
	h(response, u.unbound())
	response.whole = true
	return nil
}

// response is the application's answer to a request that it declines.
type response struct {
	http.ResponseWriter
	begun bool          // something of it may be on its way
	whole bool          // its handler has returned
	over  chan struct{} // closed when its handler is not at it any more
}

// finish waits for the handler, which may run on another goroutine: the writer is
// valid until ServeHTTP returns. It answers for a handler that has failed.
func (r *response) finish() {
	<-r.over
	switch {
	case r.whole:
	case r.begun:
		panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's way to cut a response off, which it recovers itself
	default:
		applicationFailed(r.ResponseWriter)
	}
}

func (r *response) WriteHeader(status int) {
	r.begun = r.begun || status >= http.StatusOK || status == http.StatusSwitchingProtocols
	r.ResponseWriter.WriteHeader(status)
}

func (r *response) Write(b []byte) (int, error) {
	r.begun = true
	return r.ResponseWriter.Write(b)
}

// Flush makes the response an [http.Flusher], for handlers that ask for one.
func (r *response) Flush() {
	r.begun = true
	_ = http.NewResponseController(r.ResponseWriter).Flush() // not every transport can
}

// Unwrap lets an [http.ResponseController] reach the transport.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func applicationFailed(w http.ResponseWriter) {
	answerError(w, http.StatusInternalServerError, "the application failed")
}

// answerError answers with an error that arrives also if the handler has ended
// its goroutine: net/http finishes no response then, so this one says its length
// and is flushed.
func answerError(w http.ResponseWriter, status int, text string) {
	text += "\n"
	w.Header().Del("Content-Encoding") // was meant for another body
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)            // the peer may be gone
	_ = http.NewResponseController(w).Flush() // not every transport can
}
