package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/proxy"
)

// ask sends the request of an opening handshake and returns the answer.
func ask(t *testing.T, url string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: front\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func TestTheBackendsRefusalReachesTheClientAsItIs(t *testing.T) {
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
		answer := ask(t, url)
		body, err := io.ReadAll(answer.Body)
		if err != nil || !bytes.Equal(body, page) {
			t.Errorf("a body %s is passed on whole, %d bytes; got %d, %v", name, len(page), len(body), err)
		}
		if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") != "Basic" || answer.Header.Get("Content-Type") != "text/x-page" {
			t.Errorf("status and fields are the backend's; got %s, %v", answer.Status, answer.Header)
		}
		if got := answer.Header.Get("Content-Length"); got != length {
			t.Errorf("a body %s has Content-Length %q; got %q", name, length, got)
		}
	}
}

func TestARefusalThatNeverEndsIsCutOff(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	_, url := front(t, proxy.Options{DialTimeout: 100 * time.Millisecond, To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "because")
		_ = http.NewResponseController(w).Flush()
		<-over
	})}})
	answer := ask(t, url)
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("the client sees that the body has been cut off; got %q and its end", body)
	}
}

func TestAnAnswerThatBreaksTheHandshakeIsABadGateway(t *testing.T) {
	t.Parallel()
	_, url := front(t, proxy.Options{To: []string{backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Accept", "wrong")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})}})
	if answer := ask(t, url); answer.StatusCode != http.StatusBadGateway {
		t.Errorf("the client gets 502; got %s", answer.Status)
	}
}

func TestProxyFieldsThatConnectionNamesStayOnTheirConnection(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string]string{
		"with close":           "Connection: close, X-Hop\r\n",
		"without":              "Connection: X-Hop\r\nContent-Length: 2\r\n",
		"in other cases":       "connection: CLOSE , x-hop\r\n",
		"on lines of its own":  "Connection: close\r\nConnection: X-Hop\r\n",
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
		answer := ask(t, url)
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusForbidden || string(body) != "no" || err != nil {
			t.Errorf("%s: the refusal is passed on; got %s %q, %v", name, answer.Status, body, err)
		}
		if h := answer.Header; h.Get("X-Hop") != "" || h.Get("Keep-Alive") != "" || h.Get("X-Other") != "2" {
			t.Errorf("%s: all fields are passed on but those of one connection; got %v", name, h)
		}
	}
}
