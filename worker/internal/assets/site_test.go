package assets

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files are those of the folder in the tests, with their content.
var files = map[string]string{
	"index.html": "root", "a.html": "a", "dir/index.html": "d", "both.html": "b", "both/index.html": "bi", "404.html": "404", "deep/404.html": "d404",
	"plain.txt": "t", "sp ace.html": "s", "style.css": "body {}", "data.unknown": "?", "numbers.txt": "0123456789",
	".git/config": "secret", ".env": "secret", ".well-known/security.txt": "contact", "_headers": "/never", "_redirects": "/never /b",
	"notes/draft.md": "draft", "notes/page.md": "page", "notes/tmp/x.txt": "x", "keep.log": "log", "app.log": "log",
	".assetsignore": "# comment\n*.log\n!keep.log\n/notes/draft.md\ntmp/\n",
}

// open opens a site of files with options; Directory is set.
func open(t testing.TB, opts Options) *Site {
	t.Helper()
	return siteOf(t, files, opts)
}

// request returns a request with fields, which are names and values in turn.
func request(method, path string, fields ...string) *http.Request {
	r := httptest.NewRequest(method, "http://example.com"+path, http.NoBody)
	for i := 0; i+1 < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	return r
}

// answer returns the status and what the answer to a request leads to: the content, the Location, or "script".
func answer(s *Site, r *http.Request) string {
	handler := s.Before(r)
	if handler == nil {
		return "200 script"
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	text := w.Header().Get("Location")
	if text == "" {
		text = w.Body.String()
	}
	return strings.TrimSpace(w.Result().Status[:3] + " " + text)
}

// The rows of testdata/paths.txt are what the Workers runtime answers.
func TestBeforeLeadsToTheFilesOfTheWorkersRuntime(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("testdata/paths.txt")
	if err != nil {
		t.Fatal(err)
	}
	sites := map[string]*Site{}
	for line := range strings.Lines(string(table)) {
		if line[0] == '#' {
			continue
		}
		row := strings.Fields(line)
		options := row[0] + " " + row[1]
		if sites[options] == nil {
			sites[options] = open(t, Options{HTMLHandling: row[0], NotFoundHandling: row[1]})
		}
		if got, want := answer(sites[options], request("GET", row[2])), row[3]+" "+row[4]; got != want {
			t.Errorf("%s %s: the answer must be %s; got %s", options, row[2], want, got)
		}
	}
}

func TestBefore(t *testing.T) {
	t.Parallel()
	spa := Options{NotFoundHandling: "single-page-application", Navigations: true}
	routes := Options{NotFoundHandling: "single-page-application", ScriptFirst: []string{"/api/*", "/a", "!/api/docs/*"}}
	for _, c := range []struct {
		name string
		opts Options
		r    *http.Request
		want string
	}{
		{"a navigation without a file", spa, request("GET", "/x", "Sec-Fetch-Mode", "navigate"), "200 root"},
		{"another request without a file", spa, request("GET", "/x"), "200 script"},
		{"a navigation without a rule for it", Options{NotFoundHandling: "404-page"}, request("GET", "/x", "Sec-Fetch-Mode", "navigate"), "200 script"},
		{"a file that the script gets first", routes, request("GET", "/a"), "200 script"},
		{"a path that the script gets first", routes, request("GET", "/api/rooms"), "200 script"},
		{"an exception", routes, request("GET", "/api/docs/x"), "200 root"},
		{"a path without a route", routes, request("GET", "/x"), "200 root"},
		{"all requests", Options{ScriptFirst: []string{"/*"}}, request("GET", "/"), "200 script"},
		{"another method", Options{}, request("POST", "/a"), "405"},
		{"another method without a file", Options{}, request("POST", "/x"), "200 script"},
		{"HEAD", Options{}, request("HEAD", "/a"), "200"},
		{"the query of a redirect", Options{}, request("GET", "/a.html?b=1"), "307 /a?b=1"},
		{"a hidden file", Options{}, request("GET", "/.env"), "200 script"},
		{"a hidden folder", Options{}, request("GET", "/.git/config"), "200 script"},
		{".well-known", Options{}, request("GET", "/.well-known/security.txt"), "200 contact"},
		{"a parent folder", Options{}, request("GET", "/notes/../plain.txt"), "200 script"},
		{"an encoded parent folder", Options{}, request("GET", "/notes/%2e%2e/plain.txt"), "200 script"},
		{"a backslash", Options{}, request("GET", "/notes%5cpage.md"), "200 script"},
		{"a null byte", Options{}, request("GET", "/plain.txt%00"), "200 script"},
		{"a file of configuration", Options{}, request("GET", "/_headers"), "200 script"},
		{"an ignored file", Options{}, request("GET", "/notes/draft.md"), "200 script"},
		{"an ignored suffix", Options{}, request("GET", "/app.log"), "200 script"},
		{"an exception from what is ignored", Options{}, request("GET", "/keep.log"), "200 log"},
		{"an ignored folder", Options{}, request("GET", "/notes/tmp/x.txt"), "200 script"},
		{"a file that is not ignored", Options{}, request("GET", "/notes/page.md"), "200 page"},
		{"a range", Options{}, request("GET", "/numbers.txt", "Range", "bytes=2-4"), "206 234"},
		{"an invalid range", Options{}, request("GET", "/numbers.txt", "Range", "bytes=20-"), "416 invalid range: failed to overlap"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := answer(open(t, c.opts), c.r); got != c.want {
				t.Errorf("the answer must be %q; got %q", c.want, got)
			}
		})
	}
}

func TestServeHTTPHeader(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	serve := func(r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result()
	}
	first := serve(request("GET", "/style.css"))
	tag := first.Header.Get("ETag")
	for name, want := range map[string]string{
		"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=0, must-revalidate", "Content-Length": "7", "Accept-Ranges": "bytes",
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s must be %q; got %q", name, want, got)
		}
	}
	if again := serve(request("GET", "/style.css", "If-None-Match", tag)); again.StatusCode != http.StatusNotModified {
		t.Errorf("a request with the entity tag %s must be answered with 304; got %d", tag, again.StatusCode)
	}
	if unknown := serve(request("GET", "/data.unknown")); unknown.Header["Content-Type"] != nil {
		t.Errorf("a file of an unknown type must have no Content-Type; got %q", unknown.Header["Content-Type"])
	}
	if private := serve(request("GET", "/style.css", "Authorization", "x")); private.Header.Get("Cache-Control") != "" {
		t.Errorf("the answer to a request with credentials must have no Cache-Control; got %q", private.Header.Get("Cache-Control"))
	}
	if missing := serve(request("GET", "/x")); missing.StatusCode != http.StatusNotFound || missing.Header.Get("ETag") != "" {
		t.Errorf("a path without a file must be answered with 404; got %d %v", missing.StatusCode, missing.Header)
	}
	if err := os.WriteFile(filepath.Join(s.opts.Directory, "style.css"), []byte("a {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed := serve(request("GET", "/style.css", "If-None-Match", tag)); changed.StatusCode != http.StatusOK {
		t.Errorf("a file that has changed must be sent again; got %d", changed.StatusCode)
	}
}

// A symbolic link is followed within the folder, and not out of it.
func TestSymbolicLinks(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.opts.Directory, "out.txt")); err != nil {
		t.Skip("the system has no symbolic links:", err)
	}
	if err := os.Symlink("plain.txt", filepath.Join(s.opts.Directory, "in.txt")); err != nil {
		t.Fatal(err)
	}
	if got := answer(s, request("GET", "/out.txt")); got != "200 script" {
		t.Errorf("a link out of the folder must not be followed; got %s", got)
	}
	if got := answer(s, request("GET", "/in.txt")); got != "200 t" {
		t.Errorf("a link within the folder must be followed; got %s", got)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		opts Options
		want string
	}{
		{"a folder that does not exist", Options{Directory: "none"}, "the folder none cannot be read: "},
		{"html_handling", Options{HTMLHandling: "auto"}, `HTMLHandling is "auto": it must be`},
		{"not_found_handling", Options{NotFoundHandling: "spa"}, `NotFoundHandling is "spa": it must be`},
		{"a route", Options{ScriptFirst: []string{"api"}}, `RunWorkerFirst has "api": a path begins with / or !/`},
		{"too many routes", Options{ScriptFirst: make([]string, 101)}, "RunWorkerFirst has 101 paths: at most 100 are possible"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Open(c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error must contain %q; got %v", c.want, err)
			}
		})
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ".assetsignore"), []byte("a\n[z-a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Directory: folder}); err == nil || !strings.Contains(err.Error(), ".assetsignore:2: is not a pattern of gitignore") {
		t.Errorf("an invalid pattern must be an error with its line; got %v", err)
	}
}

// FuzzFind checks that no path leads to a hidden file or out of the folder, and that a redirect leads to its file.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{"/", "/a.html", "/dir", "//dir//index", "/../a", "/.env", "/both/", "/x/index"} {
		f.Add(seed, 0)
	}
	var sites []*Site
	for _, handling := range []string{"auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"} {
		sites = append(sites, open(f, Options{HTMLHandling: handling, NotFoundHandling: "404-page"}))
	}
	f.Fuzz(func(t *testing.T, path string, handling int) {
		s := sites[uint(handling)%4]
		found := s.find(path, true)
		if found == (target{}) {
			return
		}
		if _, served := files[strings.TrimPrefix(found.file, "/")]; !served || strings.Contains(found.file, "/.env") || strings.Contains(found.file, "/.git") {
			t.Errorf("%q leads to %q", path, found.file)
		}
		if found.redirect != "" && s.find(found.redirect, true).file != found.file {
			t.Errorf("%q redirects to %q, which leads to %q", path, found.redirect, s.find(found.redirect, true).file)
		}
	})
}

// FuzzParseIgnored checks that no text causes a panic.
func FuzzParseIgnored(f *testing.F) {
	f.Add("*.log\n!a\n/b/**/c\n[a-z]?\\*\ntmp/", "a/b/c")
	f.Fuzz(func(_ *testing.T, text, name string) {
		rules, err := parseIgnored(text)
		if local, ok := localName(name); ok && err == nil {
			rules.match(local)
		}
	})
}
