package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

// handshakeOf returns the bytes of an opening handshake with the given request target and fields. Host is front unless it
// is among the fields.
func handshakeOf(target string, fields ...string) string {
	host := "Host: front\r\n"
	for _, field := range fields {
		if strings.HasPrefix(field, "Host:") {
			host = ""
		}
	}
	return "GET " + target + " HTTP/1.1\r\n" + host + strings.Join(append(fields, ""), "\r\n") +
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
}

// answerTo sends a request to the proxy at url and returns the response.
func answerTo(t *testing.T, url, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(timeout))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// recordingBackend starts a backend that accepts requests with the default origin policy. It returns the URL of the
// backend and a channel that receives the requests.
func recordingBackend(t *testing.T) (url string, requests <-chan *http.Request) {
	t.Helper()
	seen := make(chan *http.Request, 100)
	return backend(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		if c, err := websocket.Accept(w, r, nil); err == nil {
			c.CloseNow()
		}
	}), seen
}

func TestHandlerHostOrigin(t *testing.T) {
	to, requests := recordingBackend(t)
	own := strings.TrimPrefix(to, "ws://")
	_, url := front(t, proxy.Options{To: []string{to}})
	_, outer := front(t, proxy.Options{To: []string{url}}) // two proxies in a row
	_, rewriting := front(t, proxy.Options{To: []string{to}, BackendHost: true})
	anyOrigin, err := websocket.NewOriginPolicy("*")
	if err != nil {
		t.Fatal(err)
	}
	_, open := front(t, proxy.Options{To: []string{to}, BackendHost: true, Origins: anyOrigin})
	for name, c := range map[string]struct {
		url, host, origin string
		status            int
		seesHost          string
		seesOrigin        string
	}{
		"a page of the proxy's host":                         {url, "chat.example.com", "http://chat.example.com", 101, "chat.example.com", "http://chat.example.com"},
		"through a proxy that terminates TLS":                {url, "chat.example.com", "https://chat.example.com", 101, "chat.example.com", "https://chat.example.com"},
		"with a port":                                        {url, "127.0.0.1:8080", "http://127.0.0.1:8080", 101, "127.0.0.1:8080", "http://127.0.0.1:8080"},
		"without Origin":                                     {url, "chat.example.com", "", 101, "chat.example.com", ""},
		"through two proxies":                                {outer, "chat.example.com", "https://chat.example.com", 101, "chat.example.com", "https://chat.example.com"},
		"a page of another host":                             {url, "chat.example.com", "http://evil.example", 403, "", ""},
		"a page of the backend's host":                       {url, "chat.example.com", "http://" + own, 403, "", ""},
		"with BackendHost":                                   {rewriting, "chat.example.com", "https://chat.example.com", 101, own, "http://" + own},
		"with BackendHost, without Origin":                   {rewriting, "chat.example.com", "", 101, own, ""},
		"with BackendHost, a page of another host":           {rewriting, "chat.example.com", "http://evil.example", 403, "", ""},
		"with BackendHost, an admitted page of another host": {open, "chat.example.com", "http://evil.example", 403, own, "http://evil.example"},
	} {
		t.Run(name, func(t *testing.T) {
			fields := []string{"Host: " + c.host}
			if c.origin != "" {
				fields = append(fields, "Origin: "+c.origin)
			}
			if answer := answerTo(t, c.url, handshakeOf("/", fields...)); answer.StatusCode != c.status {
				t.Errorf("the status is %s, expected %d", answer.Status, c.status)
			}
			if c.seesHost == "" {
				return
			}
			r := <-requests
			if got := r.Header.Get("Origin"); r.Host != c.seesHost || got != c.seesOrigin {
				t.Errorf("Host and Origin at the backend are %q and %q, expected %q and %q", r.Host, got, c.seesHost, c.seesOrigin)
			}
		})
	}
}

func TestHandlerForwardingFields(t *testing.T) {
	to, requests := recordingBackend(t)
	_, untrusted := front(t, proxy.Options{To: []string{to}})
	_, othersTrusted := front(t, proxy.Options{To: []string{to}, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	_, trusted := front(t, proxy.Options{To: []string{to}, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	forged := []string{
		"X-Forwarded-Proto: https", "X-Forwarded-Host: chat.example.com", "X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9",
		"Forwarded: for=1.2.3.4;proto=https", "X-Real-IP: 1.2.3.4", "X-Forwarded-Port: 443", "X-Forwarded-Ssl: on", "X-Forwarded-Server: a",
		"CF-Connecting-IP: 1.2.3.4", "True-Client-IP: 1.2.3.4", "X_Forwarded_For: 1.2.3.4", "x-client-ip: 1.2.3.4",
	}
	removed := []string{"Forwarded", "X-Real-IP", "X-Forwarded-Port", "X-Forwarded-Ssl", "X-Forwarded-Server", "CF-Connecting-IP", "True-Client-IP", "X_forwarded_for", "X-Client-IP"}
	for name, c := range map[string]struct {
		url, host, proto, forwardedHost, forwardedFor string
		kept                                          bool
	}{
		"no proxy is trusted": {untrusted, "front", "http", "front", "127.0.0.1", false},
		"others are trusted":  {othersTrusted, "front", "http", "front", "127.0.0.1", false},
		"the peer is trusted": {trusted, "chat.example.com", "https", "chat.example.com", "198.51.100.1, 203.0.113.9, 127.0.0.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			if answer := answerTo(t, c.url, handshakeOf("/", forged...)); answer.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("the status is %s, expected 101", answer.Status)
			}
			r := <-requests
			for field, want := range map[string]string{"X-Forwarded-Proto": c.proto, "X-Forwarded-Host": c.forwardedHost, "X-Forwarded-For": c.forwardedFor} {
				if got := strings.Join(r.Header.Values(field), "|"); got != want {
					t.Errorf("%s at the backend is %q, expected %q", field, got, want)
				}
			}
			if got := r.Header.Get("User-Agent"); got != "" {
				t.Errorf("User-Agent at the backend is %s, expected none", got)
			}
			if r.Host != c.host {
				t.Errorf("Host at the backend is %s, expected %s", r.Host, c.host)
			}
			for _, field := range removed {
				if _, got := r.Header[http.CanonicalHeaderKey(field)]; got != c.kept {
					t.Errorf("%s is forwarded: %v, expected %v", field, got, c.kept)
				}
			}
		})
	}
	browser := []string{"X-Forwarded-Host: chat.example.com", "Origin: https://chat.example.com"} // as from a proxy that rewrites Host
	if answer := answerTo(t, trusted, handshakeOf("/", browser...)); answer.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("with X-Forwarded-Host of a trusted proxy the status is %s, expected 101", answer.Status)
	}
	if answer := answerTo(t, untrusted, handshakeOf("/", browser...)); answer.StatusCode != http.StatusForbidden {
		t.Errorf("with X-Forwarded-Host of another peer the status is %s, expected 403", answer.Status)
	}
}
