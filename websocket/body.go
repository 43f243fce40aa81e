package websocket

import (
	"cmp"
	"io"
	"net/http"
	"time"
)

// bodyChunk is how many bytes of a body start a new period.
const bodyChunk = 16 << 10

// BoundBodies returns a handler that limits how long h waits for the bodies of requests:
// in each period that h spends reading, 16 KiB of the body or the rest of it must arrive.
// Otherwise reading fails with an error that wraps [os.ErrDeadlineExceeded], and the
// connection is closed after the response. A body that h does not read has one period.
// Connections that become a WebSocket are not affected. 0 means 30 s, and a negative
// period no limit.
//
// net/http has no such limit. [http.Server.ReadTimeout] limits the whole request instead,
// however large it is, and ends the contexts of requests that take longer.
func BoundBodies(h http.Handler, period time.Duration) http.Handler {
	if period < 0 {
		return h
	}
	period = cmp.Or(period, defaultBodyTimeout)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
			h.ServeHTTP(w, r)
			return
		}
		body := &boundBody{ReadCloser: r.Body, control: http.NewResponseController(w), period: period, left: period}
		_ = body.control.SetReadDeadline(time.Now().Add(period)) // net/http reads what h has not read
		bounded := *r
		bounded.Body = body
		h.ServeHTTP(w, &bounded)
	})
}

const defaultBodyTimeout = 30 * time.Second

// boundBody is a body with a limit on the time that Read waits for the client. The time
// between two calls of Read does not count.
type boundBody struct {
	io.ReadCloser
	control  *http.ResponseController
	period   time.Duration
	left     time.Duration // the rest of the period
	received int           // bytes in this period
}

func (b *boundBody) Read(p []byte) (int, error) {
	began := time.Now()
	_ = b.control.SetReadDeadline(began.Add(b.left)) // fails if the program's transport has no deadlines
	n, err := b.ReadCloser.Read(p)
	b.left -= time.Since(began)
	if b.received += n; b.received >= bodyChunk {
		b.received, b.left = 0, b.period
	}
	if err == io.EOF {
		_ = b.control.SetReadDeadline(time.Time{}) // net/http reads from now on, to notice that the client has gone
	}
	return n, err
}
