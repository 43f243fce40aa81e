package proxy

import (
	"bufio"
	"bytes"
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

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

const openingFields = "Host: front\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// logBuffer is the output of a logger.
type logBuffer struct{ bytes.Buffer }

func (l *logBuffer) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: level}))
}

// acceptingBackend starts a backend that accepts all requests and aborts their connections, and returns its URL. If a
// request has the field X-Poison it does not respond.
func acceptingBackend(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Poison") != "" {
			panic(http.ErrAbortHandler)
		}
		if c, err := websocket.Accept(w, r, nil); err == nil {
			c.CloseNow()
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// newProxy starts a proxy. do sends a request, waits until ServeHTTP has returned, so that the state of the backends is
// settled, and returns the response.
func newProxy(t *testing.T, opts Options) (h *Handler, do func(request string) (status int, body string)) {
	t.Helper()
	h, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	returned := make(chan struct{}, 100)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		returned <- struct{}{}
	}))
	t.Cleanup(front.Close)
	return h, func(request string) (int, string) {
		conn, err := net.Dial("tcp", front.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = io.WriteString(conn, request)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		<-returned
		if answer.StatusCode == http.StatusSwitchingProtocols {
			return answer.StatusCode, ""
		}
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body)
	}
}

// down returns the number of backends that are marked as down.
func (b *backends) down() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.all {
		if !one.downUntil.IsZero() {
			n++
		}
	}
	return n
}

func TestHandlerRequestDoesNotMarkBackend(t *testing.T) {
	var log logBuffer
	h, do := newProxy(t, Options{To: []string{acceptingBackend(t), acceptingBackend(t)}, Logger: log.logger(slog.LevelWarn)})
	for _, c := range []struct {
		target, fields string
		status         int
	}{
		{"/room?name=Jos\xc3\xa9", "", 101},
		{"/room?name=\xff\xfe", "", 101},
		{"/Jos\xc3\xa9/a%2fb", "", 101},
		{"/a|{}\"<>^`", "", 101},
		{"/?a|{}\"<>^`&%zz&[]", "", 101},
		{"/a#b?c#d", "", 101},
		{"/", "Sec-WebSocket-Origin: http://a\r\n", 101},
		{"/", "Sec-WebSocket-Token: x\r\nsec-websocket-anything: y\r\n", 101},
		{"/", "Sec-WebSocket-Accept: x\r\n", 101},
		{"/", "X-Latin: Jos\xe9\r\nX-Tab: a\tb\r\n", 101},
		{"/", "X-Long: " + strings.Repeat("x", 9<<10) + "\r\n", 101},
		{"/", "Trailer: x\r\nTE: trailers\r\nKeep-Alive: 5\r\n", 101},
		{"http://front/a//b?", "", 101},
		{"/../admin", "", 400},
		{"/%2e%2e%2fadmin", "", 400},
	} {
		if status, body := do("GET " + c.target + " HTTP/1.1\r\n" + openingFields + c.fields + "\r\n"); status != c.status {
			t.Errorf("the response to %q with %.40q is %d %s, expected %d", c.target, c.fields, status, body, c.status)
		}
	}
	if n := h.backends.down(); n > 0 || log.Len() > 0 {
		t.Errorf("%d backends are marked and the log is %s, expected none", n, log.String())
	}
	if status, _ := do("GET / HTTP/1.1\r\n" + openingFields + "X-Poison: yes\r\n\r\n"); status != http.StatusBadGateway {
		t.Errorf("the status without a response of a backend is %d, expected 502", status)
	}
	if n := h.backends.down(); n > 0 {
		t.Errorf("a request without a response marks %d backends, expected none", n)
	}
}

func TestHandlerSilentBackendMarked(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	var log logBuffer
	h, do := newProxy(t, Options{To: []string{"ws://" + silent.Addr().String(), acceptingBackend(t)}, Logger: log.logger(slog.LevelWarn), Retry: time.Hour})
	if status, _ := do("GET /?token=secret HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusSwitchingProtocols {
		t.Errorf("the status is %d, expected 101 from the other backend", status)
	}
	if n := h.backends.down(); n != 1 {
		t.Errorf("%d backends are marked, expected the one that did not respond", n)
	}
	if text := log.String(); !strings.Contains(text, "backend gave no valid response") || !strings.Contains(text, silent.Addr().String()) || strings.Contains(text, "secret") {
		t.Errorf("the log is %s, expected the backend and not the client's query", text)
	}
}

func TestHandlerRespondingBackendIsNotMarked(t *testing.T) {
	var log logBuffer
	h, do := newProxy(t, Options{To: []string{acceptingBackend(t)}, Logger: log.logger(slog.LevelWarn), Retry: time.Hour})
	h.markDown(h.backends.all...)
	if status, _ := do("GET / HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusSwitchingProtocols {
		t.Errorf("the status is %d, expected 101", status)
	}
	if n := h.backends.down(); n > 0 {
		t.Errorf("%d backends are marked, expected none after a response", n)
	}
}

func TestHandlerDisconnectedClientDoesNotMarkBackend(t *testing.T) {
	var log logBuffer
	h, err := New(Options{To: []string{acceptingBackend(t)}, Logger: log.logger(slog.LevelWarn)})
	if err != nil {
		t.Fatal(err)
	}
	h.markDown(h.backends.all...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\n" + openingFields + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	if n := h.backends.down(); n != 1 || log.Len() > 0 {
		t.Errorf("%d backends are marked and the log is %s, expected one as before and no log", n, log.String())
	}
}

// A backend that cannot be reached is marked, whether or not others can be.
func TestHandlerUnreachableBackendMarked(t *testing.T) {
	var log logBuffer
	h, do := newProxy(t, Options{To: []string{"ws://127.0.0.1:1", "ws://127.0.0.1:1"}, Logger: log.logger(slog.LevelWarn)})
	if status, body := do("GET / HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusBadGateway || !strings.Contains(body, "cannot be reached") {
		t.Errorf("the response is %d %s, expected 502 and that the backend cannot be reached", status, body)
	}
	if n := h.backends.down(); n != 2 || strings.Count(log.String(), "backend not reached") != 2 {
		t.Errorf("%d backends are marked and the log is %s, expected two", n, log.String())
	}
}

func TestHandlerInvalidResponse(t *testing.T) {
	const accepted = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"
	for name, c := range map[string]struct{ response, reason string }{
		"a wrong Accept":                {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\r\n", "Sec-WebSocket-Accept"},
		"an unoffered subprotocol":      {accepted + "Upgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\n\r\n", "chat"},
		"an empty subprotocol":          {accepted + "Upgrade: websocket\r\nSec-WebSocket-Protocol:\r\n\r\n", "Sec-WebSocket-Protocol"},
		"an unoffered extension":        {accepted + "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "permessage-deflate"},
		"no Upgrade":                    {accepted + "\r\n", "Upgrade: websocket"},
		"not HTTP":                      {"SSH-2.0-OpenSSH_9.9\r\n\r\n", "HTTP"},
		"an end without a response":     {"", "closed"},
		"an endless header":             {"HTTP/1.1 101 Switching Protocols\r\nA: " + strings.Repeat("x", 20<<10), "16 KiB"},
		"another version than HTTP/1.1": {strings.Replace(accepted, "1.1", "1.0", 1) + "Upgrade: websocket\r\n\r\n", "HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			to := respondingBackend(t, c.response)
			var log logBuffer
			h, do := newProxy(t, Options{To: []string{to}, Logger: log.logger(slog.LevelWarn)})
			status, body := do("GET /?token=secret HTTP/1.1\r\n" + openingFields + "\r\n")
			if status != http.StatusBadGateway || body != "the backend's response was not valid\n" {
				t.Errorf("the response is %d %s, expected 502 and that the backend's response was not valid", status, body)
			}
			text := log.String()
			if strings.Count(text, "\n") != 1 || !strings.Contains(text, "backend="+strings.TrimPrefix(to, "ws://")) || !strings.Contains(text, c.reason) || strings.Contains(text, "secret") {
				t.Errorf("the log is %s, expected one line with the backend and %q", text, c.reason)
			}
			if n := h.backends.down(); n > 0 {
				t.Errorf("%d backends are marked, expected none", n)
			}
		})
	}
}

// respondingBackend starts a backend that responds with the given bytes, in which ACCEPT is replaced, and closes the
// connection. It returns the URL of the backend.
func respondingBackend(t *testing.T, response string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		accept := handshake.Accept(r.Header.Get("Sec-WebSocket-Key"))
		_, err = io.WriteString(conn, strings.ReplaceAll(response, "ACCEPT", accept))
		if err = errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}
