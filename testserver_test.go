package linger_test

import (
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
)

// bubble runs a test with fake time. What waits on a connection in memory does
// not stop the clock.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// service is a server under test behind a real http.Server.
type service struct {
	*linger.Server
	t    *testing.T
	dial func() (net.Conn, error)
	url  string             // on real TCP
	ends chan *linger.Close // every close event, behind the application's handler
}

// serve serves an application on connections in memory.
func serve(t *testing.T, app linger.HandlerFuncs, opts linger.Options) *service {
	t.Helper()
	l := memconn.Listen()
	s := newService(t, app, opts, l)
	s.dial = func() (net.Conn, error) { return l.Dial() }
	return s
}

// serveHandler is serve for a handler of another kind. Its close events are its own.
func serveHandler(t *testing.T, h linger.Handler, opts linger.Options) *service {
	t.Helper()
	l := memconn.Listen()
	s := &service{t: t, Server: linger.NewServer(h, opts)}
	s.dial = func() (net.Conn, error) { return l.Dial() }
	s.listen(l)
	return s
}

// serveTCP serves an application on real TCP.
func serveTCP(t *testing.T, app linger.HandlerFuncs, opts linger.Options) *service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, app, opts, l)
	s.url = "http://" + l.Addr().String()
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
	return s
}

// serveTCPHandler is serveTCP for a handler of another kind. Its close events are its own.
func serveTCPHandler(t *testing.T, h linger.Handler, opts linger.Options) *service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, Server: linger.NewServer(h, opts)}
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
	s.listen(l)
	return s
}

func newService(t *testing.T, app linger.HandlerFuncs, opts linger.Options, l net.Listener) *service {
	s := &service{t: t, ends: make(chan *linger.Close, 4096)}
	closeEvent := app.OnClose
	app.OnClose = func(c *linger.Close) {
		defer func() { s.ends <- c }()
		if closeEvent != nil {
			closeEvent(c)
		}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s.Server = linger.NewServer(app, opts)
	s.listen(l)
	return s
}

func (s *service) listen(l net.Listener) {
	web := &http.Server{Handler: s.Server, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = web.Serve(l) }()
	s.t.Cleanup(func() { _ = web.Close() })
}

// client returns a client that has not said anything.
func (s *service) client() *client {
	s.t.Helper()
	nc, err := s.dial()
	if err != nil {
		s.t.Fatalf("the server takes the connection; got %v", err)
	}
	s.t.Cleanup(func() { _ = nc.Close() })
	return newClient(s.t, nc)
}

// connect returns a client whose handshake is done.
func (s *service) connect(lines ...string) *client {
	s.t.Helper()
	c := s.client()
	if response := c.request(lines...); response.StatusCode != http.StatusSwitchingProtocols {
		s.t.Fatalf("a good request is accepted with 101; got %s", response.Status)
	}
	return c
}

// end waits for the next close event.
func (s *service) end() *linger.Close {
	s.t.Helper()
	return <-s.ends
}

// wantNoEnd tells of a close event too many. It is for tests in a bubble.
func (s *service) wantNoEnd() {
	s.t.Helper()
	synctest.Wait()
	select {
	case end := <-s.ends:
		s.t.Errorf("there is no close event now; got %+v", end.Outcome)
	default:
	}
}

// wantEmpty tells of sockets that the server did not let go. It is for tests in
// a bubble.
func (s *service) wantEmpty() {
	s.t.Helper()
	synctest.Wait()
	if n := s.Count(); n != 0 {
		s.t.Errorf("no connection is left in the server; got %d", n)
	}
}

// echo answers every message with itself.
func echo(m *linger.Message) { _ = m.Socket.Send(m.Payload) }

// accept returns an upgrade handler that accepts with opts and hands the socket on.
func accept(opts linger.AcceptOptions, sockets chan<- *linger.Socket) func(*linger.Upgrade) {
	return func(u *linger.Upgrade) {
		if socket, err := u.Accept(opts); err == nil && sockets != nil {
			sockets <- socket
		}
	}
}

// text returns a text of n bytes.
func text(n int) string { return strings.Repeat("x", n) }

// wantError tells of an error that is not the wanted one.
func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s; the error is %v, want %v", what, got, want)
	}
}
