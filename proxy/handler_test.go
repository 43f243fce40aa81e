package proxy_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// front starts a proxy and returns its URL.
func front(t *testing.T, opts proxy.Options) (*proxy.Handler, string) {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	h, err := proxy.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return h, strings.Replace(server.URL, "http", "ws", 1)
}

// backend starts a backend and returns its URL.
func backend(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http", "ws", 1)
}

// echo is a backend that echoes messages.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}, Options: websocket.Options{OfferHalfClose: true}})
	if err != nil {
		return
	}
	for {
		kind, message, err := c.Read(context.Background())
		if err != nil {
			c.CloseNow()
			return
		}
		_ = c.Write(context.Background(), kind, message)
	}
}

// wantStatus dials url and checks the refusal.
func wantStatus(t *testing.T, url string, status int, body string) {
	t.Helper()
	_, err := websocket.Dial(t.Context(), url, nil)
	failed, ok := errors.AsType[*websocket.DialError](err)
	if !ok || failed.Status != status || !strings.Contains(string(failed.Body), body) {
		t.Errorf("Dial returns %v, expected status %d and %q", err, status, body)
	}
}

func TestHandlerUnreachableBackend(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	_, url := front(t, proxy.Options{To: []string{"ws://127.0.0.1:1"}})
	wantStatus(t, url, http.StatusBadGateway, "cannot be reached")
	_, url = front(t, proxy.Options{To: []string{"ws://" + silent.Addr().String()}, DialTimeout: 50 * time.Millisecond})
	wantStatus(t, url, http.StatusGatewayTimeout, "in time")
}

func TestHandlerSecondBackend(t *testing.T) {
	_, url := front(t, proxy.Options{To: []string{"ws://127.0.0.1:1", backend(t, echo)}})
	for range 3 {
		c, err := websocket.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
	}
}

func TestHandlerSubprotocolHalfClose(t *testing.T) {
	opts := proxy.Options{To: []string{backend(t, echo)}}
	opts.OfferHalfClose = true
	_, url := front(t, opts)
	for _, half := range []bool{true, false} {
		c, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"other", "chat"}, Options: websocket.Options{OfferHalfClose: half}})
		if err != nil {
			t.Fatal(err)
		}
		if c.Subprotocol() != "chat" || c.HalfCloseNegotiated() != half {
			t.Errorf("the client has the subprotocol %q and half-close %v, expected chat and %v", c.Subprotocol(), c.HalfCloseNegotiated(), half)
		}
		c.CloseNow()
	}
}

func TestHandlerCompression(t *testing.T) {
	opts := proxy.Options{To: []string{backend(t, echo)}} // the backend does not compress
	opts.Compression = &websocket.CompressionOptions{}
	_, url := front(t, opts)
	for _, c := range []*websocket.CompressionOptions{nil, {}} {
		client, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Options: websocket.Options{Compression: c}})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range []string{"hello", strings.Repeat("again and again ", 20_000)} {
			if err := client.Write(t.Context(), websocket.Text, []byte(message)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := client.Read(t.Context()); err != nil || string(got) != message {
				t.Errorf("a client with compression %v receives %d bytes with error %v, expected %d", c != nil, len(got), err, len(message))
			}
		}
		client.CloseNow()
	}
}

func TestNewErrors(t *testing.T) {
	for _, opts := range []proxy.Options{
		{},
		{To: []string{"http://a"}},
		{To: []string{"ws://a"}, BackendLost: proxy.Lost{Code: 1006}},
		{To: []string{"ws://a"}, ClientLost: proxy.Lost{Code: 1005}},
	} {
		if _, err := proxy.New(opts); err == nil {
			t.Errorf("New(%+v) returns no error", opts)
		}
	}
}

// duringHandshake starts a proxy whose timeouts of closing are long, and a handshake that waits for the backend until respond is
// called.
func duringHandshake(t *testing.T) (h *proxy.Handler, client net.Conn, respond func()) {
	t.Helper()
	reached, gate := make(chan bool), make(chan bool)
	to := backend(t, func(w http.ResponseWriter, r *http.Request) {
		reached <- true
		<-gate
		echo(w, r)
	})
	opts := proxy.Options{To: []string{to}}
	opts.CloseTimeout, opts.HalfOpenTimeout, opts.LingerTimeout = time.Hour, time.Hour, time.Hour
	h, url := front(t, opts)
	client, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	<-reached
	return h, client, func() { close(gate) }
}

// A connection whose handshake completes during Shutdown is closed like those before it.
func TestHandlerShutdownClosesNewConnection(t *testing.T) {
	h, conn, respond := duringHandshake(t)
	ended := make(chan error, 1)
	go func() { ended <- h.Shutdown(context.Background()) }()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for status := 0; status != http.StatusServiceUnavailable; time.Sleep(time.Millisecond) { // until Shutdown has begun
		response := httptest.NewRecorder()
		h.ServeHTTP(response, upgradeRequest().WithContext(gone))
		status = response.Code
	}
	respond()
	client := newWire(t, "client", conn, protocol.Client)
	_ = conn.SetReadDeadline(time.Now().Add(timeout))
	if response, err := http.ReadResponse(client.r, nil); err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the response is %v with error %v, expected status 101", response, err)
	}
	client.want("close 1001 proxy shutting down")
	client.close(1001, "")
	client.want("EOF")
	_ = conn.Close()
	if err := <-ended; err != nil {
		t.Errorf("Shutdown returns %v, expected nil", err)
	}
}

// A connection whose handshake completes after the time of Shutdown is over is aborted too.
func TestHandlerShutdownDuringHandshake(t *testing.T) {
	h, client, respond := duringHandshake(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown returns %v, expected context.Canceled", err)
	}
	respond()
	deadline := time.Now().Add(timeout)
	_ = client.SetReadDeadline(deadline)
	_, _ = io.Copy(io.Discard, client) // the client does not answer a Close
	for ; h.Count() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d pairs are open after the handshake, expected them to be aborted", h.Count())
		}
	}
}

// upgradeRequest returns a request of an opening handshake.
func upgradeRequest() *http.Request {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		request.Header.Set(name, value)
	}
	return request
}

func TestHandlerShutdownContext(t *testing.T) {
	s := connect(t, proxy.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.proxy.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown returns %v, expected context.DeadlineExceeded", err)
	}
	s.waitNoPairs(t)
	response := httptest.NewRecorder()
	s.proxy.ServeHTTP(response, upgradeRequest())
	if response.Code != http.StatusServiceUnavailable {
		t.Errorf("the status after Shutdown is %d, expected 503", response.Code)
	}
	_, _ = io.Copy(io.Discard, s.client.conn)
}
