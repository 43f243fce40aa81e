package worker_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// urls is an application that responds with the URL of a request, and sends the URLs of an upgrade request and its connection.
const urls = `
	addEventListener("websocketupgrade", (event) => {
		const connection = event.accept();
		connection.send([new URL(event.request.url).href, new URL(connection.url).href, event.request.url === connection.url].join(" "));
	});
	addEventListener("fetch", (event) => event.respondWith(new Response(new URL(event.request.url).href)));`

// plainRequest is a request for /chat without Upgrade.
const plainRequest = "GET /chat HTTP/1.1\r\nHost: linger.test\r\nConnection: close\r\n\r\n"

// upgradeText is an upgrade request for /chat.
const upgradeText = "GET /chat HTTP/1.1\r\nHost: linger.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

func TestRequestURLInvalidHost(t *testing.T) {
	t.Parallel()
	a := serve(t, urls, worker.Options{})
	for _, host := range []string{
		"[::1", "a:99999", "a:b", "a%00b", "a%41", "[fe80::1%25eth0]", "a,b", // invalid in HTTP
		"xn--a", "1.2.3.4.5", "256.1.1.1", "1.2.3.08", "a%ff", "a..0x1", "xn--", // invalid in a URL
	} {
		for _, request := range []string{plainRequest, upgradeText} {
			got := a.raw(strings.Replace(request, "Host: linger.test", "Host: "+host, 1))
			if got.StatusCode != 400 {
				t.Errorf("a request for the host %q gets 400; got %d %q", host, got.StatusCode, got.body)
			}
		}
	}
	a.log.never(t, "level=ERROR")
	a.log.line(t, "request refused", "reason=host", "status=400")
}

func TestRequestURLInvalidTarget(t *testing.T) {
	t.Parallel()
	a := serve(t, urls, worker.Options{})
	for _, target := range []string{"mailto:x", "evil:80", "ftp://linger.test/", "urn:a:b", "*"} {
		for _, request := range []string{plainRequest, upgradeText} {
			if got := a.raw(strings.Replace(request, "GET /chat", "GET "+target, 1)); got.StatusCode != 400 {
				t.Errorf("a request with the target %q gets 400; got %d %q", target, got.StatusCode, got.body)
			}
		}
	}
	a.log.never(t, "level=ERROR")
}

func TestRequestURLOfEventAndConnection(t *testing.T) {
	t.Parallel()
	a := serve(t, urls, worker.Options{})
	for target, want := range map[string]string{
		"/chat":                     "http://linger.test/chat",
		"//evil.test/a":             "http://linger.test//evil.test/a",
		"/mailto:x":                 "http://linger.test/mailto:x",
		"/%2e%2e/a?b=%20":           "http://linger.test/a?b=%20",
		"http://other.test/a":       "http://other.test/a",
		"http://user@other.test:1/": "http://other.test:1/",
		"ws://other.test/a":         "http://other.test/a",
	} {
		if got := a.raw(strings.Replace(plainRequest, "/chat", target, 1)); got.body != want {
			t.Errorf("the URL of a plain request for %q is %s; got %d %q", target, want, got.StatusCode, got.body)
		}
		a.connectTo(target).want(want + " " + want + " true")
	}
}

func TestRequestUpgradeWithoutConnection(t *testing.T) {
	t.Parallel()
	a := serve(t, sockets(`server.accept();`), worker.Options{})
	got := a.raw("GET / HTTP/1.1\r\nHost: linger.test\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n")
	if got.StatusCode != 426 || !strings.Contains(got.body, "Connection: Upgrade") {
		t.Errorf("the request gets 426 with the missing field; got %d %q", got.StatusCode, got.body)
	}
	a.log.line(t, "request refused", "reason=connection")
	a.log.never(t, "level=ERROR")
}

func TestRequestPlainAnsweredWithAWebSocket(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => {
		const [client, server] = new WebSocketPair();
		server.accept();
		server.addEventListener("close", (event) => console.log("closed", event.code));
		event.respondWith(new Response(null, { status: 101, webSocket: client }));
	});`, worker.Options{})
	got := a.do("GET", "/", "")
	if got.StatusCode != 426 || got.Header.Get("Upgrade") != "websocket" || !strings.Contains(got.body, "Connection: Upgrade") {
		t.Errorf("the request gets 426 with the missing fields; got %d %v %q", got.StatusCode, got.Header, got.body)
	}
	a.stdout.line(t, "closed 1006")
	a.log.never(t, "level=ERROR")
}
