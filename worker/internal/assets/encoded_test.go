package assets

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBestCoding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ accept, available, want string }{
		{"gzip, deflate, br, zstd", "br zstd gzip", "br"},
		{"gzip, deflate", "br zstd gzip", "gzip"},
		{"GZIP", "gzip", "gzip"},
		{"x-gzip", "gzip", "gzip"},
		{"gzip;q=1, br;q=0.5", "br gzip", "gzip"},
		{"br;q=0.2, zstd;q=0.2", "br zstd gzip", "br"},
		{"br ; Q = 0.5", "br", "br"},
		{"*", "zstd gzip", "zstd"},
		{"*, br;q=0", "br gzip", "gzip"},
		{"identity;q=1, *;q=0", "br gzip", ""},
		{"identity, gzip;q=0.5", "gzip", ""},
		{"identity;q=0.5, gzip;q=0.5", "gzip", "gzip"},
		{"gzip;q=0", "gzip", ""},
		{"gzip;q=0.000", "gzip", ""},
		{"gzip;q=2", "gzip", ""},
		{"gzip;q=NaN", "gzip", ""},
		{"gzip;q=1e-1", "gzip", ""},
		{"gzip;level=1", "gzip", ""},
		{"deflate", "br gzip", ""},
		{"", "br", ""},
		{"br", "", ""},
	} {
		if got := bestCoding([]string{c.accept}, strings.Fields(c.available)); got != c.want {
			t.Errorf("of %q the client with Accept-Encoding: %s gets %q; got %q", c.available, c.accept, c.want, got)
		}
	}
	if got := bestCoding(nil, []string{"br"}); got != "" {
		t.Errorf("without Accept-Encoding the answer is not encoded; got %q", got)
	}
	if got := bestCoding([]string{"deflate", "gzip"}, []string{"gzip"}); got != "gzip" {
		t.Errorf("all values of Accept-Encoding count; got %q", got)
	}
}

// get returns the answer of a site to a request with fields, which are names and values in turn.
func get(s *Site, path string, fields ...string) *http.Response {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(http.MethodGet, path, fields...))
	return w.Result()
}

// text returns the body of an answer.
func text(t testing.TB, response *http.Response) string {
	t.Helper()
	var b strings.Builder
	if err := response.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "\r\n\r\n")
	return body
}

func TestPrecompressedFiles(t *testing.T) {
	t.Parallel()
	s := siteOf(t, map[string]string{
		"app.js": "original", "app.js.br": "brotli", "app.js.gz": "gzip!", "plain.css": "plain", "index.html": "home", "index.html.gz": "home!",
		"stale.js": "new", "stale.js.gz": "old", "ignored.js": "original", "ignored.js.gz": "gzip", ".assetsignore": "ignored.js.gz",
	}, Options{})
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(s.opts.Directory, "stale.js.gz"), old, old); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, accept, coding, vary, body string }{
		{"/app.js", "gzip, br", "br", "Accept-Encoding", "brotli"},
		{"/app.js", "gzip", "gzip", "Accept-Encoding", "gzip!"},
		{"/app.js", "deflate", "", "Accept-Encoding", "original"},
		{"/plain.css", "gzip", "", "", "plain"},
		{"/", "gzip", "gzip", "Accept-Encoding", "home!"},
		{"/stale.js", "gzip", "", "", "new"},
		{"/ignored.js", "gzip", "", "", "original"},
		{"/app.js.gz", "gzip", "", "", "gzip!"},
	} {
		got := get(s, c.path, "Accept-Encoding", c.accept)
		header := got.Header
		if header.Get("Content-Encoding") != c.coding || header.Get("Vary") != c.vary || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s for %s has Content-Encoding %q and Vary %q; got %v", c.path, c.accept, c.coding, c.vary, header)
		}
		if want := len(c.body); got.ContentLength != int64(want) {
			t.Errorf("%s for %s has the length %d; got %d", c.path, c.accept, want, got.ContentLength)
		}
		if body := text(t, got); body != c.body {
			t.Errorf("%s for %s is %q; got %q", c.path, c.accept, c.body, body)
		}
	}
	if got := get(s, "/app.js", "Accept-Encoding", "br").Header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("a precompressed file has the type of the original; got %q", got)
	}
}

// The encodings of a file are different representations, with entity tags of their own.
func TestPrecompressedFilesWithConditions(t *testing.T) {
	t.Parallel()
	s := siteOf(t, map[string]string{"app.js": "original", "app.js.gz": "0123456789"}, Options{CacheControl: "max-age=60"})
	plain, encoded := get(s, "/app.js"), get(s, "/app.js", "Accept-Encoding", "gzip")
	tag := encoded.Header.Get("ETag")
	if tag == "" || strings.HasPrefix(tag, "W/") || tag == plain.Header.Get("ETag") {
		t.Errorf("both have strong entity tags of their own; got %q and %q", tag, plain.Header.Get("ETag"))
	}
	if got := encoded.Header.Get("Cache-Control"); got != "max-age=60" {
		t.Errorf("Cache-Control is that of the option; got %q", got)
	}
	for _, c := range []struct {
		fields []string
		want   int
		body   string
	}{
		{[]string{"Accept-Encoding", "gzip", "If-None-Match", tag}, http.StatusNotModified, ""},
		{[]string{"If-None-Match", tag}, http.StatusOK, "original"},
		{[]string{"Accept-Encoding", "gzip", "If-Match", `"other"`}, http.StatusPreconditionFailed, ""},
		{[]string{"Accept-Encoding", "gzip", "Range", "bytes=2-4"}, http.StatusPartialContent, "234"},
		{[]string{"Accept-Encoding", "gzip", "Range", "bytes=2-4", "If-Range", tag}, http.StatusPartialContent, "234"},
		{[]string{"Range", "bytes=2-4", "If-Range", tag}, http.StatusOK, "original"},
		{[]string{"Accept-Encoding", "gzip", "Range", "bytes=90-"}, http.StatusRequestedRangeNotSatisfiable, "invalid range: failed to overlap\n"},
	} {
		got := get(s, "/app.js", c.fields...)
		if body := text(t, got); got.StatusCode != c.want || body != c.body {
			t.Errorf("%q is answered with %d %q; got %d %q", c.fields, c.want, c.body, got.StatusCode, body)
		}
		if got.StatusCode != http.StatusOK && got.StatusCode != http.StatusPartialContent && got.ContentLength > int64(len(c.body)) {
			t.Errorf("%q: the length of the answer is that of its body; got %d", c.fields, got.ContentLength)
		}
	}
}

// FuzzBestCoding checks that only available codings are chosen, and none that the client excludes.
func FuzzBestCoding(f *testing.F) {
	for _, seed := range []string{"gzip, br", "*;q=0", "gzip;q=0.5, identity;q=1", ";;;,,,=", "br;q=1.0000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		available := []string{"br", "zstd", "gzip"}
		got := bestCoding([]string{accept}, available)
		if got != "" && got != "br" && got != "zstd" && got != "gzip" {
			t.Errorf("%q leads to %q", accept, got)
		}
		if last := bestCoding([]string{accept, got + ";q=0"}, available); got != "" && last == got && len(parseAccept([]string{accept})) < maxCodings {
			t.Errorf("%q leads to %q although it is excluded", accept, got)
		}
	})
}
