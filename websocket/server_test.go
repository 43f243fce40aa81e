package websocket

import (
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/websocket/internal/accept"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// service is a WebSocket server on a real socket.
type service = wiretest.Service[*driver.Driver]

// serve starts a service. newHandler returns the handler of each connection.
func serve(t testing.TB, secure bool, opts *AcceptOptions, newHandler func() driver.Handler) *service {
	t.Helper()
	return wiretest.Serve(t, secure, time.Minute, accept.NewListener, func(w http.ResponseWriter, r *http.Request) (*driver.Driver, error) {
		d, _, err := driver.Accept(w, r, opts)
		return d, err
	}, func(d *driver.Driver) { d.Start(newHandler()) })
}

// ends is a handler that echoes, and records outcomes.
type ends struct {
	echo
	end chan Outcome
}

func newEnds() *ends { return &ends{end: make(chan Outcome, 2)} }

func (e *ends) Closed(_ *driver.Driver, end Outcome) { e.end <- end }

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

func wantDone(t testing.TB, c *driver.Driver) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(time.Minute):
		t.Error("the transport must be closed; it is not")
	}
}

func newEcho() driver.Handler { return echo{} }

// unbounded returns options with timeouts that are longer than [wantDone] waits: the transport must be closed because both
// directions have ended, and not because a timeout has passed.
func unbounded(opts Options) Options {
	opts.CloseTimeout, opts.LingerTimeout, opts.KeepAlive = time.Hour, time.Hour, -1
	return opts
}
