package proxy_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// A pair is reported with what has ended it first, and its traffic stays counted.
func TestHandlerTrace(t *testing.T) {
	t.Parallel()
	opened, ends := make(chan struct{}, 8), make(chan proxy.Ends, 8)
	h, url := front(t, proxy.Options{To: []string{backend(t, echoUntilBye)}, Trace: &proxy.Trace{
		Opened: func() { opened <- struct{}{} },
		Closed: func(e proxy.Ends) { ends <- e },
	}})
	for _, c := range []struct {
		name string
		end  func(*websocket.Conn)
		code websocket.CloseCode // that the client has sent or received
		want string
	}{
		{"the client closes", func(c *websocket.Conn) { _ = c.Close(4001, "") }, 4001, proxy.InitiatorClient},
		{"the client is lost", func(c *websocket.Conn) { c.CloseNow() }, 1006, proxy.InitiatorClient},
		{"the backend closes", func(c *websocket.Conn) { _ = c.Write(t.Context(), websocket.Text, []byte("bye")) }, 4002, proxy.InitiatorBackend},
		{"the proxy drains", func(*websocket.Conn) { _ = h.Drain(t.Context(), proxy.DrainOptions{Spread: -1}) }, 1012, proxy.InitiatorProxy},
	} {
		conn, err := websocket.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		await(t, opened)
		_ = conn.Write(t.Context(), websocket.Text, []byte("hello"))
		if _, text, err := conn.Read(t.Context()); string(text) != "hello" || err != nil {
			t.Fatal(string(text), err)
		}
		go func() { // so that a Close is answered
			for err := error(nil); err == nil; {
				_, _, err = conn.Read(context.Background())
			}
		}()
		c.end(conn)
		e := await(t, ends)
		first := e.Client.Sent.Code
		if e.Initiator == proxy.InitiatorClient {
			first = e.Client.Received.Code
		}
		if e.Initiator != c.want || first != c.code {
			t.Errorf("%s: the initiator is %q with the code %d, expected %q with %d", c.name, e.Initiator, first, c.want, c.code)
		}
	}
	s := h.Snapshot()
	if s.Pairs != 0 || s.FromClients != (proxy.Traffic{Messages: 5, Bytes: 23}) || s.FromBackends != (proxy.Traffic{Messages: 4, Bytes: 20}) {
		t.Errorf("the state is %+v, expected no pair, 5 messages of 23 bytes from clients, and 4 of 20 bytes from backends", s)
	}
}

// echoUntilBye is a backend that closes with 4002 after the message bye.
func echoUntilBye(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, message, err := c.Read(context.Background())
		if err != nil {
			return
		}
		if string(message) == "bye" {
			_ = c.Close(4002, "enough")
			return
		}
		_ = c.Write(context.Background(), kind, message)
	}
}

func TestHandlerTraceRefused(t *testing.T) {
	t.Parallel()
	refusals := make(chan string, 8)
	trace := &proxy.Trace{Refused: func(_ *http.Request, status int, reason string) { refusals <- http.StatusText(status) + ": " + reason }}
	_, good := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })}, Trace: trace})
	_, unreachable := front(t, proxy.Options{To: []string{"ws://127.0.0.1:1"}, Trace: trace})
	_, invalid := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})}, Trace: trace})
	draining, drained := front(t, proxy.Options{To: []string{"ws://127.0.0.1:1"}, Trace: trace})
	_ = draining.Drain(t.Context(), proxy.DrainOptions{})
	for _, c := range []struct{ url, field, want string }{
		{good, "", "Forbidden: backend"},
		{good, "Origin: https://evil.example", "Forbidden: origin"},
		{unreachable, "", "Bad Gateway: unreachable"},
		{invalid, "", "Bad Gateway: invalid-response"},
		{drained, "", "Service Unavailable: drain"},
	} {
		var fields []string
		if c.field != "" {
			fields = append(fields, c.field)
		}
		answerTo(t, c.url, handshakeOf("/", append(fields, "Host: front")...))
		if got := await(t, refusals); got != c.want {
			t.Errorf("the refusal is %q, expected %q", got, c.want)
		}
	}
	_, dotted := front(t, proxy.Options{To: []string{"ws://127.0.0.1:1"}, Trace: trace})
	answerTo(t, dotted, handshakeOf("/..", "Host: front"))
	if got := await(t, refusals); got != "Bad Request: target" {
		t.Errorf("the refusal is %q, expected one of the target", got)
	}
}

// await returns what comes from a channel.
func await[T any](t *testing.T, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(timeout):
		t.Fatal("what was expected has not happened")
	}
	return value
}
