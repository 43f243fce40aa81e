package driver

import (
	"cmp"
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/accept"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// service is a WebSocket server on a real socket.
type service = wiretest.Service[*Driver]

// serve starts a service. newHandler returns the handler of each connection.
func serve(t testing.TB, secure bool, opts *AcceptOptions, newHandler func() Handler) *service {
	t.Helper()
	return serveWithTimeout(t, secure, opts, newHandler, time.Minute)
}

// serveWithTimeout starts a service whose http.Server has timeouts.
func serveWithTimeout(t testing.TB, secure bool, opts *AcceptOptions, newHandler func() Handler, timeout time.Duration) *service {
	t.Helper()
	return wiretest.Serve(t, secure, timeout, accept.NewListener, func(w http.ResponseWriter, r *http.Request) (*Driver, error) {
		d, _, err := Accept(w, r, opts)
		return d, err
	}, func(d *Driver) { d.Start(newHandler()) })
}

// ends is a handler that echoes, and records outcomes.
type ends struct {
	echo
	end chan Outcome
}

func newEnds() *ends { return &ends{end: make(chan Outcome, 2)} }

func (e *ends) Closed(_ *Driver, end Outcome) { e.end <- end }

func (e *ends) want(t testing.TB, want string) {
	t.Helper()
	select {
	case end := <-e.end:
		if got := wiretest.Describe(end.Outcome); got != want {
			t.Errorf("the connection must end as %q; got %q", want, got)
		}
	case <-time.After(time.Minute):
		t.Errorf("the connection must end as %q; it did not end", want)
	}
}

func wantDone(t testing.TB, c *Driver) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Error("the transport must be closed; it is not")
	}
}

func anyOrigin(t testing.TB) handshake.OriginPolicy {
	p, err := handshake.NewOriginPolicy("*")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newEcho() Handler { return echo{} }

// unbounded sets the timeouts of closing that are not set to longer than the tests wait: a transport must be closed because
// both directions have ended, and not because another timeout than that of the test has passed.
func unbounded(opts Options) Options {
	opts.CloseTimeout = cmp.Or(opts.CloseTimeout, time.Hour)
	opts.LingerTimeout = cmp.Or(opts.LingerTimeout, time.Hour)
	return opts
}
