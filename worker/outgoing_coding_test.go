package worker_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// encoded returns a text after content codings have been applied in order. Unknown codings are skipped.
func encoded(t *testing.T, text string, codings ...string) []byte {
	t.Helper()
	data := []byte(text)
	for _, coding := range codings {
		var b bytes.Buffer
		var w io.WriteCloser
		switch coding {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&b)
		case "deflate", "bare":
			w = zlib.NewWriter(&b)
		default:
			continue
		}
		_, _ = w.Write(data)
		_ = w.Close()
		data = b.Bytes()
		if coding == "bare" { // without the header and the checksum of zlib (RFC 1950, section 2.2)
			data = data[2 : len(data)-4]
		}
	}
	return data
}

// encoder applies the content codings that the path of a request contains to its response, which has the request's
// Accept-Encoding as X-Asked.
func encoder(t *testing.T, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/")
		w.Header().Set("X-Asked", r.Header.Get("Accept-Encoding"))
		if path != "" {
			w.Header().Set("Content-Encoding", strings.ReplaceAll(path, "bare", "deflate"))
		}
		_, _ = w.Write(encoded(t, text, strings.Split(path, ", ")...))
	}
}

// passesHeaders is an expression that fetches with the header of the request that the script handles.
const passesHeaders = `fetch(base + new URL(event.request.url).pathname, { headers: event.request.headers })`

func TestScriptFetchDecodesBodies(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, encoder(t, `{"ok":true}`))
	for name, fetch := range map[string]string{
		"the script":  passesHeaders,
		"the runtime": `fetch(base + new URL(event.request.url).pathname)`,
	} {
		for _, read := range []string{`r.text()`, `r.clone().text()`, `new Response(await r.text(), r).text()`, `new Response(r.body, r).text()`, `JSON.stringify(await r.json())`, `new TextDecoder().decode(await r.bytes())`} {
			a := serve(t, fetching(server.URL, fetch+`.then(async (r) => (await `+read+`) + " " + r.headers.get("content-encoding"))`), worker.Options{})
			for _, path := range []string{"/", "/gzip", "/x-gzip", "/deflate", "/bare", "/gzip, gzip", "/deflate, gzip", "/identity"} {
				want := `{"ok":true} null`
				if path == "/identity" {
					want = `{"ok":true} identity`
				}
				if got := a.do("GET", strings.ReplaceAll(path, " ", "%20"), "", "Accept-Encoding", "gzip, deflate, br"); got.body != want {
					t.Errorf("with the Accept-Encoding of %s, %s of %s is %s; got %d %q", name, read, path, want, got.StatusCode, got.body)
				}
			}
		}
	}
}

func TestScriptFetchAcceptEncoding(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, encoder(t, "x"))
	a := serve(t, fetching(server.URL, `fetch(base, { method: event.request.method, headers: { ...Object.fromEntries([...event.request.headers].filter(([name]) => name !== "accept-encoding" || event.request.headers.get("x-keep"))) } }).then((r) => r.headers.get("x-asked"))`), worker.Options{})
	for _, c := range []struct {
		header []string
		want   string
	}{
		{[]string{"Accept-Encoding", "gzip"}, "gzip, deflate"},
		{[]string{"X-Keep", "1", "Accept-Encoding", "gzip, deflate, br, zstd"}, "gzip, deflate"},
		{[]string{"X-Keep", "1", "Accept-Encoding", "br"}, "identity"},
		{[]string{"X-Keep", "1", "Accept-Encoding", "identity;q=1, *;q=0"}, "identity;q=1"},
		{[]string{"Accept-Encoding", "gzip", "Range", "bytes=0-1"}, "identity"},
	} {
		if got := a.do("GET", "/", "", c.header...); got.body != c.want {
			t.Errorf("for a request with %q the Accept-Encoding of the fetch is %q; got %q", c.header, c.want, got.body)
		}
	}
}

func TestScriptFetchForwardsUnreadBodiesUnchanged(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, encoder(t, "hello"))
	for _, expression := range []string{passesHeaders, passesHeaders + `.then((r) => new Response(r.body, r))`,
		`fetch(base + new URL(event.request.url).pathname, event.request)`} {
		a := serve(t, `const base = "`+server.URL+`"; addEventListener("fetch", (event) => event.respondWith(`+expression+`))`, worker.Options{})
		for _, coding := range []string{"gzip", "deflate", "br"} {
			got := a.do("GET", "/"+coding, "", "Accept-Encoding", "gzip, deflate, br")
			want := string(encoded(t, "hello", coding))
			if got.body != want || got.Header.Get("Content-Encoding") != coding || got.ContentLength != int64(len(want)) {
				t.Errorf("with %s the client receives the bytes of %s; got %q with %v", expression, coding, got.body, got.Header)
			}
		}
	}
}

func TestScriptFetchDecodesForwardedBodies(t *testing.T) {
	t.Parallel()
	server := otherServer(t, encoder(t, "hello"))
	a := serve(t, `addEventListener("fetch", (event) => event.respondWith(fetch("`+server.URL+`/gzip")))`, worker.Options{})
	if got := a.do("GET", "/", "", "Accept-Encoding", "x"); got.body != "hello" || got.Header.Get("Content-Encoding") != "" {
		t.Errorf("a client that accepts no coding gets plain text; got %q with %v", got.body, got.Header)
	}
}

func TestScriptFetchUnknownCoding(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, encoder(t, "hello"))
	a := serve(t, fetching(server.URL, passesHeaders+`.then((r) => r.text())`), worker.Options{})
	a.get("/br", 500, "TypeError: The body has the content coding br, which is not supported: request gzip or deflate from the server, or read the bytes")
	a.reload(fetching(server.URL, passesHeaders+`.then(async (r) => r.headers.get("content-encoding") + " " + (await r.bytes()).length)`))
	a.get("/br", 200, "br 5")
}

func TestScriptFetchInvalidCoding(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		body := encoded(t, strings.Repeat("a", 10_000), "gzip")
		if r.URL.Path == "/cut" {
			body = body[:20]
		}
		_, _ = w.Write(body)
	})
	host := strings.TrimPrefix(server.URL, "http://")
	a := serve(t, fetching(server.URL, `fetch(base + new URL(event.request.url).pathname).then((r) => r.text())`), worker.Options{MaxBody: 1000})
	a.get("/cut", 500, "TypeError: fetch of "+host+" failed: the body is not valid gzip")
	a.get("/", 500, "TypeError: fetch of "+host+" failed: the body of the answer is larger than 1000 bytes")
	a.reload(fetching(server.URL, passesHeaders+`.then((r) => r.text())`))
	for path, want := range map[string]string{"/cut": "the body is not valid gzip", "/": "1000 bytes"} {
		if got := a.do("GET", path, "", "Accept-Encoding", "gzip"); !strings.HasPrefix(got.body, "TypeError: ") || !strings.Contains(got.body, want) {
			t.Errorf("a script that has requested gzip gets a TypeError with %q; got %q", want, got.body)
		}
	}
}

func TestScriptFetchHEADKeepsFields(t *testing.T) {
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", "1234")
	})
	a := serve(t, fetching(server.URL, `fetch(base, { method: "HEAD" }).then((r) => r.headers.get("content-encoding") + " " + r.headers.get("content-length"))`), worker.Options{})
	a.get("/", 200, "gzip 1234")
}
