package worker_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

func TestFetchEventRequest(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", async (event) => {
			const { method, url, headers } = event.request;
			const body = method === "GET" ? "" : await event.request.text();
			event.respondWith(new Response([method, new URL(url).pathname + new URL(url).search, headers.get("x-test"), headers.get("host"), body].join("|")));
		});`, worker.Options{})
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/a%20b/c?x=1&y=%C3%A9", "", "GET|/a%20b/c?x=1&y=%C3%A9|1, 2|HOST|"},
		{"POST", "/", "text é", "POST|/|1, 2|HOST|text é"},
		{"DELETE", "//double", "", "DELETE|//double|1, 2|HOST|"},
		{"PURGE", "/", "x", "PURGE|/|1, 2|HOST|x"},
	} {
		got := a.do(c.method, c.path, c.body, "X-Test", "1", "X-Test", "2")
		if want := strings.ReplaceAll(c.want, "HOST", a.address); got.body != want {
			t.Errorf("the request of the event is %q; got %q", want, got.body)
		}
	}
}

func TestFetchEventBody(t *testing.T) {
	t.Parallel()
	t.Run("a body is text, JSON or bytes", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
			async function answer(request) {
				switch (new URL(request.url).pathname) {
					case "/text": return new Response(await request.text());
					case "/json": return Response.json((await request.json()).a);
					case "/bytes": return new Response((await request.bytes()).map((x) => x + 1));
					case "/buffer": return new Response((await request.arrayBuffer()).slice(1));
					case "/none": return new Response(String((await request.bytes()).length) + request.bodyUsed);
				}
			}`, worker.Options{})
		for path, c := range map[string]struct{ body, want string }{
			"/text": {"é\x00", "é\x00"}, "/json": {`{"a": [1]}`, "[1]"},
			"/bytes": {"abc", "bcd"}, "/buffer": {"abc", "bc"}, "/none": {"", "0false"},
		} {
			if got := a.do("POST", path, c.body); got.StatusCode != 200 || got.body != c.want {
				t.Errorf("the response to %s is %q; got %d %q", path, c.want, got.StatusCode, got.body)
			}
		}
		if got := a.do("POST", "/json", "{broken"); got.StatusCode != 500 {
			t.Errorf("json() of a body that is not JSON fails the event; got %d", got.StatusCode)
		}
		a.log.line(t, "uncaught exception", "event=fetch", "SyntaxError")
	})
	t.Run("a body beyond MaxBody is refused", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("fetch", async (event) => event.respondWith(new Response(String((await event.request.text()).length))));`,
			worker.Options{MaxBody: 1000})
		if got := a.do("POST", "/", strings.Repeat("x", 1001)); got.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("a body beyond the limit gets 413; got %d", got.StatusCode)
		}
		if got := a.do("POST", "/", strings.Repeat("x", 1000)); got.body != "1000" {
			t.Errorf("a body at the limit is accepted; got %d %q", got.StatusCode, got.body)
		}
	})
	t.Run("a form of 160,000 bytes is parsed", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("fetch", async (event) => {
			const form = new URLSearchParams(await event.request.text());
			event.respondWith(new Response(String(form.size)));
		});`, worker.Options{})
		if got := a.do("POST", "/", strings.Repeat("a=1&", 40_000)); got.body != "40000" {
			t.Errorf("a form of 160,000 bytes has 40000 pairs; got %d %q", got.StatusCode, got.body)
		}
	})
	t.Run("a malformed body is refused", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("fetch", (event) => event.respondWith(event.request.text().then((text) => new Response(text))));`, worker.Options{})
		got := a.raw("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
		if got.StatusCode != http.StatusBadRequest {
			t.Errorf("a malformed body gets 400; got %d %q", got.StatusCode, got.body)
		}
		a.log.line(t, "level=INFO", "uncaught exception", "TypeError")
		a.log.never(t, "level=ERROR")
	})
}

func TestFetchEventPassThroughOnException(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => {
		event.respondWith(new Response(String(event.passThroughOnException())));
	});`, worker.Options{})
	a.get("/", 200, "undefined")
	a.reload(`export default { fetch(request, env, ctx) { return new Response(String(ctx.passThroughOnException())); } }`)
	a.get("/", 200, "undefined")
}

// raw sends the bytes of a request and returns the response.
func (a *testApp) raw(request string) answer {
	a.t.Helper()
	nc := a.sendBytes(request)
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(testTimeout))
	response, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		a.t.Fatalf("the request gets a response; got %v", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer{response, string(body)}
}

func TestFetchEventWithoutHost(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => event.respondWith(new Response(new URL(event.request.url).host)));`, worker.Options{})
	if got := a.raw("GET / HTTP/1.0\r\n\r\n"); got.body != a.address {
		t.Errorf("the host is the address of the server, %s; got %q", a.address, got.body)
	}
	if got := a.raw("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"); got.StatusCode != 200 && got.StatusCode != 204 {
		t.Errorf("a request for the whole server gets a response; got %d", got.StatusCode)
	}
}

func TestFetchEventTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, `
		addEventListener("fetch", (event) => {
			if (event.request.url.endsWith("/respond")) event.respondWith(new Promise(() => {}));
			else return new Promise(() => {});
		});`, worker.Options{EventTimeout: time.Second})
		a.get("/respond", 504, "the application did not answer in time")
		a.get("/listen", 504, "the application did not answer in time")
		a.log.line(t, "event timed out", "event=fetch", "limit=1s")
	})
}

func TestFetchEventClientDisconnects(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let release;
		addEventListener("fetch", (event) => {
			if (event.request.url.endsWith("/slow")) {
				event.respondWith(new Promise((done) => { release = () => done(new Response("late")); }).finally(() => console.log("answered")));
				console.log("waiting");
				return;
			}
			release?.();
			event.respondWith(new Response("hello"));
		});`, worker.Options{})
	nc := a.sendBytes("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
	a.stdout.line(t, "waiting")
	_ = nc.Close()
	a.get("/", 200, "hello")
	a.stdout.line(t, "answered")
	a.get("/", 200, "hello")
}

func TestFetchEventsRunConcurrently(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const waiting = [];
		addEventListener("fetch", (event) => {
			event.respondWith(new Promise((done) => {
				waiting.push(done);
				if (waiting.length === 20) waiting.forEach((done, i) => done(new Response(String(i))));
			}));
		});`, worker.Options{})
	answers := make(chan string, 20)
	for range 20 {
		go func() { answers <- a.do("GET", "/", "").body }()
	}
	seen := map[string]bool{}
	within(t, "all requests get a response", func() {
		for range 20 {
			seen[<-answers] = true
		}
	})
	if len(seen) != 20 {
		t.Errorf("each request gets its own response; got %v", seen)
	}
}

func TestFetchEventSchemeFromATrustedProxy(t *testing.T) {
	t.Parallel()
	script := `
		addEventListener("fetch", (event) => event.respondWith(new Response(new URL(event.request.url).protocol)));
		addEventListener("websocketupgrade", (event) => event.accept().send(new URL(event.request.url).protocol));`
	for name, c := range map[string]struct {
		trusted string
		want    string
	}{"trusted": {"127.0.0.0/8", "https:"}, "not trusted": {"10.0.0.0/8", "http:"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, script, worker.Options{Server: linger.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix(c.trusted)}}})
			a.connect("X-Forwarded-Proto: https").want(c.want)
			if got := a.raw("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n"); got.body != c.want {
				t.Errorf("the scheme of a plain request is %s; got %s", c.want, got.body)
			}
		})
	}
}

func TestFetchEventMissingBody(t *testing.T) {
	t.Parallel()
	app, err := load(t, write(t, "app.js", `addEventListener("fetch", (event) => event.respondWith(event.request.text().then((text) => new Response(text))));`), worker.Options{Logger: discard})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(websocket.BoundBodies(app, 10*time.Millisecond))
	t.Cleanup(func() {
		web.Close()
		_ = app.Shutdown(t.Context())
	})
	a := &testApp{t: t, dial: func() (net.Conn, error) { return net.Dial("tcp", web.Listener.Addr().String()) }}
	if got := a.raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"); got.StatusCode != http.StatusRequestTimeout || !got.Close {
		t.Errorf("a body that does not arrive gets 408; got %d %q", got.StatusCode, got.body)
	}
	got := a.raw("POST / HTTP/1.1\r\nHost: [::1\r\nContent-Length: 100\r\n\r\n")
	if got.StatusCode != http.StatusBadRequest || !got.Close {
		t.Errorf("a request is refused before its body has arrived; got %d %q", got.StatusCode, got.body)
	}
}
