package worker

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"time"
)

// requestBody is the body of a plain request. net/http reads from a connection for one purpose at a time: a response that begins
// before the end of the body must not leave a Read of the body behind.
type requestBody struct {
	*receivedBody
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
}

// newRequestBody returns the body of a request, nil if it has none. More than limit bytes are an error.
func newRequestBody(w http.ResponseWriter, r *http.Request, limit int64) *requestBody {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	b := &requestBody{w: w, r: r, control: http.NewResponseController(w)}
	b.receivedBody = newReceivedBody(&receivedBody{
		source: http.MaxBytesReader(w, r.Body, limit), length: r.ContentLength, limit: limit,
		tooLarge:  &http.MaxBytesError{Limit: limit},
		explain:   explainRequestBody,
		interrupt: func() {}, // net/http would end the context of the request, so afterResponse interrupts the Read
		release:   func() {},
	})
	return b
}

// explainRequestBody returns why the body of a request is incomplete, for the script.
func explainRequestBody(err error) string {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Sprintf("the body of the request is larger than %d bytes", large.Limit)
	}
	switch {
	case errors.Is(err, errAnswered), errors.Is(err, errInstanceEnd):
		return err.Error()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "the body of the request did not arrive in time"
	}
	return "the connection was lost before the body of the request was complete"
}

// readArrived begins to read the body, and lets the goroutine that does so run: what has arrived with the header is complete
// when the event begins, so that it needs no event of its own. A body that the client sends only after 100 Continue (RFC 9110,
// section 10.1.1) is not read before the script needs it.
func (b *requestBody) readArrived() {
	if b.r.Header.Get("Expect") == "" {
		b.start()
		runtime.Gosched()
	}
}

// beforeResponse prepares for a response that may begin before the end of the body. The connection of HTTP/1 is closed after
// such a response, unless net/http reads the rest of the body because the script does not. A body that the script has not
// begun to read, and that has not arrived completely, is discarded.
func (b *requestBody) beforeResponse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.started || b.err != nil && !b.reading {
		return
	}
	if (b.begun || b.reading) && b.r.ProtoMajor < 2 {
		b.w.Header().Set("Connection", "close")
		_ = b.control.EnableFullDuplex() // fails if the program's transport is not that of net/http
	}
	if !b.begun {
		b.discardLocked()
	}
}

// discardLocked makes the body fail for the script, unless it has ended. mu is held. What arrives is discarded, for a short time, so that a client that sends it
// before it reads the response gets the response.
func (b *requestBody) discardLocked() {
	if b.err == nil {
		b.data, b.err = nil, errAnswered
		b.changed.Release()
	}
}

// discardTime is how long the rest of a body is awaited after the response.
const discardTime = 500 * time.Millisecond

// afterResponse blocks until the body is not read any more. A body that is being read as a whole, or that is being passed on, is
// read to its end; another one is discarded.
func (b *requestBody) afterResponse() {
	b.mu.Lock()
	open := b.err == nil || b.reading
	needed := b.passedOn || b.wanted == wholeWanted
	if open && !needed {
		b.discardLocked()
	}
	started := b.started
	b.mu.Unlock()
	switch {
	case !started:
		b.cancel(errAnswered)
		return
	case !open:
		return
	}
	_ = b.control.Flush() // the client may wait for the response; fails if the program's transport cannot
	if needed {
		b.awaitConsumer()
	}
	b.awaitEnd()
}

// awaitConsumer blocks until the consumer has got the end of the body, or the body has failed.
func (b *requestBody) awaitConsumer() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.err == nil {
		changed := b.changed.Next()
		b.mu.Unlock()
		<-changed
		b.mu.Lock()
	}
}

// awaitEnd blocks until the goroutine that reads the body has ended. A Read that waits for the client is interrupted.
func (b *requestBody) awaitEnd() {
	limit := time.NewTimer(discardTime)
	defer limit.Stop()
	select {
	case <-b.ended:
	case <-limit.C:
		b.interruptRead()
	}
}

// interruptRead makes a Read of the body return, and blocks until it has. The Read of websocket.BoundBodies sets a deadline of
// its own when it begins, so the one here may have to be set again.
func (b *requestBody) interruptRead() {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if err := b.control.SetReadDeadline(time.Unix(1, 0)); errors.Is(err, http.ErrNotSupported) {
			go func() { _ = b.r.Body.Close() }() // all that remains; it may block until the Read returns
			<-b.ended
			return
		}
		select {
		case <-b.ended:
			return
		case <-again.C:
		}
	}
}
