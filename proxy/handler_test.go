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

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// front starts a proxy to backends.
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

func backend(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http", "ws", 1)
}

// echo is a backend by the library.
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

func wantStatus(t *testing.T, url string, status int, body string) {
	t.Helper()
	_, err := websocket.Dial(t.Context(), url, nil)
	failed, ok := errors.AsType[*websocket.DialError](err)
	if !ok || failed.Status != status || !strings.Contains(string(failed.Body), body) {
		t.Errorf("the client gets %d %q; got %v", status, body, err)
	}
}

func TestABackendThatIsNotThere(t *testing.T) {
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

func TestAnotherBackendIsTried(t *testing.T) {
	_, url := front(t, proxy.Options{To: []string{"ws://127.0.0.1:1", backend(t, echo)}})
	for range 3 {
		c, err := websocket.Dial(t.Context(), url, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.CloseNow()
	}
}

func TestSubprotocolAndHalfCloseAreAgreedEndToEnd(t *testing.T) {
	opts := proxy.Options{To: []string{backend(t, echo)}}
	opts.OfferHalfClose = true
	_, url := front(t, opts)
	for _, half := range []bool{true, false} {
		c, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"other", "chat"}, Options: websocket.Options{OfferHalfClose: half}})
		if err != nil {
			t.Fatal(err)
		}
		if c.Subprotocol() != "chat" || c.HalfCloseNegotiated() != half {
			t.Errorf("the backend's choice is the client's; got %q, half-close %v of %v", c.Subprotocol(), c.HalfCloseNegotiated(), half)
		}
		c.CloseNow()
	}
}

func TestCompressionIsAgreedWithEachSide(t *testing.T) {
	opts := proxy.Options{To: []string{backend(t, echo)}} // which does not compress
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
				t.Errorf("a client that compresses: %v gets its message of %d bytes back; got %d, %v", c != nil, len(message), len(got), err)
			}
		}
		client.CloseNow()
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	for _, opts := range []proxy.Options{
		{},
		{To: []string{"http://a"}},
		{To: []string{"ws://a"}, BackendLost: proxy.Lost{Code: 1006}},
		{To: []string{"ws://a"}, ClientLost: proxy.Lost{Code: 1005}},
	} {
		if _, err := proxy.New(opts); err == nil {
			t.Errorf("%+v is refused; it was not", opts)
		}
	}
}

// Whoever is being connected while a shutdown's time ends is cut too.
func TestAShutdownCutsWhoeverComesLate(t *testing.T) {
	reached, answer := make(chan bool), make(chan bool)
	to := backend(t, func(w http.ResponseWriter, r *http.Request) {
		reached <- true
		<-answer
		echo(w, r)
	})
	h, url := front(t, proxy.Options{To: []string{to}})
	client, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	<-reached
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a shutdown ends with its context; got %v", err)
	}
	close(answer)
	began := time.Now()
	_, _ = io.Copy(io.Discard, client) // it answers no Close
	for h.Count() > 0 {
		time.Sleep(time.Millisecond)
	}
	if took := time.Since(began); took > 4*time.Second { // a closing handshake has five
		t.Errorf("both sides are cut; it took %v", took)
	}
}

func TestShutdownIsBounded(t *testing.T) {
	s := connect(t, proxy.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.proxy.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a shutdown ends with its context; got %v", err)
	}
	s.wantNobody(t)
	response := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		request.Header.Set(name, value)
	}
	s.proxy.ServeHTTP(response, request)
	if response.Code != http.StatusServiceUnavailable {
		t.Errorf("who comes then gets 503; got %d", response.Code)
	}
	_, _ = io.Copy(io.Discard, s.client.conn)
}
