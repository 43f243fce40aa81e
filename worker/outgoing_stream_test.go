package worker_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// steps is a server whose response begins with "begin", and then has a byte for each value of its channel, until that is closed.
// The request /incomplete is cut off. gone receives a value for each client that has disconnected.
func steps(t *testing.T) (base string, next chan struct{}, gone chan struct{}) {
	t.Helper()
	next, gone = make(chan struct{}), make(chan struct{}, 10)
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_, _ = io.WriteString(w, "begin")
		_ = control.Flush()
		for {
			select {
			case _, more := <-next:
				if !more {
					if r.URL.Path == "/incomplete" {
						panic(http.ErrAbortHandler)
					}
					return
				}
				_, _ = io.WriteString(w, ".")
				_ = control.Flush()
			case <-r.Context().Done():
				gone <- struct{}{}
				return
			}
		}
	})
	return server.URL, next, gone
}

// relays are ways to send the response of another server to the client: unread, and through the streams of the script.
var relays = map[string]string{
	"unread":  `fetch(base)`,
	"rebuilt": `fetch(base).then((r) => new Response(r.body, r))`,
	"piped":   `fetch(base).then((r) => new Response(r.body.pipeThrough(new TransformStream()), r))`,
	"cloned":  `fetch(base).then((r) => r.clone())`,
}

func TestScriptFetchRelaysAStream(t *testing.T) {
	t.Parallel()
	for name, relay := range relays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, next, gone := steps(t)
			a := serve(t, fmt.Sprintf(`const base = %q; addEventListener("fetch", (event) => event.respondWith(%s));`, base, relay), worker.Options{SleepAfter: 20 * time.Millisecond})
			response, _ := a.open("GET", "/", nil)
			wantBytes(t, response.Body, "begin")
			for range 3 {
				next <- struct{}{}
				wantBytes(t, response.Body, ".")
			}
			second, cancel := a.open("GET", "/", nil)
			wantBytes(t, second.Body, "begin")
			if name != "cloned" { // the other half of the tee still needs the body
				cancel()
				within(t, "the server detects that the client of the script has disconnected", func() { <-gone })
			}
			close(next)
			wantEnd(t, response.Body, true)
			a.state(0, "asleep")
		})
	}
}

func TestScriptFetchResponseStream(t *testing.T) {
	t.Parallel()
	t.Run("the promise is fulfilled when the header has arrived", func(t *testing.T) {
		t.Parallel()
		base, next, _ := steps(t)
		a := serve(t, fetching(base, `(async () => {
			const reader = (await fetch(base)).body.getReader(), parts = [];
			for (let item; !(item = await reader.read()).done; ) { parts.push(new TextDecoder().decode(item.value)); console.log("part", parts.length); }
			return parts.join("|");
		})()`), worker.Options{})
		go func() {
			a.stdout.line(t, "part 1")
			next <- struct{}{}
			a.stdout.line(t, "part 2")
			close(next)
		}()
		a.get("/", 200, "begin|.")
	})
	t.Run("a body that is cut off fails", func(t *testing.T) {
		t.Parallel()
		base, next, _ := steps(t)
		close(next)
		a := serve(t, fetching(base, `fetch(base + "/incomplete").then((r) => r.text())`), worker.Options{})
		a.get("/", 500, "TypeError: fetch of "+strings.TrimPrefix(base, "http://")+" failed: the connection was lost before the answer was complete")
		a.reload(fetching(base, `fetch(base + "/incomplete").then(async (r) => { const reader = r.body.getReader(); for (;;) await reader.read(); })`))
		a.get("/", 500, "TypeError: fetch of "+strings.TrimPrefix(base, "http://")+" failed: the connection was lost before the answer was complete")
		a.reload(fmt.Sprintf(`addEventListener("fetch", (event) => event.respondWith(fetch(%q)));`, base+"/incomplete"))
		response, _ := a.open("GET", "/", nil)
		wantEnd(t, response.Body, false)
	})
	t.Run("an endless body is read with backpressure", func(t *testing.T) {
		t.Parallel()
		var sent int
		stopped := make(chan int, 1)
		server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				n, err := w.Write(make([]byte, 16<<10))
				if sent += n; err != nil {
					break
				}
			}
			stopped <- sent
		})
		a := serve(t, fetching(server.URL, `(async () => {
			const response = await fetch(base), reader = response.body.getReader();
			let length = 0;
			while (length < 30e6) length += (await reader.read()).value.byteLength;
			await reader.cancel();
			return length >= 30e6;
		})()`), worker.Options{Memory: 16 << 20})
		a.get("/", 200, "true")
		within(t, "the server detects that the body was cancelled", func() {
			if sent := <-stopped; sent > 60e6 {
				t.Errorf("the server can send little more than the script reads, which is 30 MB; it has sent %d bytes", sent)
			}
		})
		a.log.never(t, "level=ERROR")
	})
	t.Run("the limit applies to bodies that are read as a whole", func(t *testing.T) {
		t.Parallel()
		server := otherServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 200_000)) })
		host := strings.TrimPrefix(server.URL, "http://")
		for _, read := range []string{"text", "json", "bytes", "arrayBuffer", "blob", "formData"} {
			a := serve(t, fetching(server.URL, `fetch(base).then((r) => r.`+read+`())`), worker.Options{MaxBody: 100_000})
			a.get("/", 500, "TypeError: fetch of "+host+" failed: the body of the answer is larger than 100000 bytes")
		}
		a := serve(t, fetching(server.URL, `fetch(base).then(async (r) => { let length = 0; for await (const chunk of r.body) length += chunk.byteLength; return String(length); })`), worker.Options{MaxBody: 100_000})
		a.get("/", 200, "200000")
	})
	t.Run("a body that makes no progress fails after FetchTimeout", func(t *testing.T) {
		t.Parallel()
		base, _, gone := steps(t)
		host := strings.TrimPrefix(base, "http://")
		for _, read := range []string{`r.text()`, `(async () => { const reader = r.body.getReader(); for (;;) await reader.read(); })()`, `new Promise((done) => setTimeout(done, 3000)).then(() => r.text())`} {
			a := serve(t, fetching(base, `fetch(base).then((r) => `+read+`)`), worker.Options{FetchTimeout: time.Second})
			a.get("/", 500, "TypeError: fetch of "+host+" failed: its body made no progress for 1s")
			within(t, "the connection is closed", func() { <-gone })
		}
	})
	t.Run("a body that makes progress may take longer than FetchTimeout", func(t *testing.T) {
		t.Parallel()
		base, next, _ := steps(t)
		a := serve(t, fetching(base, `fetch(base).then((r) => r.text())`), worker.Options{FetchTimeout: 4 * time.Second})
		go func() {
			for range 10 {
				time.Sleep(500 * time.Millisecond)
				next <- struct{}{}
			}
			close(next)
		}()
		a.get("/", 200, "begin"+strings.Repeat(".", 10))
	})
	t.Run("a cancelled response does not keep a fetch in flight", func(t *testing.T) {
		t.Parallel()
		base, _, gone := steps(t)
		a := serve(t, fetching(base, `(async () => { for (let i = 0; i < 20; i++) await (await fetch(base)).body?.cancel(); return "done"; })()`), worker.Options{MaxFetches: 2})
		a.get("/", 200, "done")
		for range 20 {
			within(t, "each connection is closed", func() { <-gone })
		}
		a = serve(t, fetching(base, `(async () => { for (let i = 0; i < 4; i++) await fetch(base); return "done"; })()`), worker.Options{MaxFetches: 2, FetchTimeout: 2 * time.Second})
		a.get("/", 200, "done")
		for range 4 {
			within(t, "an unread body is discarded after FetchTimeout", func() { <-gone })
		}
	})
}

func TestScriptFetchSignalEndsTheBody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ read, want string }{
		"text":            {`r.text()`, "Error: enough"},
		"a waiting read":  {`(async () => { const reader = r.body.getReader(); for (;;) await reader.read(); })()`, "Error: enough"},
		"a later read":    {`(async () => { r.body; await new Promise((done) => controller.signal.addEventListener("abort", done)); await r.body.getReader().read(); })()`, "Error: enough"},
		"a pipe":          {`r.body.pipeTo(new WritableStream())`, "Error: enough"},
		"with a text end": {`(async () => { await new Promise((done) => controller.signal.addEventListener("abort", done)); return r.text(); })()`, "Error: enough"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _, gone := steps(t)
			a := serve(t, fetching(base, `(async () => {
				const controller = new AbortController();
				const r = await fetch(base, { signal: controller.signal });
				setTimeout(() => controller.abort(new Error("enough")), 50);
				return `+c.read+`;
			})()`), worker.Options{})
			a.get("/", 500, c.want)
			within(t, "the server detects that the request was aborted", func() { <-gone })
		})
	}
	t.Run("a response that is passed on", func(t *testing.T) {
		t.Parallel()
		base, next, gone := steps(t)
		a := serve(t, fmt.Sprintf(`
			const controller = new AbortController();
			addEventListener("fetch", (event) => {
				if (event.request.url.endsWith("/abort")) controller.abort();
				event.respondWith(event.request.url.endsWith("/abort") ? new Response("") : fetch(%q, { signal: controller.signal }));
			});`, base), worker.Options{})
		response, _ := a.open("GET", "/", nil)
		wantBytes(t, response.Body, "begin")
		next <- struct{}{}
		wantBytes(t, response.Body, ".")
		a.get("/abort", 200, "")
		wantEnd(t, response.Body, false)
		within(t, "the server detects that the request was aborted", func() { <-gone })
	})
}

// lengths responds with the number of bytes of a request's body, and with its Content-Length.
func lengths(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	_, _ = fmt.Fprintf(w, "%d of %d %v", n, r.ContentLength, err)
}

func TestScriptFetchRequestStream(t *testing.T) {
	t.Parallel()
	server := otherServer(t, lengths)
	t.Run("a stream of the script", func(t *testing.T) {
		t.Parallel()
		a := serve(t, fetching(server.URL, `(async () => {
			let left = 1000;
			const body = new ReadableStream({ pull(controller) { left-- > 0 ? controller.enqueue(new Uint8Array(50_000)) : controller.close(); } });
			return (await fetch(base, { method: "POST", body, duplex: "half" })).text();
		})()`), worker.Options{Memory: 16 << 20})
		a.get("/", 200, "50000000 of -1 <nil>")
	})
	t.Run("the body of a request, of any size", func(t *testing.T) {
		t.Parallel()
		const size = 64 << 20
		for _, expression := range []string{
			`fetch(base, event.request)`,
			`fetch(base, { method: "POST", body: event.request.body })`,
			`fetch(base, { method: "POST", body: event.request.body.pipeThrough(new TransformStream()), duplex: "half" })`,
			`fetch(new Request(new Request(base, event.request)))`,
		} {
			a := serve(t, fmt.Sprintf(`const base = %q; addEventListener("fetch", (event) => event.respondWith(%s));`, server.URL, expression),
				worker.Options{MaxBody: 1 << 30, Memory: 32 << 20})
			response, _ := a.open("POST", "/", io.LimitReader(zeros{}, size))
			body, err := io.ReadAll(response.Body)
			if want := fmt.Sprintf("%d of -1 <nil>", size); err != nil || string(body) != want {
				t.Errorf("with %s the complete body arrives; got %q, %v", expression, body, err)
			}
		}
	})
	t.Run("the length of a request that is passed on is kept", func(t *testing.T) {
		t.Parallel()
		a := serve(t, fmt.Sprintf(`addEventListener("fetch", (event) => event.respondWith(fetch(%q, event.request)));`, server.URL), worker.Options{})
		for _, size := range []int{1, 300_000} {
			if got, want := a.do("POST", "/", strings.Repeat("a", size)).body, fmt.Sprintf("%d of %d <nil>", size, size); got != want {
				t.Errorf("the server gets %q; got %q", want, got)
			}
		}
	})
	t.Run("a stream that fails rejects the fetch", func(t *testing.T) {
		t.Parallel()
		a := serve(t, fetching(server.URL, `fetch(base, { method: "POST", body: new ReadableStream({ pull(controller) { throw new RangeError("broken"); } }) }).catch((error) => show(error) + " because " + show(error.cause))`), worker.Options{})
		a.get("/", 200, "TypeError: fetch failed: the stream of the request's body has failed because RangeError: broken")
	})
	t.Run("a fetch that fails or is aborted cancels the stream", func(t *testing.T) {
		t.Parallel()
		hanging := otherServer(t, silent)
		for _, init := range []string{`"http://127.0.0.1:1/", {`, `base, { signal: AbortSignal.timeout(50),`} {
			a := serve(t, fetching(hanging.URL, `(async () => {
				const body = new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(65536)); }, cancel(reason) { console.log("cancelled", reason.name); } });
				return fetch(`+init+` method: "POST", body }).catch((error) => error.name);
			})()`), worker.Options{})
			a.get("/", 200, map[bool]string{true: "TypeError", false: "TimeoutError"}[strings.Contains(init, ":1/")])
			a.stdout.line(t, "cancelled")
		}
	})
	t.Run("a redirect that needs the body again is refused", func(t *testing.T) {
		t.Parallel()
		redirecting := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
			code, _ := strconv.Atoi(r.URL.Path[1:])
			if code == 0 {
				_, _ = io.WriteString(w, r.Method)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			http.Redirect(w, r, "/0", code)
		})
		a := serve(t, fetching(redirecting.URL, `fetch(base + new URL(event.request.url).pathname, { method: "POST", body: new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1)); c.close(); } }) }).then((r) => r.text())`), worker.Options{})
		a.get("/303", 200, "GET")
		if got := a.do("GET", "/307", ""); !strings.Contains(got.body, "whose body is a stream, which cannot be sent again") {
			t.Errorf("the error names the reason; got %q", got.body)
		}
	})
}
