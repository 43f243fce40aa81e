package worker_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// responseHead sends the bytes of a request and returns the bytes of the response's head, or all bytes up to EOF.
func (a *testApp) responseHead(request string) string {
	a.t.Helper()
	nc := a.sendBytes(request)
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(testTimeout))
	var head strings.Builder
	for lines := bufio.NewReader(nc); !strings.HasSuffix(head.String(), "\r\n\r\n"); {
		line, err := lines.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			break
		}
	}
	return head.String()
}

// upgradeRequest is an upgrade request without the empty line at its end.
const upgradeRequest = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

func TestRequestHeadersKeepBytes(t *testing.T) {
	t.Parallel()
	script := `
		const units = (text) => Array.from(text, (c) => c.charCodeAt(0).toString(16)).join(" ");
		function answer(event) {
			const { request } = event, { headers } = request;
			const copies = [new Headers(headers), new Headers([...headers]), new Headers(Object.fromEntries(headers)), request.clone().headers, new Request("http://x/", request).headers, new Request(request).headers];
			const same = copies.every((copy) => copy.get("x-user") === headers.get("x-user"));
			event.respondWith(new Response(["x-user", "user-agent", "x-raw"].map((name) => units(headers.get(name))).join("|") + "|" + same));
		}
		addEventListener("fetch", answer);
		addEventListener("websocketupgrade", answer);`
	a := serve(t, script, worker.Options{})
	fields := "X-User: C\xc3\xa9l\r\nUser-Agent: \xc4\xb0\r\nX-Raw: \xe9\xff\x80\r\nConnection: close\r\n\r\n"
	for what, request := range map[string]string{"a plain request": "GET / HTTP/1.1\r\nHost: h\r\n" + fields, "a handshake": upgradeRequest + fields} {
		if got := a.raw(request); got.body != "43 c3 a9 6c|c4 b0|e9 ff 80|true" {
			t.Errorf("%s: each byte of a field is one code unit, also in copies; got %q", what, got.body)
		}
	}
}

func TestResponseHeadersKeepBytes(t *testing.T) {
	t.Parallel()
	fields := `{ "x-name": "\u00e9", "x-utf8": "\u00c3\u00a9", "set-cookie": "a=\u00ff", "location": "/\u00e9" }`
	want := []string{"X-Name: \xe9\r\n", "X-Utf8: \xc3\xa9\r\n", "Set-Cookie: a=\xff\r\n", "Location: /\xe9\r\n"}
	for what, script := range map[string]string{
		"a response":        `addEventListener("fetch", (event) => event.respondWith(new Response("", { headers: F })));`,
		"a refusal":         `addEventListener("websocketupgrade", (event) => event.respondWith(new Response("", { status: 403, headers: F })));`,
		"accept":            `addEventListener("websocketupgrade", (event) => { event.accept({ headers: F }); });`,
		"upgradeWebSocket":  `addEventListener("fetch", (event) => { event.upgradeWebSocket({ headers: F }); });`,
		"a WebSocketPair":   `addEventListener("fetch", (event) => { const pair = new WebSocketPair(); pair[1].accept(); event.respondWith(new Response(null, { status: 101, webSocket: pair[0], headers: F })); });`,
		"a copy of Headers": `addEventListener("fetch", (event) => event.respondWith(new Response("", new Response("", { headers: new Headers(F) }))));`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := serve(t, "const F = "+fields+";"+script, worker.Options{})
			got := a.responseHead(upgradeRequest + "\r\n")
			for _, line := range want {
				if !strings.Contains(got, line) {
					t.Errorf("the response has the line %q; got %q", line, got)
				}
			}
		})
	}
}

func TestScriptFetchKeepsBytesOfHeaders(t *testing.T) {
	t.Parallel()
	requested := make(chan http.Header, 1)
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		requested <- r.Header
		w.Header().Set("X-Name", "\xc3\xa9")
		w.Header().Set("X-Raw", "\xe9")
		w.Header().Add("Set-Cookie", "a=\xc3\xa9")
		w.Header().Add("Set-Cookie", "b=\xe9")
	})
	a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => event.respondWith(fetch(%q, event.request)));`, server.URL), worker.Options{})
	got := a.responseHead("GET / HTTP/1.1\r\nHost: h\r\nX-User: C\xc3\xa9line\r\nX-Raw: \xe9\r\nUser-Agent: MOB\xc4\xb0LE\r\nConnection: close\r\n\r\n")
	for _, line := range []string{"X-Name: \xc3\xa9\r\n", "X-Raw: \xe9\r\n", "Set-Cookie: a=\xc3\xa9\r\n", "Set-Cookie: b=\xe9\r\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("the client receives the line %q; got %q", line, got)
		}
	}
	header := <-requested
	if header.Get("X-User") != "C\xc3\xa9line" || header.Get("X-Raw") != "\xe9" || header.Get("User-Agent") != "MOB\xc4\xb0LE" {
		t.Errorf("the server receives the client's bytes; got %q", header)
	}
}

func TestRequestHeadersJoinCookies(t *testing.T) {
	t.Parallel()
	answer := `(event) => event.respondWith(new Response([event.request.headers.get("cookie"), new Map(event.request.headers).get("cookie"), new Headers(event.request.headers).get("cookie"), event.request.headers.get("accept")].join("|")))`
	a := serve(t, `addEventListener("fetch", `+answer+`); addEventListener("websocketupgrade", `+answer+`);`, worker.Options{})
	fields := "Cookie: a=1\r\nCookie: b=2\r\nCookie: c=3; d=4\r\nAccept: a/b\r\nAccept: c/d\r\nConnection: close\r\n\r\n"
	want := strings.Repeat("a=1; b=2; c=3; d=4|", 3) + "a/b, c/d"
	for _, request := range []string{"GET / HTTP/1.1\r\nHost: h\r\n" + fields, upgradeRequest + fields} {
		if got := a.raw(request); got.body != want {
			t.Errorf("the script reads %q; got %q", want, got.body)
		}
	}
}

func TestRequestURL(t *testing.T) {
	t.Parallel()
	t.Run("the URL is serialized", func(t *testing.T) {
		t.Parallel()
		answer := `(event) => { const { url } = event.request; event.respondWith(new Response(url + " " + (new URL(url).href === url))); }`
		a := serve(t, `addEventListener("fetch", `+answer+`); addEventListener("websocketupgrade", `+answer+`);`, worker.Options{})
		for target, want := range map[string]string{
			"/":                             "/",
			"/room?name=Jos\xc3\xa9":        "/room?name=Jos%C3%A9",
			"/room?name=Jos\xe9":            "/room?name=Jos%E9",
			"/Jos\xc3\xa9/\xe9":             "/Jos%C3%A9/%E9",
			`/a"b?q="x"&<y>`:                "/a%22b?q=%22x%22&%3Cy%3E",
			"/a/../b/./c":                   "/b/c",
			"/a/%2e%2E/b":                   "/b",
			"//double//":                    "//double//",
			"/a|b;c=d/%7e%41?x|y='z'":       "/a|b;c=d/%7e%41?x|y=%27z%27",
			"/?":                            "/?",
			"/a%2Fb|c":                      "/a%2Fb|c",
			"/a?b?c#d":                      "/a?b?c%23d",
			"/a#b?c":                        "/a%23b?c",
			`/a\b\..\c`:                     "/a%5Cb%5C..%5Cc",
			"http://other.example/absolute": "http://other.example/absolute",
		} {
			for _, head := range []string{"GET %s HTTP/1.1\r\nHost: Name.Example:80\r\nConnection: close\r\n\r\n", "GET %s HTTP/1.1\r\nHost: Name.Example:80\r\n" + strings.SplitAfterN(upgradeRequest, "\r\n", 3)[2] + "\r\n"} {
				got := a.raw(fmt.Sprintf(head, target))
				full := want
				if !strings.HasPrefix(want, "http:") {
					full = "http://name.example" + want
				}
				if got.body != full+" true" {
					t.Errorf("a request for %q has the URL %s; got %q", target, full, got.body)
				}
			}
		}
	})
	t.Run("a connection has the URL of its request", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("websocketupgrade", (event) => { const conn = event.accept(); conn.send(String(conn.url === event.request.url) + " " + new URL(conn.url).pathname); });`, worker.Options{})
		c, _ := a.upgrade("/a/../b%20c")
		c.want("true /b%20c")
	})
}
