package wiretest

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// Bound is how long tests wait for an event. A test that waits longer has failed.
const Bound = 30 * time.Second

// HTTPTimeout is the timeout of servers for requests that arrive.
const HTTPTimeout = Bound

// HTTPServer is a server that a [Client] connects to.
type HTTPServer struct {
	Addr   string
	Secure bool // it speaks TLS
}

// Client is a peer on a real socket that writes and reads its bytes itself.
type Client struct {
	net.Conn
	TCP    *net.TCPConn
	R      *bufio.Reader
	Answer string // to the handshake, as it came
}

// Request is the request of an opening handshake, without the empty line that ends it.
const Request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// Open makes the opening handshake. The lines in fields are added to the request, and the bytes in after follow it in the same segment.
func (s *HTTPServer) Open(t testing.TB, fields string, after ...byte) *Client {
	t.Helper()
	c := s.Dial(t)
	c.Send(t, append([]byte(Request+fields+"\r\n"), after...))
	c.ReadAnswer(t)
	return c
}

// Dial connects to the server.
func (s *HTTPServer) Dial(t testing.TB) *Client {
	t.Helper()
	nc, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	tcp := nc.(*net.TCPConn)
	if s.Secure {
		nc = tls.Client(nc, ClientConfig())
	}
	_ = nc.SetDeadline(time.Now().Add(Bound))
	t.Cleanup(func() { _ = tcp.Close() })
	return &Client{Conn: nc, TCP: tcp, R: bufio.NewReader(nc)}
}

// Send writes b, which must succeed.
func (c *Client) Send(t testing.TB, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatalf("the peer must be able to write; got %v", err)
	}
}

// ReadAnswer reads the head of the response.
func (c *Client) ReadAnswer(t testing.TB) {
	t.Helper()
	r := textproto.NewReader(c.R)
	for {
		line, err := r.ReadLine()
		if err != nil {
			t.Fatalf("the handshake must be answered; got %v after %q", err, c.Answer)
		}
		if line == "" {
			return
		}
		c.Answer += line + "\n"
	}
}

// WantFrame fails unless the next frame has this text.
func (c *Client) WantFrame(t testing.TB, want string) {
	t.Helper()
	if f, err := ReadFrame(c.R); err != nil || f.String() != want {
		t.Fatalf("the peer must read %s; got %v, %v", want, f, err)
	}
}

// WantEOF fails unless nothing follows but EOF.
func (c *Client) WantEOF(t testing.TB) {
	t.Helper()
	if b, err := io.ReadAll(c.R); err != nil || len(b) > 0 {
		t.Fatalf("the peer must read EOF, never a reset; got %q, %v", b, err)
	}
}

// Each runs a test on TCP and on TLS over TCP.
func Each(t *testing.T, test func(t *testing.T, secure bool)) {
	for _, secure := range []bool{false, true} {
		name := "TCP"
		if secure {
			name = "TLS"
		}
		t.Run(name, func(t *testing.T) { test(t, secure) })
	}
}

// To returns a request of an opening handshake for a path.
func To(path string) string {
	return strings.Replace(Request, "GET / ", "GET "+strings.ReplaceAll(path, " ", "%20")+" ", 1) + "\r\n"
}
