package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/proxy"
)

// timeout bounds each wait.
const timeout = 30 * time.Second

// wire is one end of a TCP connection. It sends and receives frames of one role without
// enforcing the protocol.
type wire struct {
	t    *testing.T
	name string
	conn *net.TCPConn
	r    *bufio.Reader
	role protocol.Role
}

// setup is a client and a backend that are connected through a proxy.
type setup struct {
	client, backend *wire
	proxy           *proxy.Handler
	response        *http.Response // the response that the client received
	request         *http.Request  // the request that the backend received
}

// connect connects a client to a backend through a new proxy.
func connect(t *testing.T, opts proxy.Options) *setup {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	opts.To = []string{"ws://" + listener.Addr().String()}
	opts.Logger = slog.New(slog.DiscardHandler)
	opts.KeepAlive = -1
	h, err := proxy.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(h)
	t.Cleanup(front.Close)
	s := &setup{proxy: h}
	accepted := make(chan *wire, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			accepted <- nil
			return
		}
		w := newWire(t, "backend", conn, protocol.Server)
		s.request, _ = http.ReadRequest(w.r)
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
			handshake.Accept(s.request.Header.Get("Sec-WebSocket-Key"))+"\r\nSet-Cookie: from=backend\r\n\r\n")
		accepted <- w
	}()
	conn, err := net.Dial("tcp", front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.client = newWire(t, "client", conn, protocol.Client)
	_, _ = io.WriteString(conn, "GET /room?x=1 HTTP/1.1\r\nHost: front\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: a=b\r\n\r\n")
	s.response, err = http.ReadResponse(s.client.r, nil)
	if err != nil || s.response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the response is %v with error %v, expected status 101", s.response, err)
	}
	if s.backend = <-accepted; s.backend == nil {
		t.Fatal("the proxy does not connect to the backend")
	}
	return s
}

func newWire(t *testing.T, name string, conn net.Conn, role protocol.Role) *wire {
	tcp, _ := conn.(*net.TCPConn)
	t.Cleanup(func() { _ = tcp.Close() })
	return &wire{t: t, name: name, conn: tcp, r: bufio.NewReader(tcp), role: role}
}

// send sends a frame. fin reports whether it is the last of its message.
func (w *wire) send(op protocol.Opcode, payload []byte, fin bool) {
	w.t.Helper()
	h := protocol.Header{Fin: fin, Opcode: op, Length: int64(len(payload)), Masked: w.role == protocol.Client}
	if _, err := w.conn.Write(append(h.Append(nil), payload...)); err != nil { // masked with zeros
		w.t.Fatalf("the %s cannot send: %v", w.name, err)
	}
}

func (w *wire) text(s string) { w.t.Helper(); w.send(protocol.Text, []byte(s), true) }

func (w *wire) close(code int, reason string) {
	w.t.Helper()
	if code == 0 {
		w.send(protocol.CloseFrame, nil, true)
		return
	}
	w.send(protocol.CloseFrame, append([]byte{byte(code >> 8), byte(code)}, reason...), true)
}

// next reads a message or a Close and returns it as text. At the end of the connection it
// returns "EOF" or "reset".
func (w *wire) next() string {
	_ = w.conn.SetReadDeadline(time.Now().Add(timeout))
	message := ""
	for {
		head, err := w.head()
		switch {
		case errors.Is(err, io.EOF):
			return "EOF"
		case err != nil && strings.Contains(err.Error(), "reset"):
			return "reset"
		case err != nil:
			return err.Error()
		}
		payload := make([]byte, head.Length)
		if _, err := io.ReadFull(w.r, payload); err != nil {
			return "half a frame"
		}
		if head.Masked {
			protocol.Mask(head.Key, 0, payload)
		}
		switch head.Opcode {
		case protocol.CloseFrame:
			if len(payload) < 2 {
				return "close"
			}
			return strings.TrimSpace(fmt.Sprintf("close %d %s", int(payload[0])<<8|int(payload[1]), payload[2:]))
		case protocol.Text, protocol.Binary, protocol.Continuation:
			if message += string(payload); head.Fin {
				return message
			}
		case protocol.Ping, protocol.Pong:
		}
	}
}

func (w *wire) head() (protocol.Header, error) {
	for n := 1; ; n++ {
		b, err := w.r.Peek(n)
		if err != nil {
			return protocol.Header{}, err
		}
		if h, size, _ := protocol.ParseHeader(b); size > 0 {
			_, err = w.r.Discard(size)
			return h, err
		}
	}
}

func (w *wire) want(all ...string) {
	w.t.Helper()
	for _, want := range all {
		if got := w.next(); got != want {
			w.t.Fatalf("the %s receives %.100q, expected %.100q", w.name, got, want)
		}
	}
}

// waitNoPairs waits until the proxy has no connections.
func (s *setup) waitNoPairs(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(timeout); s.proxy.Count() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the proxy still has %d pairs", s.proxy.Count())
		}
	}
}

func TestHandlerForwardsMessages(t *testing.T) {
	t.Parallel()
	s := connect(t, proxy.Options{})
	big := strings.Repeat("0123456789", 30_000)
	for _, message := range []string{"", "hello", big} {
		s.client.text(message)
		s.backend.want(message)
		s.backend.text(message)
		s.client.want(message)
	}
	s.client.send(protocol.Text, []byte("in "), false)
	s.client.send(protocol.Ping, nil, true) // the proxy answers pings and does not forward them
	s.client.send(protocol.Continuation, []byte("pieces"), true)
	s.backend.want("in pieces")
}

func TestHandlerForwardsHandshake(t *testing.T) {
	t.Parallel()
	s := connect(t, proxy.Options{})
	for name, want := range map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "front", "X-Forwarded-Proto": "http", "Cookie": "a=b",
	} {
		if got := s.request.Header.Get(name); got != want {
			t.Errorf("%s at the backend is %q, expected %s", name, got, want)
		}
	}
	if got := s.request.URL.String(); got != "/room?x=1" {
		t.Errorf("the request target at the backend is %s, expected /room?x=1", got)
	}
	if got := s.response.Header.Get("Set-Cookie"); got != "from=backend" {
		t.Errorf("Set-Cookie at the client is %q, expected that of the backend", got)
	}
}

func TestHandlerShutdown(t *testing.T) {
	t.Parallel()
	s := connect(t, proxy.Options{})
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		ended <- s.proxy.Shutdown(ctx)
	}()
	s.client.want("close 1001 proxy shutting down")
	s.backend.want("close 1001 proxy shutting down")
	s.client.close(1001, "")
	s.backend.close(1001, "")
	if err := <-ended; err != nil {
		t.Errorf("Shutdown returns %v", err)
	}
}

// Fragments are forwarded as they arrive, so their number is not limited.
func TestHandlerForwardsManyFragments(t *testing.T) {
	const fragments = 20_002
	for name, ends := range map[string]func(s *setup) (from, to *wire){
		"to the backend": func(s *setup) (from, to *wire) { return s.client, s.backend },
		"to the client":  func(s *setup) (from, to *wire) { return s.backend, s.client },
	} {
		t.Run(name, func(t *testing.T) {
			from, to := ends(connect(t, proxy.Options{}))
			go func() {
				opcode := protocol.Text
				for i := range fragments {
					h := protocol.Header{Fin: i == fragments-1, Opcode: opcode, Length: 1, Masked: from.role == protocol.Client}
					_, _ = from.conn.Write(append(h.Append(nil), 'x'))
					opcode = protocol.Continuation
				}
			}()
			if got, want := to.next(), strings.Repeat("x", fragments); got != want {
				t.Errorf("%d fragments arrive as %d bytes: %.40s", fragments, len(got), got)
			}
		})
	}
}
