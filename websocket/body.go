package websocket

import (
	"cmp"
	"io"
	"net/http"
	"time"
)

// bodyStep is how many bytes of a body begin its time anew.
const bodyStep = 16 << 10

// BoundBodies returns a handler that bounds how long h waits for the bodies of requests:
// 16 KiB of a body, or all of it, have to come in each period of that length in which h
// reads it. Otherwise reading fails with an error that wraps [os.ErrDeadlineExceeded],
// and the connection is closed after the response. A body that h does not read has one
// period, and connections that become a WebSocket are not affected. 0 means 30 s, a
// negative period none. The bodies of net/http have no bound in time, unless
// [http.Server.ReadTimeout] is set, which bounds large ones too and ends the context of
// requests that take longer.
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
		_ = body.control.SetReadDeadline(time.Now().Add(period)) // for what net/http reads when h has not
		bounded := *r
		bounded.Body = body
		h.ServeHTTP(w, &bounded)
	})
}

const defaultBodyTimeout = 30 * time.Second

// boundBody is a body whose reader is not waited for, but its sender is.
type boundBody struct {
	io.ReadCloser
	control *http.ResponseController
	period  time.Duration
	left    time.Duration // of the period
	come    int           // bytes in it
}

func (b *boundBody) Read(p []byte) (int, error) {
	began := time.Now()
	_ = b.control.SetReadDeadline(began.Add(b.left)) // a transport without deadlines is the program's own
	n, err := b.ReadCloser.Read(p)
	b.left -= time.Since(began)
	if b.come += n; b.come >= bodyStep {
		b.come, b.left = 0, b.period
	}
	if err == io.EOF {
		_ = b.control.SetReadDeadline(time.Time{}) // net/http looks for the client's end from now on
	}
	return n, err
}
