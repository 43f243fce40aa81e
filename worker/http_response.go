package worker

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// response is an answer of the script.
type response struct {
	status int
	header http.Header
	body   []byte // the complete body; nil with a reader
	length int64  // the length of the body in bytes; -1 if it is unknown
	offer  int    // the number of the offer of a 101; 0 for other responses

	reader  bodyReader                      // the body, if it is sent while it is produced; otherwise nil
	timeout time.Duration                   // the time in which the client has to read each piece of it; 0 or less means no bound
	due     atomic.Pointer[time.Time]       // when the write that is in progress or has failed times out
	onSent  func()                          // called when the body is not read any more
	log     func(text string, attrs ...any) // logs an error of the script
}

// write writes the response. If the script has set no Content-Type, none is sent: a guess could turn a user's upload into a page.
// It panics with http.ErrAbortHandler to cut off a response whose body is incomplete.
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
	if r.reader != nil {
		r.stream(w, request)
		return
	}
	switch {
	case r.status == http.StatusNoContent || r.status == http.StatusNotModified:
		header.Del("Content-Length") // RFC 9110, section 8.6
	case request.Method != http.MethodHead || len(r.body) > 0: // the script may set the length that the answer to GET would have
		header.Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // fails if the client has left
}

// discard ends the body of a response that is not written.
func (r *response) discard() {
	if r.reader != nil {
		r.reader.cancel(errClientGone)
		r.onSent()
	}
}

// maxPiece is the largest part of a body that is written at once: the client has the write timeout to read it.
const maxPiece = 16 << 10

// stream writes the header and sends the body while it is produced. Content-Length is what the script has set, if it is a number,
// or the length of a body that is passed on.
func (r *response) stream(w http.ResponseWriter, request *http.Request) {
	defer r.onSent()
	length, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64)
	switch {
	case err == nil && length >= 0:
	case r.length >= 0:
		length = r.length
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	default:
		w.Header().Del("Content-Length")
		length = -1
	}
	if request.Method == http.MethodHead {
		r.reader.cancel(errBodyConsumed)
		w.WriteHeader(r.status)
		return
	}
	stop := context.AfterFunc(request.Context(), func() { r.reader.cancel(r.disconnection()) })
	defer stop()
	control := http.NewResponseController(w)
	w.WriteHeader(r.status)
	_ = control.Flush() // fails if the program's transport cannot
	sent, err := r.sendBody(w, control, length)
	_ = control.SetWriteDeadline(time.Time{})
	switch {
	case !isEnd(err):
		r.logCut(err)
	case length >= 0 && sent != length:
		r.log("response cut off: its body is shorter than its content-length", "length", sent, "content-length", length)
	default:
		return
	}
	panic(http.ErrAbortHandler) //nolint:forbidigo // cuts the response off; net/http recovers it
}

var errTooLong = errors.New("its body is longer than its content-length")

// sendBody sends the body and returns the number of bytes that were sent. The error is io.EOF if the body is complete.
func (r *response) sendBody(w http.ResponseWriter, control *http.ResponseController, length int64) (sent int64, err error) {
	for {
		chunk, err := r.reader.next()
		if err != nil {
			return sent, err
		}
		if length >= 0 && sent+int64(len(chunk)) > length {
			r.reader.cancel(errTooLong)
			return sent, errTooLong
		}
		for len(chunk) > 0 {
			piece := chunk[:min(len(chunk), maxPiece)]
			chunk = chunk[len(piece):]
			n, err := r.writePiece(w, control, piece, len(chunk) == 0)
			sent += int64(n)
			if err != nil {
				r.reader.cancel(clientError(err))
				return sent, clientError(err)
			}
		}
	}
}

// writePiece writes a piece of the body, and with flush what the transport has kept of the pieces before.
func (r *response) writePiece(w http.ResponseWriter, control *http.ResponseController, piece []byte, flush bool) (int, error) {
	if r.timeout > 0 {
		due := time.Now().Add(r.timeout)
		_ = control.SetWriteDeadline(due) // fails if the program's transport has no deadlines
		r.due.Store(&due)
	}
	n, err := w.Write(piece)
	if err == nil && flush {
		err = control.Flush()
	}
	if err == nil || errors.Is(err, http.ErrNotSupported) { // the program's transport may have nothing to flush
		r.due.Store(nil)
		return n, nil
	}
	return n, err
}

// disconnection returns the reason for which the context of the request has ended. The transport ends it when a write fails, before
// that write returns its error.
func (r *response) disconnection() error {
	if due := r.due.Load(); due != nil && !time.Now().Before(*due) {
		return errClientSlow
	}
	return errClientGone
}

// errClientSlow is the reason for cancelling a body that the client does not read.
var errClientSlow = errors.New("the client did not read the response in time")

// clientError returns the reason for which a response could not be written.
func clientError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errClientSlow
	}
	return errClientGone
}

// logCut logs why a response was cut off, if that is a fault of the application or of a server that it has called. An exception
// of the script that ends its body is logged on its own.
func (r *response) logCut(err error) {
	switch {
	case errors.Is(err, errClientGone), errors.Is(err, errBodyAborted):
	default:
		r.log("response cut off: " + err.Error())
	}
}
