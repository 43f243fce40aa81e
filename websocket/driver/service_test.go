package driver

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket/internal/accept"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// service is a WebSocket server on a real socket.
type service struct {
	wiretest.HTTPServer
	conns chan *Driver // those accepted
	errs  chan error   // of Accept
}

func serve(t testing.TB, secure bool, opts *AcceptOptions, newHandler func() Handler) *service {
	s := &service{conns: make(chan *Driver, 100), errs: make(chan error, 100)}
	s.Secure = secure
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := Accept(w, r, opts)
		if err != nil {
			s.errs <- err
			return
		}
		s.conns <- c
		c.Start(newHandler())
	}))
	server.Config.ReadTimeout = wiretest.HTTPTimeout
	server.Config.WriteTimeout = wiretest.HTTPTimeout
	server.Config.IdleTimeout = wiretest.HTTPTimeout
	if secure {
		server.TLS = wiretest.ServerConfig(t)
		server.StartTLS()
	} else {
		server.Listener = accept.NewListener(server.Config, server.Listener)
		server.Start()
	}
	t.Cleanup(server.Close)
	s.Addr = server.Listener.Addr().String()
	return s
}

func (s *service) accepted(t testing.TB) *Driver {
	t.Helper()
	select {
	case c := <-s.conns:
		return c
	case err := <-s.errs:
		t.Fatalf("the request must be accepted; got %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("the request must be accepted; nothing came")
	}
	return nil
}

// ends is a Handler that keeps the end.
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
		if got := describe(end); got != want {
			t.Errorf("the connection must end as %q; got %q", want, got)
		}
	case <-time.After(20 * time.Second):
		t.Errorf("the connection must end as %q; it did not end", want)
	}
}

func wantDone(t testing.TB, c *Driver) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(20 * time.Second):
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

// wantGone fails unless the transport is closed before any bound of ours, the
// shortest of which is 5 s.
func wantGone(t *testing.T, d *Driver) {
	t.Helper()
	select {
	case <-d.Done():
	case <-time.After(4 * time.Second):
		t.Error("the transport must be closed when both directions have ended, not at a bound")
	}
}
