package worker_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestResponseBody(t *testing.T) {
	t.Parallel()
	t.Run("bodies of other objects reach the client completely", func(t *testing.T) {
		t.Parallel()
		a := respond(t,
			`(() => { const old = new Response("hello"), fresh = new Response(old.body, old); fresh.headers.set("x-a", "1"); return fresh; })()`,
			`new Response(new Blob(["hello"], { type: "text/x" }))`,
			`new Response(new Response("hello").body)`,
			`new Response("hello").clone()`,
			`new Response(new Blob(["hel", "lo"]).stream())`,
			`new Response({})`, `new Response((async function* () { yield "hello"; })())`, `new Response(Promise.resolve("hello"))`)
		for path, contentType := range []string{"text/plain;charset=UTF-8", "text/x", "", "text/plain;charset=UTF-8", ""} {
			got := a.get(fmt.Sprint("/", path), 200, "hello")
			if got.Header.Get("Content-Type") != contentType || got.ContentLength != 5 {
				t.Errorf("response %d has the type %q and 5 bytes; got %q and %d", path, contentType, got.Header.Get("Content-Type"), got.ContentLength)
			}
		}
		for path := 5; path < 8; path++ {
			a.get(fmt.Sprint("/", path), 500, "the application did not answer")
		}
		a.log.line(t, "TypeError: A body must be a string", "of type AsyncGenerator")
	})
	t.Run("a binary message can be read as the body of a Response", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `export default { fetch() {
			const [client, server] = Object.values(new WebSocketPair());
			server.accept();
			server.addEventListener("message", async ({ data }) => server.send(await new Response(data).arrayBuffer()));
			return new Response(null, { status: 101, webSocket: client });
		} };`, worker.Options{})
		c := a.connect()
		c.sendBytes(1, 2, 3)
		c.want("bytes [1 2 3]")
	})
}

func TestRequestBody(t *testing.T) {
	t.Parallel()
	t.Run("the body of a request can be sent to another server", func(t *testing.T) {
		t.Parallel()
		server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = fmt.Fprintf(w, "%s %d %s %s", r.Method, r.ContentLength, r.Header.Get("Content-Type"), body)
		})
		for _, expression := range []string{
			`fetch(base, { method: "POST", headers: { "content-type": "a/b" }, body: event.request.body })`,
			`fetch(new Request(base, { method: "POST", headers: { "content-type": "a/b" }, body: event.request.body, duplex: "half" }))`,
			`fetch(base, event.request)`,
			`fetch(new Request(base, event.request))`,
			`fetch(base, { method: "POST", headers: event.request.headers, body: new Response(event.request.body).body })`,
			`(async () => fetch(base, { method: "POST", body: await event.request.blob() }))()`,
		} {
			a := serve(t, fetching(server.URL, expression+".then((r) => r.text())"), worker.Options{})
			if got := a.do("POST", "/", "abc", "Content-Type", "a/b"); got.body != "POST 3 a/b abc" {
				t.Errorf("with %s the complete body arrives; got %q", expression, got.body)
			}
		}
	})
	t.Run("a chunked body has no Content-Length", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("fetch", async (event) => {
			const length = event.request.headers.get("content-length"), had = event.request.body !== null;
			event.respondWith(new Response(length + " " + had + " " + (await event.request.text())));
		});`, worker.Options{})
		for request, want := range map[string]string{
			"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n": "null true abc",
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc":                                     "3 true abc",
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n":                                        "0 false ",
			"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                                                              "null false ",
		} {
			if got := a.raw(request); got.body != want {
				t.Errorf("%q gives %q; got %q", request, want, got.body)
			}
		}
	})
}
