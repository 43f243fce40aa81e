package linger_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// bubble runs a test with fake time, which advances while goroutines wait for a connection in memory.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// service is a server under test, and the http.Server that serves it.
type service struct {
	*linger.Server
	t    *testing.T
	dial func() (net.Conn, error)
	url  string             // on real TCP
	ends chan *linger.Close // every close event, after the application's handler
}

// serve serves an application on connections in memory.
func serve(t *testing.T, app linger.HandlerFuncs, opts linger.Options) *service {
	t.Helper()
	l := memconn.Listen()
	s := newService(t, app, opts, l)
	s.dial = func() (net.Conn, error) { return l.Dial() }
	return s
}

// serveHandler is serve for a handler that is not HandlerFuncs. Its close events do not go to ends.
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

// serveTCPHandler is serveTCP for a handler that is not HandlerFuncs. Its close events do not go to ends.
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

// client returns a client that has not sent anything.
func (s *service) client() *client {
	s.t.Helper()
	nc, err := s.dial()
	if err != nil {
		s.t.Fatalf("the server takes the connection; got %v", err)
	}
	s.t.Cleanup(func() { _ = nc.Close() })
	return newClient(s.t, nc)
}

// connect returns a client whose opening handshake is complete.
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

// wantNoEnd fails the test if a close event has come. It is for tests in a bubble.
func (s *service) wantNoEnd() {
	s.t.Helper()
	synctest.Wait()
	select {
	case end := <-s.ends:
		s.t.Errorf("no close event has come by now; got %+v", end.Outcome)
	default:
	}
}

// wantEmpty fails the test if the server still has sockets. It is for tests in a bubble.
func (s *service) wantEmpty() {
	s.t.Helper()
	synctest.Wait()
	if n := s.Count(); n != 0 {
		s.t.Errorf("no connection is left in the server; got %d", n)
	}
}

// echo answers every message with itself.
func echo(m *linger.Message) { _ = m.Socket.Send(m.Payload) }

// accept returns an upgrade handler that accepts with opts and sends the socket to a channel.
func accept(opts linger.AcceptOptions, sockets chan<- *linger.Socket) func(*linger.Upgrade) {
	return func(u *linger.Upgrade) {
		if socket, err := u.Accept(opts); err == nil && sockets != nil {
			sockets <- socket
		}
	}
}

// text returns a text of n bytes.
func text(n int) string { return strings.Repeat("x", n) }

// wantError fails the test if the error is not the wanted one.
func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s; the error is %v, want %v", what, got, want)
	}
}

// client is a peer without automatic replies: it answers neither pings nor a Close.
type client struct {
	t        *testing.T
	nc       net.Conn
	r        *bufio.Reader
	response *http.Response // to the request
}

// readTimeout bounds a test that would otherwise wait for ever, mostly in fake time.
const readTimeout = 5 * time.Minute

func newClient(t *testing.T, nc net.Conn) *client {
	return &client{t: t, nc: nc, r: bufio.NewReader(nc)}
}

// maskKey masks every frame of a test client. A fixed one keeps failures readable.
var maskKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame returns a frame as a client sends it.
func frame(op protocol.Opcode, payload []byte) []byte {
	h := protocol.Header{Fin: true, Opcode: op, Length: int64(len(payload)), Masked: true, Key: maskKey}
	b := append(h.Append(nil), payload...)
	protocol.Mask(maskKey, 0, b[len(b)-len(payload):])
	return b
}

// status returns the payload of a Close frame.
func status(code protocol.CloseCode, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// request sends an upgrade request for /chat?room=1 with more header lines, and
// reads the answer.
func (c *client) request(lines ...string) *http.Response {
	c.t.Helper()
	c.ask(lines...)
	return c.answer()
}

// ask sends the upgrade request and does not wait.
func (c *client) ask(lines ...string) {
	c.t.Helper()
	c.write([]byte(upgradeRequest(lines...)))
}

// upgradeRequest is a good opening handshake: RFC 6455, section 1.2.
func upgradeRequest(lines ...string) string {
	return "GET /chat?room=1 HTTP/1.1\r\nHost: linger.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
		strings.Join(append(lines, "\r\n"), "\r\n")
}

// answer reads an HTTP response; its body, if any, is whole in memory.
func (c *client) answer() *http.Response {
	c.t.Helper()
	response, err := http.ReadResponse(c.r, &http.Request{Method: http.MethodGet})
	if err != nil {
		c.t.Fatalf("the request is answered; got %v", err)
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			c.t.Fatalf("the response is whole; got %v", err)
		}
		response.Body = io.NopCloser(bytes.NewReader(body))
	}
	c.response = response
	return response
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.nc.Write(b); err != nil {
		c.t.Fatalf("the server takes what the client sends; got %v", err)
	}
}

func (c *client) text(s string)   { c.t.Helper(); c.write(frame(protocol.Text, []byte(s))) }
func (c *client) binary(b []byte) { c.t.Helper(); c.write(frame(protocol.Binary, b)) }
func (c *client) ping(s string)   { c.t.Helper(); c.write(frame(protocol.Ping, []byte(s))) }

// close sends a Close frame.
func (c *client) close(code protocol.CloseCode, reason string) {
	c.t.Helper()
	c.write(frame(protocol.CloseFrame, status(code, reason)))
}

// frame reads the next frame. The error is io.EOF at the end.
func (c *client) frame() (protocol.Opcode, []byte, error) {
	var head []byte
	for {
		b, err := c.r.ReadByte()
		if err != nil {
			return 0, nil, err
		}
		head = append(head, b)
		h, n, violation := protocol.ParseHeader(head)
		switch {
		case violation != nil:
			return 0, nil, violation
		case n > 0:
			payload := make([]byte, h.Length)
			_, err := io.ReadFull(c.r, payload)
			return h.Opcode, payload, err
		}
	}
}

// next reads the next frame as text: "text hello", "close 1000 bye", "EOF".
func (c *client) next() string {
	_ = c.nc.SetReadDeadline(time.Now().Add(readTimeout))
	op, payload, err := c.frame()
	switch {
	case errors.Is(err, io.EOF):
		return "EOF"
	case err != nil:
		return "error: " + err.Error()
	case op == protocol.CloseFrame && len(payload) >= 2:
		return strings.TrimSpace(fmt.Sprintf("close %d %s", binary.BigEndian.Uint16(payload), payload[2:]))
	}
	return strings.TrimSpace(fmt.Sprintf("%v %s", op, payload))
}

// want reads one frame for each of the wanted ones, or the end of the stream.
func (c *client) want(frames ...string) {
	c.t.Helper()
	for _, want := range frames {
		if got := c.next(); got != want {
			c.t.Fatalf("the client reads %q next; got %q", want, got)
		}
	}
}

// leave closes as a browser does, and waits for the answer and the end of TCP.
func (c *client) leave() {
	c.t.Helper()
	c.close(protocol.CloseNormal, "")
	for got := c.next(); got != "EOF"; got = c.next() {
		if strings.HasPrefix(got, "error") {
			c.t.Fatalf("the connection ends in order; got %s", got)
		}
	}
	_ = c.nc.Close()
}
