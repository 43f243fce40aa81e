package websocket

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol/handshake"
)

// httpTimeout is for requests: long enough for a TLS handshake on a busy machine.
const httpTimeout = time.Second

// service is a WebSocket server on a real socket.
type service struct {
	addr   string
	secure bool
	conns  chan *Driver // those accepted
	errs   chan error   // of Accept
}

func serve(t testing.TB, secure bool, opts *AcceptOptions, newHandler func() Handler) *service {
	s := &service{conns: make(chan *Driver, 100), errs: make(chan error, 100), secure: secure}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := AcceptDriver(w, r, opts)
		if err != nil {
			s.errs <- err
			return
		}
		s.conns <- c
		c.Start(newHandler())
	}))
	server.Config.ReadTimeout = httpTimeout
	server.Config.WriteTimeout = httpTimeout
	server.Config.IdleTimeout = httpTimeout
	if secure {
		server.TLS = serverConfig(t)
		server.StartTLS()
	} else {
		server.Listener = newListener(server.Config, server.Listener)
		server.Start()
	}
	t.Cleanup(server.Close)
	s.addr = server.Listener.Addr().String()
	return s
}

// client is a peer on a real socket, which writes and reads its bytes itself.
type client struct {
	net.Conn
	tcp    *net.TCPConn
	r      *bufio.Reader
	answer string // to the handshake, as it came
}

const request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// open makes the opening handshake. What fields holds is added to the request,
// and behind to the bytes that follow it in the same segment.
func (s *service) open(t testing.TB, fields string, behind ...byte) *client {
	t.Helper()
	c := s.dial(t)
	c.send(t, append([]byte(request+fields+"\r\n"), behind...))
	c.readAnswer(t)
	return c
}

func (s *service) dial(t testing.TB) *client {
	t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	tcp := nc.(*net.TCPConn)
	if s.secure {
		nc = tls.Client(nc, clientConfig())
	}
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second)) // a test that waits longer has failed
	t.Cleanup(func() { _ = tcp.Close() })
	return &client{Conn: nc, tcp: tcp, r: bufio.NewReader(nc)}
}

func (c *client) send(t testing.TB, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatalf("the peer must be able to write; got %v", err)
	}
}

func (c *client) readAnswer(t testing.TB) {
	t.Helper()
	r := textproto.NewReader(c.r)
	for {
		line, err := r.ReadLine()
		if err != nil {
			t.Fatalf("the handshake must be answered; got %v behind %q", err, c.answer)
		}
		if line == "" {
			return
		}
		c.answer += line + "\n"
	}
}

func (c *client) wantFrame(t testing.TB, want string) {
	t.Helper()
	if f, err := readFrame(c.r); err != nil || f.String() != want {
		t.Fatalf("the peer must read %s; got %v, %v", want, f, err)
	}
}

func (c *client) wantEOF(t testing.TB) {
	t.Helper()
	if b, err := io.ReadAll(c.r); err != nil || len(b) > 0 {
		t.Fatalf("the peer must read EOF, never a reset; got %q, %v", b, err)
	}
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

// each runs a test on TCP and on TLS over TCP.
func each(t *testing.T, test func(t *testing.T, secure bool)) {
	for _, secure := range []bool{false, true} {
		name := "TCP"
		if secure {
			name = "TLS"
		}
		t.Run(name, func(t *testing.T) { test(t, secure) })
	}
}

func anyOrigin(t testing.TB) handshake.OriginPolicy {
	p, err := handshake.NewOriginPolicy("*")
	if err != nil {
		t.Fatal(err)
	}
	return p
}
