package websocket

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
const httpTimeout = time.Second

// httpServer is a server that a client of a test connects to.
type httpServer struct {
	addr   string
	secure bool // it speaks TLS
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
func (s *httpServer) open(t testing.TB, fields string, behind ...byte) *client {
	t.Helper()
	c := s.dial(t)
	c.send(t, append([]byte(request+fields+"\r\n"), behind...))
	c.readAnswer(t)
	return c
}

func (s *httpServer) dial(t testing.TB) *client {
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

func to(path string) string {
	return strings.Replace(request, "GET / ", "GET "+path+" ", 1) + "\r\n"
}
