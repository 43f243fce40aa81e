package linger

import (
	"io"
	"net/http"
	"strconv"
)

// Respond answers with an HTTP response instead of accepting, for instance u.Respond(http.NotFound). The response may stream, and
// may end after Upgrade has returned if it has begun before. If h panics the response is 500 or, if it has begun, is cut off, so
// that the client does not take a part of it for the whole. The error is [ErrAnswered]; then h is not called.
func (u *Upgrade) Respond(h http.HandlerFunc) error {
	response := &response{ResponseWriter: u.writer, ended: make(chan struct{})}
	u.mu.Lock()
	answered := u.answered
	if !answered {
		u.answered, u.response = true, response
	}
	u.mu.Unlock()
	if answered {
		return ErrAnswered
	}
	defer close(response.ended)
	h(response, u.requestForResponse())
	response.complete = true
	return nil
}

// response is the application's answer to a request that it does not accept.
type response struct {
	http.ResponseWriter
	begun    bool          // a part of it may have been written
	complete bool          // its handler has returned; guarded by ended
	ended    chan struct{} // closed when its handler has returned, panicked or ended its goroutine
}

// finish waits for the handler of the response, which may run on another goroutine, because the writer is valid until ServeHTTP
// returns. It answers for a handler that has failed.
func (r *response) finish() {
	<-r.ended
	switch {
	case r.complete:
	case r.begun:
		panic(http.ErrAbortHandler) //nolint:forbidigo // cuts the response off; net/http recovers it
	default:
		applicationFailed(r.ResponseWriter)
	}
}

// WriteHeader records that the response has begun, unless the status is an informational one.
func (r *response) WriteHeader(status int) {
	r.begun = r.begun || status >= http.StatusOK || status == http.StatusSwitchingProtocols
	r.ResponseWriter.WriteHeader(status)
}

// Write records that the response has begun.
func (r *response) Write(b []byte) (int, error) {
	r.begun = true
	return r.ResponseWriter.Write(b)
}

// Flush implements [http.Flusher], for handlers that ask for one.
func (r *response) Flush() {
	r.begun = true
	_ = http.NewResponseController(r.ResponseWriter).Flush() // fails where the transport cannot
}

// Unwrap lets an [http.ResponseController] reach the transport.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func applicationFailed(w http.ResponseWriter) {
	answerError(w, http.StatusInternalServerError, "the application failed")
}

// answerError answers with an error. It states the length and flushes, so that the response also arrives if the handler has ended
// its goroutine, in which case net/http does not complete it.
func answerError(w http.ResponseWriter, status int, text string) {
	text += "\n"
	w.Header().Del("Content-Encoding") // may have been set for another body
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)            // fails if the peer has gone
	_ = http.NewResponseController(w).Flush() // fails where the transport cannot
}
