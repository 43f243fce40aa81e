package accept

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// Two listeners have the same server, or two servers with the same handler.
func TestServeOfTwoListeners(t *testing.T) {
	server := &http.Server{Handler: http.HandlerFunc(pages), ReadHeaderTimeout: headerTimeout}
	addrs := []string{serving(t, server, true), serving(t, server, true)}
	other := &http.Server{Handler: server.Handler, ReadHeaderTimeout: headerTimeout}
	addrs = append(addrs, serving(t, other, true))
	for _, addr := range addrs {
		for _, path := range []string{"/refused", "/refused late"} {
			if answer, body, err := ask(t, addr, wiretest.To(path)); err != nil || answer.StatusCode != http.StatusForbidden || body != "not you\n" {
				t.Errorf("each request must get one response; got %v, %q, %v", answer, body, err)
			}
		}
		if answer, _, _ := ask(t, addr, wiretest.To("/")); answer == nil || answer.StatusCode != http.StatusSwitchingProtocols {
			t.Errorf("the connection must be accepted; got %v", answer)
		}
	}
}

func TestServeLeavesServersToNetHTTP(t *testing.T) {
	var http2 http.Protocols
	http2.SetUnencryptedHTTP2(true)
	for name, server := range map[string]*http.Server{
		"ConnContext expects each connection": {ConnContext: func(ctx context.Context, _ net.Conn) context.Context { return ctx }}, //nolint:gosec // it serves nothing
		"HTTP/1 is off":                       {Protocols: &http2},                                                                 //nolint:gosec // it serves nothing
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if NewListener(server, l) != l || server.Handler != nil {
			t.Errorf("%s: the server and its listener must not be wrapped", name)
		}
		_ = l.Close()
	}
}

// A server without a handler uses http.DefaultServeMux.
func TestServeDefaultServeMux(t *testing.T) {
	addr := serving(t, &http.Server{ReadHeaderTimeout: headerTimeout}, true)
	for _, sent := range []string{wiretest.To("/nowhere"), "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n"} {
		if answer, _, err := ask(t, addr, sent); err != nil || answer.StatusCode != http.StatusNotFound {
			t.Errorf("http.DefaultServeMux must respond; got %v, %v", answer, err)
		}
	}
}

// Handlers accept at about the time at which their requests are promoted: before that, while they are queued, and after that.
func TestServeAcceptDuringPromotion(t *testing.T) {
	addr, _ := served(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(promoteAfter + time.Duration(rand.IntN(2000)-1000)*time.Microsecond)
		startEcho(w, r)
	}, true)
	const conns = 100
	clients := make([]*wiretest.Client, conns)
	for i := range clients {
		nc := send(t, addr, wiretest.To("/")+string(wiretest.TextFrame("early")))
		clients[i] = &wiretest.Client{Conn: nc, R: bufio.NewReader(nc)}
	}
	for _, c := range clients {
		c.ReadAnswer(t)
		if !strings.HasPrefix(c.Answer, "HTTP/1.1 101 ") {
			t.Fatalf("the connection must be accepted; got %q", c.Answer)
		}
		c.WantFrame(t, wiretest.Received{Op: protocol.Text, Payload: []byte("early")}.String())
		c.Send(t, wiretest.CloseFrame(1000, ""))
		c.WantFrame(t, "close 1000")
		c.WantEOF(t)
	}
}

// BaseContext is called once, with the listener that Serve was given. Each request has its context.
func TestServeBaseContext(t *testing.T) {
	type key struct{}
	given, values := make(chan net.Listener, 2), make(chan any, 2)
	server := &http.Server{
		ReadHeaderTimeout: headerTimeout,
		BaseContext: func(l net.Listener) context.Context {
			given <- l
			return context.WithValue(context.Background(), key{}, "base")
		},
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { values <- r.Context().Value(key{}) }),
	}
	addr := serving(t, server, true)
	for _, sent := range []string{wiretest.To("/"), again} {
		if _, _, err := ask(t, addr, sent); err != nil {
			t.Fatal(err)
		}
		if value := <-values; value != "base" {
			t.Errorf("the context must be that of BaseContext; it has %v", value)
		}
	}
	if l, ok := (<-given).(*net.TCPListener); !ok || len(given) > 0 {
		t.Errorf("BaseContext must be called once, with the *net.TCPListener; got %T, and %d more", l, len(given))
	}
}

// The requests of one connection are refused, answered, refused and accepted.
func TestServeKeepAliveAfterRefusal(t *testing.T) {
	addr, _ := served(t, pages, true)
	nc := send(t, addr)
	from := bufio.NewReader(nc)
	for _, c := range []struct {
		sent string
		want int
	}{
		{wiretest.To("/refused"), http.StatusForbidden},
		{"GET /html HTTP/1.1\r\nHost: a\r\n\r\n", http.StatusOK},
		{wiretest.To("/refused late"), http.StatusForbidden},
		{wiretest.To("/"), http.StatusSwitchingProtocols},
	} {
		if _, err := io.WriteString(nc, c.sent); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(from, nil)
		if err != nil || answer.StatusCode != c.want {
			t.Fatalf("the response to %q must be %d; got %v, %v", c.sent, c.want, answer, err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}
