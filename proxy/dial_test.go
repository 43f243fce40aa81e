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

// lines is a log.
type lines struct{ bytes.Buffer }

func (l *lines) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: level}))
}

// tolerant returns the URL of a backend that accepts every request, except that it closes the connection without an
// answer if there is a field X-Poison.
func tolerant(t *testing.T) string {
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

// ended is a proxy whose requests can be waited for, since what is known of the backends is settled then.
func ended(t *testing.T, opts Options) (h *Handler, do func(request string) (status int, body string)) {
	t.Helper()
	h, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{}, 100)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		over <- struct{}{}
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
		<-over
		if answer.StatusCode == http.StatusSwitchingProtocols {
			return answer.StatusCode, ""
		}
		body, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(body)
	}
}

func (b *backends) marked() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.all {
		if !one.until.IsZero() {
			n++
		}
	}
	return n
}

func TestProxyNoRequestMarksABackend(t *testing.T) {
	var log lines
	h, do := ended(t, Options{To: []string{tolerant(t), tolerant(t)}, Logger: log.logger(slog.LevelWarn)})
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
			t.Errorf("%q with %.40q is answered with %d; got %d %s", c.target, c.fields, c.status, status, body)
		}
	}
	if n := h.backends.marked(); n > 0 || log.Len() > 0 {
		t.Errorf("no backend is marked and nothing is logged; got %d and %s", n, log.String())
	}
	if status, _ := do("GET / HTTP/1.1\r\n" + openingFields + "X-Poison: yes\r\n\r\n"); status != http.StatusBadGateway {
		t.Errorf("a request to which no backend gives an answer gets 502; got %d", status)
	}
	if n := h.backends.marked(); n > 0 {
		t.Errorf("it marks no backend; got %d", n)
	}
}

func TestProxyABackendThatGivesNoAnswerIsMarkedByTheAnswerOfAnother(t *testing.T) {
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
	var log lines
	h, do := ended(t, Options{To: []string{"ws://" + silent.Addr().String(), tolerant(t)}, Logger: log.logger(slog.LevelWarn), Retry: time.Hour})
	if status, _ := do("GET /?token=secret HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusSwitchingProtocols {
		t.Errorf("the other backend gets the request; got %d", status)
	}
	if n := h.backends.marked(); n != 1 {
		t.Errorf("the one that gave no answer is marked; got %d", n)
	}
	if text := log.String(); !strings.Contains(text, "backend gave no valid answer") || !strings.Contains(text, silent.Addr().String()) || strings.Contains(text, "secret") {
		t.Errorf("the log names the backend, and nothing of the client's query; got %s", text)
	}
}

func TestProxyAClientThatLeavesSaysNothingOfABackend(t *testing.T) {
	var log lines
	h, err := New(Options{To: []string{tolerant(t)}, Logger: log.logger(slog.LevelWarn)})
	if err != nil {
		t.Fatal(err)
	}
	h.fail(h.backends.all...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\n" + openingFields + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
	if n := h.backends.marked(); n != 1 || log.Len() > 0 {
		t.Errorf("a failed backend stays marked and nothing is logged; got %d and %s", n, log.String())
	}
}

// A backend that cannot be reached is marked, whatever the others do.
func TestProxyABackendThatCannotBeReachedIsMarked(t *testing.T) {
	var log lines
	h, do := ended(t, Options{To: []string{"ws://127.0.0.1:1", "ws://127.0.0.1:1"}, Logger: log.logger(slog.LevelWarn)})
	if status, body := do("GET / HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusBadGateway || !strings.Contains(body, "cannot be reached") {
		t.Errorf("the client reads that no backend can be reached; got %d %s", status, body)
	}
	if n := h.backends.marked(); n != 2 || strings.Count(log.String(), "backend not reached") != 2 {
		t.Errorf("both are marked and logged; got %d and %s", n, log.String())
	}
}

func TestProxyAnInvalidAnswerIsLoggedWithItsReason(t *testing.T) {
	const accepted = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n"
	for name, c := range map[string]struct{ answer, reason string }{
		"a wrong Accept":                {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n\r\n", "Sec-WebSocket-Accept"},
		"an unoffered subprotocol":      {accepted + "Upgrade: websocket\r\nSec-WebSocket-Protocol: chat\r\n\r\n", "chat"},
		"an empty subprotocol":          {accepted + "Upgrade: websocket\r\nSec-WebSocket-Protocol:\r\n\r\n", "Sec-WebSocket-Protocol"},
		"an unoffered extension":        {accepted + "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "permessage-deflate"},
		"no Upgrade":                    {accepted + "\r\n", "Upgrade: websocket"},
		"no HTTP":                       {"SSH-2.0-OpenSSH_9.9\r\n\r\n", "HTTP"},
		"an end without any answer":     {"", "closed"},
		"a header that never stops":     {"HTTP/1.1 101 Switching Protocols\r\nA: " + strings.Repeat("x", 20<<10), "16 KiB"},
		"another version than HTTP/1.1": {strings.Replace(accepted, "1.1", "1.0", 1) + "Upgrade: websocket\r\n\r\n", "HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			to := answeringOnce(t, c.answer)
			var log lines
			h, do := ended(t, Options{To: []string{to}, Logger: log.logger(slog.LevelWarn)})
			status, body := do("GET /?token=secret HTTP/1.1\r\n" + openingFields + "\r\n")
			if status != http.StatusBadGateway || body != "the backend's answer was not valid\n" {
				t.Errorf("the client reads that the answer was not valid; got %d %s", status, body)
			}
			text := log.String()
			if strings.Count(text, "\n") != 1 || !strings.Contains(text, "backend="+strings.TrimPrefix(to, "ws://")) || !strings.Contains(text, c.reason) || strings.Contains(text, "secret") {
				t.Errorf("one line of the log names the backend and %q; got %s", c.reason, text)
			}
			if n := h.backends.marked(); n > 0 {
				t.Errorf("no backend is marked; got %d", n)
			}
		})
	}
}

// answeringOnce returns the URL of a backend that sends this answer to a request, with ACCEPT replaced, and ends.
func answeringOnce(t *testing.T, answer string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		accept := handshake.Accept(r.Header.Get("Sec-WebSocket-Key"))
		_, err = io.WriteString(conn, strings.ReplaceAll(answer, "ACCEPT", accept))
		if err = errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}
