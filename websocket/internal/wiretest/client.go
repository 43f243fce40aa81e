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

// httpTimeout is for requests: long enough for a TLS handshake on a busy machine.
const HTTPTimeout = time.Second

// httpServer is a server that a client of a test connects to.
type HTTPServer struct {
	Addr   string
	Secure bool // it speaks TLS
}

// client is a peer on a real socket, which writes and reads its bytes itself.
type Client struct {
	net.Conn
	TCP    *net.TCPConn
	R      *bufio.Reader
	Answer string // to the handshake, as it came
}

const Request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// open makes the opening handshake. What fields holds is added to the request,
// and behind to the bytes that follow it in the same segment.
func (s *HTTPServer) Open(t testing.TB, fields string, behind ...byte) *Client {
	t.Helper()
	c := s.Dial(t)
	c.Send(t, append([]byte(Request+fields+"\r\n"), behind...))
	c.ReadAnswer(t)
	return c
}

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
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second)) // a test that waits longer has failed
	t.Cleanup(func() { _ = tcp.Close() })
	return &Client{Conn: nc, TCP: tcp, R: bufio.NewReader(nc)}
}

func (c *Client) Send(t testing.TB, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatalf("the peer must be able to write; got %v", err)
	}
}

func (c *Client) ReadAnswer(t testing.TB) {
	t.Helper()
	r := textproto.NewReader(c.R)
	for {
		line, err := r.ReadLine()
		if err != nil {
			t.Fatalf("the handshake must be answered; got %v behind %q", err, c.Answer)
		}
		if line == "" {
			return
		}
		c.Answer += line + "\n"
	}
}

func (c *Client) WantFrame(t testing.TB, want string) {
	t.Helper()
	if f, err := ReadFrame(c.R); err != nil || f.String() != want {
		t.Fatalf("the peer must read %s; got %v, %v", want, f, err)
	}
}

func (c *Client) WantEOF(t testing.TB) {
	t.Helper()
	if b, err := io.ReadAll(c.R); err != nil || len(b) > 0 {
		t.Fatalf("the peer must read EOF, never a reset; got %q, %v", b, err)
	}
}

// each runs a test on TCP and on TLS over TCP.
func Each(t *testing.T, test func(t *testing.T, secure bool)) {
	for _, secure := range []bool{false, true} {
		name := "TCP"
		if secure {
			name = "TLS"
		}
		t.Run(name, func(t *testing.T) { test(t, secure) })
	}
}

func To(path string) string {
	return strings.Replace(Request, "GET / ", "GET "+strings.ReplaceAll(path, " ", "%20")+" ", 1) + "\r\n"
}
