package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/proxy"
)

// sendHandshake sends an opening handshake and returns the response.
func sendHandshake(t *testing.T, url string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(timeout))
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: front\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func TestHandlerForwardsRefusal(t *testing.T) {
	t.Parallel()
	page := bytes.Repeat([]byte("sign in first\n"), 1<<16)
	for name, length := range map[string]string{"of known length": fmt.Sprint(len(page)), "in chunks": ""} {
		_, url := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.Header().Set("Content-Type", "text/x-page")
			if length != "" {
				w.Header().Set("Content-Length", length)
			}
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write(page)
		})}})
		answer := sendHandshake(t, url)
		body, err := io.ReadAll(answer.Body)
		if err != nil || !bytes.Equal(body, page) {
			t.Errorf("a body %s arrives with %d bytes and error %v, expected %d", name, len(body), err, len(page))
		}
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") != "Basic" || answer.Header.Get("Content-Type") != "text/x-page" {
			t.Errorf("the response is %s with the fields %v, expected those of the backend", answer.Status, answer.Header)
		}
		if !answer.Close {
			t.Errorf("the connection of the client stays open after a body %s, with a deadline for writing", name)
		}
		if got := answer.Header.Get("Content-Length"); got != length {
			t.Errorf("Content-Length of a body %s is %q, expected %q", name, got, length)
		}
	}
}

func TestHandlerForwardsEndlessRefusal(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	_, url := front(t, proxy.Options{DialTimeout: 2 * time.Second, To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "because")
		_ = http.NewResponseController(w).Flush()
		<-over
	})}})
	answer := sendHandshake(t, url)
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("the client reads %q without an error, expected a truncated body", body)
	}
}

func TestHandlerForwardsTruncatedRefusal(t *testing.T) {
	t.Parallel()
	_, url := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "because")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})}})
	answer := sendHandshake(t, url)
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("the client reads %q without an error, expected a truncated body", body)
	}
}

// A client that does not read the response of a backend occupies the proxy until the timeout of the opening handshake.
func TestHandlerRefusalUnread(t *testing.T) {
	t.Parallel()
	h, url := front(t, proxy.Options{DialTimeout: time.Second, To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(make([]byte, 64<<20)) // more than fits into the buffers of the kernel
	})}})
	_ = sendHandshake(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("the request has not ended: %v", err)
	}
}

func TestHandlerInvalidResponseStatus(t *testing.T) {
	t.Parallel()
	_, url := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Accept", "wrong")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})}})
	if answer := sendHandshake(t, url); answer.StatusCode != http.StatusBadGateway {
		t.Errorf("the status is %s, expected 502", answer.Status)
	}
}

func TestHandlerRefusalHopByHopFields(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"with close":           "Connection: close, X-Hop\r\n",
		"without":              "Connection: X-Hop\r\nContent-Length: 2\r\n",
		"in another case":      "connection: CLOSE , x-hop\r\n",
		"on two lines":         "Connection: close\r\nConnection: X-Hop\r\n",
		"after an early hint":  "Connection: X-Hop, close\r\n",
		"with bare line feeds": "Connection: close, X-Hop\n",
	} {
		early := ""
		if name == "after an early hint" {
			early = "HTTP/1.1 103 Early Hints\r\nConnection: X-Other\r\n\r\n"
		}
		_, url := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, early+"HTTP/1.1 403 Forbidden\r\n"+lines+"X-Hop: 1\r\nX-Other: 2\r\nKeep-Alive: 5\r\n\r\nno")
			_ = conn.Close()
		})}})
		answer := sendHandshake(t, url)
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusForbidden || string(body) != "no" || err != nil {
			t.Errorf("%s: the response is %s %q with error %v, expected that of the backend", name, answer.Status, body, err)
		}
		if h := answer.Header; h.Get("X-Hop") != "" || h.Get("Keep-Alive") != "" || h.Get("X-Other") != "2" {
			t.Errorf("%s: the fields are %v, expected all except the hop-by-hop fields", name, h)
		}
	}
}
