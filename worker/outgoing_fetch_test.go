package worker_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// otherServer starts a server for the requests of scripts.
func otherServer(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// echo responds with a description of the request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Add("Set-Cookie", "a=1, b")
	w.Header().Add("Set-Cookie", "c=2")
	w.Header().Set("X-Name", "caf\xe9")
	w.WriteHeader(http.StatusAccepted)
	_, _ = fmt.Fprintf(w, "%s %s %s %s|%s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("X-Mine"), body)
}

// fetching is an application that responds with the value of an expression. In it, base is the base URL of another server.
func fetching(base, expression string) string {
	return fmt.Sprintf(`
		const base = %q;
		const show = (error) => error.name + ": " + error.message;
		addEventListener("fetch", (event) => event.respondWith((async () => {
			try {
				return new Response(await (%s));
			} catch (error) {
				return new Response(error instanceof Error ? show(error) : String(error), { status: 500 });
			}
		})()));`, base, expression)
}

func TestScriptFetch(t *testing.T) {
	t.Parallel()
	server := otherServer(t, echo)
	for name, c := range map[string]struct{ expression, want string }{
		"a URL":                      {`fetch(base + "/a?b=c#d").then((r) => r.text())`, "GET /a?b=c  |"},
		"a path as it was written":   {`fetch(base + "/a|b/%7e%41//'?c|d").then((r) => r.text())`, "GET /a|b/%7e%41//'?c|d  |"},
		"a path that looks absolute": {`fetch(base + "//host/x").then((r) => r.text())`, "GET //host/x  |"},
		"text":                       {`fetch(base, { method: "POST", body: "hé" }).then((r) => r.text())`, "POST / text/plain;charset=UTF-8 |hé"},
		"bytes":                      {`fetch(base, { method: "PUT", body: new Uint8Array([104, 105]) }).then((r) => r.text())`, "PUT /  |hi"},
		"a form":                     {`fetch(base, { method: "POST", body: new URLSearchParams({ a: "b c" }) }).then((r) => r.text())`, "POST / application/x-www-form-urlencoded;charset=UTF-8 |a=b+c"},
		"fields":                     {`fetch(base, { headers: { "X-Mine": "yes", "Content-Length": "7", Connection: "x-mine" } }).then((r) => r.text())`, "GET /  yes|"},
		"a Request":                  {`fetch(new Request(base + "/r", { method: "PATCH", body: "x" })).then((r) => r.text())`, "PATCH /r text/plain;charset=UTF-8 |x"},
		"status, URL and fields": {`fetch(base + "/u#f").then((r) => [r.status, r.statusText, r.ok, r.url.replace(base, ""), r.redirected, r.type,
			r.headers.getSetCookie().join(";"), r.headers.get("x-name")].join(" "))`, "202 Accepted true /u false default a=1, b;c=2 café"},
		"fields that cannot be changed": {`fetch(base).then((r) => r.headers.set("a", "b"))`, "TypeError: These headers cannot be changed: copy them with new Headers(headers)"},
		"another scheme":                {`fetch("ftp://x")`, "TypeError: fetch: the scheme is ftp:, and only http: and https: are supported"},
		"an invalid URL":                {`fetch("/x").catch((e) => e.name)`, "TypeError"},
		"no argument":                   {`fetch()`, "TypeError: fetch expects 1 argument, but got 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, fetching(server.URL, c.expression), worker.Options{})
			if got := a.do(http.MethodGet, "/", ""); got.body != c.want {
				t.Errorf("the response is %q; got %q", c.want, got.body)
			}
			a.log.never(t, "level=ERROR")
		})
	}
}

func TestScriptFetchForwardsAResponse(t *testing.T) {
	t.Parallel()
	server := otherServer(t, echo)
	a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => event.respondWith(fetch(%q + "/on", event.request)))`, server.URL), worker.Options{})
	got := a.do(http.MethodPost, "/", "body", "X-Mine", "kept", "Content-Type", "a/b")
	if got.StatusCode != http.StatusAccepted || got.body != "POST /on a/b kept|body" || len(got.Header.Values("Set-Cookie")) != 2 {
		t.Errorf("the request and its response are forwarded; got %d %q %v", got.StatusCode, got.body, got.Header)
	}
}

func TestScriptFetchMaxBody(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	size := 100
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush() //nolint:forcetypeassert // the ResponseWriter of net/http is a Flusher
		}
		_, _ = io.WriteString(w, strings.Repeat("a", size+len(r.URL.Query())))
	})
	a := serve(t, fetching(server.URL, `fetch(base + new URL(event.request.url).pathname + new URL(event.request.url).search).then((r) => r.text())`), worker.Options{MaxBody: 100})
	host := strings.TrimPrefix(server.URL, "http://")
	for _, path := range []string{"/", "/chunked"} {
		a.get(path, 200, strings.Repeat("a", size))
		a.get(path+"?more", 500, "TypeError: fetch of "+host+" failed: the body of the answer is larger than 100 bytes")
	}
	a.reload(fetching(server.URL, `fetch(base, { method: "POST", body: "b".repeat(101) })`))
	a.get("/", 500, "TypeError: fetch: the body has 101 bytes, more than the limit of 100")
}

func TestScriptFetchTimeout(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, silent)
	a := serve(t, fetching(server.URL, `fetch(base)`), worker.Options{FetchTimeout: 50 * time.Millisecond})
	a.get("/", 500, "TypeError: fetch of "+strings.TrimPrefix(server.URL, "http://")+" failed: no answer arrived within 50ms")
}

// silent is a handler that returns when the client has disconnected.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestScriptFetchSignal(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	for name, c := range map[string]struct {
		expression, want string
		arrives          bool
	}{
		"before":       {`fetch(base, { signal: AbortSignal.abort("no") })`, "no", false},
		"in a Request": {`fetch(new Request(base, { signal: AbortSignal.abort() }))`, "AbortError: The operation was aborted", false},
		"immediately":  {`(() => { const c = new AbortController(); const f = fetch(base, { signal: c.signal }); c.abort("stop"); return f; })()`, "stop", false},
		"during": {`(() => {
			const c = new AbortController(), aborted = fetch(base, { signal: c.signal });
			fetch(base + "/arrived").then(() => c.abort(new Error("enough")));
			return aborted;
		})()`, "Error: enough", true},
		"after its time": {`fetch(base, { signal: AbortSignal.timeout(50) })`, "TimeoutError: The operation timed out", false}, // possibly before the request arrives
	} {
		t.Run(name, func(t *testing.T) {
			arrived, gone := make(chan struct{}, 1), make(chan struct{}, 1)
			server := otherServer(t, func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/arrived" { // responds when the other request has arrived
					<-arrived
					return
				}
				arrived <- struct{}{}
				<-r.Context().Done()
				gone <- struct{}{}
			})
			a := serve(t, fetching(server.URL, c.expression), worker.Options{})
			a.get("/", 500, c.want)
			if c.arrives {
				within(t, "the server detects that the request was aborted", func() { <-gone })
			}
		})
	}
	t.Run("after the fetch, without effect", func(t *testing.T) {
		ok := otherServer(t, echo)
		a := serve(t, fetching(ok.URL, `(async () => { const c = new AbortController(); const text = await (await fetch(base, { signal: c.signal })).text(); c.abort(); return text; })()`), worker.Options{})
		a.get("/", 200, "GET /  |")
	})
}

func TestScriptFetchMaxFetches(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	arrived, release := make(chan struct{}, 4), make(chan struct{})
	server := otherServer(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	a := serve(t, fetching(server.URL, `(async () => {
		const all = [];
		for (let i = 0; i < 2 + 256; i++) all.push(fetch(base));
		const first = await fetch(base).catch(show);
		console.log("refused");
		await Promise.all(all);
		return first;
	})()`), worker.Options{MaxFetches: 2})
	within(t, "all fetches get a response", func() {
		go func() {
			<-arrived
			<-arrived
			a.stdout.line(t, "refused")
			if len(arrived) > 0 {
				t.Error("two fetches are in progress at a time; there are more")
			}
			close(release)
			for range 256 {
				<-arrived
			}
		}()
		a.get("/", 200, "TypeError: fetch: 2 fetches are in flight and 256 wait or receive a body: await some of them first, and read or cancel their bodies")
	})
}

func TestScriptFetchInEveryEvent(t *testing.T) {
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path[1:]) })
	a := serve(t, fmt.Sprintf(`
		const get = async (path) => (await fetch(%q + path)).text();
		const top = await get("/top");
		let installed;
		addEventListener("install", (event) => event.waitUntil(get("/install").then((text) => { installed = text; })));
		addEventListener("websocketupgrade", async (event) => {
			const text = await get("/upgrade");
			event.accept().send([top, installed, text].join(" "));
		});
		addEventListener("websocketmessage", async (event) => event.source.send(await get("/" + event.data)));
		addEventListener("websocketclose", async (event) => console.log(await get("/close")));
		`, server.URL), worker.Options{})
	c := a.connect()
	c.want("top install upgrade")
	c.send("one", "two")
	c.want("one", "two")
	c.close(1000, "")
	a.stdout.line(t, "close")
	a.log.never(t, "level=ERROR")
}

func TestScriptFetchUncaughtErrorIsLogged(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	a := serve(t, `addEventListener("websocketmessage", async () => {
	await fetch("http://127.0.0.1:1/");
});
addEventListener("websocketupgrade", (event) => event.accept());`, worker.Options{})
	c := a.connect()
	c.send("go")
	a.log.line(t, "TypeError: fetch of 127.0.0.1:1 failed: the connection was refused", "app.js:2")
}

func TestScriptFetchCrashReleasesFetches(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, echo)
	a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => {
		if (event.request.url.endsWith("/crash")) {
			for (let i = 0; i < 4; i++) fetch(%[1]q);
			for (;;); // the responses arrive during the loop
		}
		event.respondWith(fetch(%[1]q));
	})`, server.URL), worker.Options{MaxFetches: 1, EventTimeout: loopTimeout})
	a.do(http.MethodGet, "/crash", "")
	a.log.line(t, "worker replaced")
	a.get("/", http.StatusAccepted, "GET /  |")
}

func TestScriptFetchDataURL(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"data:,hello":                              "hello text/plain;charset=US-ASCII",
		"data:text/html,a%20%C3%A9%2":              "a é%2 text/html",
		"data:text/plain;charset=utf-8;base64,aGk": "hi text/plain;charset=utf-8",
		"data:;charset=x,1":                        "1 text/plain;charset=x",
		"data:x,1#f":                               "1 text/plain;charset=US-ASCII",
		"data:a/b ; BASE64,aG%6b=":                 "hi a/b",
		"data:a/b/c,1":                             "1 text/plain;charset=US-ASCII",
		"data:/b,1":                                "1 text/plain;charset=US-ASCII",
		"data:a/,1":                                "1 text/plain;charset=US-ASCII",
		"data:a(/b,1":                              "1 text/plain;charset=US-ASCII",
		"data:a/b  ;c=d,1":                         "1 a/b;c=d",
		"DATA:a/b,c,d":                             "c,d a/b",
	} {
		a := serve(t, fetching(url, `fetch(base).then(async (r) => (await r.text()) + " " + r.headers.get("content-type"))`), worker.Options{})
		a.get("/", 200, want)
	}
	for _, url := range []string{"data:text/plain", "data:;base64,*"} {
		a := serve(t, fetching(url, `fetch(base)`), worker.Options{})
		a.get("/", 500, "TypeError: fetch: the data: URL is invalid: its form is data:TYPE,CONTENT or data:TYPE;base64,CONTENT")
	}
	a := serve(t, fetching("blob:x", `fetch(base)`), worker.Options{})
	a.get("/", 500, "TypeError: fetch: there is no Blob with this object URL: it may have been revoked")
}
