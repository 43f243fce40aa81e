package assets

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// siteOf opens a site of files.
func siteOf(t testing.TB, files map[string]string, opts Options) *Site {
	t.Helper()
	opts.Directory = t.TempDir()
	for name, text := range files {
		path := filepath.Join(opts.Directory, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// read returns the text of a file in testdata.
func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// ruled has the fields that the rules in testdata/headers may change.
var ruled = []string{"X-All", "X-Frame-Options", "Cache-Control", "X-Name", "X-Splat", "X-Host", "X-Redirect"}

// The rows of testdata/rules.txt are what the Workers runtime answers.
func TestRulesAreThoseOfTheWorkersRuntime(t *testing.T) {
	t.Parallel()
	s := siteOf(t, map[string]string{
		"_redirects": read(t, "redirects"), "_headers": read(t, "headers"),
		"index.html": "root", "a.html": "a", "b/index.html": "b", "style.css": "css", "404.html": "404page",
	}, Options{NotFoundHandling: "404-page"})
	for line := range strings.Lines(read(t, "rules.txt")) {
		if line[0] == '#' {
			continue
		}
		path, _, _ := strings.Cut(line, " ")
		r := httptest.NewRequest("GET", "http://x"+path, nil)
		got := path + " script"
		if handler := s.Before(r); handler != nil {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			text := w.Header().Get("Location")
			if text == "" {
				text = w.Body.String()
			}
			var fields []string
			for _, name := range ruled {
				if values := w.Header().Values(name); w.Header().Get(name) != "" {
					fields = append(fields, name+": "+strings.Join(values, ", "))
				}
			}
			got = fmt.Sprintf("%s %d %s %s", path, w.Code, text, strings.Join(fields, "; "))
		}
		if want := strings.Join(strings.Fields(line), " "); strings.TrimSpace(got) != want {
			t.Errorf("the answer must be\n%s; got\n%s", want, got)
		}
	}
	const want = `_redirects:15 it would redirect requests for ever: the canonical path of /loop2/index.html matches it again
_redirects:17 it has the path of an earlier line
_redirects:18 it has 1 parts: it must have a path, a destination and, optionally, a status
_redirects:19 it has the destination ftp://x: it must begin with / or https://
_redirects:20 it has the status 404: it must be 200, 301, 302, 303, 307 or 308
_redirects:21 it does not begin with a path, which begins with /
_headers:17 it has no colon: it must have the name and the value of a field
`
	if got := warningsOf(s); got != want {
		t.Errorf("the warnings must be\n%s; got\n%s", want, got)
	}
}

// warningsOf returns the warnings of a site, one on each line.
func warningsOf(s *Site) (text string) {
	for _, w := range s.Warnings() {
		text += fmt.Sprintf("%s:%d %s\n", w.File, w.Line, strings.TrimPrefix(w.Text, w.File+": the line has no effect: "))
	}
	return text
}

func TestRulesWarn(t *testing.T) {
	t.Parallel()
	static := strings.Builder{}
	for i := range maxStaticRedirects + 1 {
		fmt.Fprintf(&static, "/%d /\n", i)
	}
	for _, c := range []struct{ name, file, text, want string }{
		{"a destination of another scheme", "_redirects", "/a http://x", "it must begin with / or https://"},
		{"a rewrite to another server", "_redirects", "/a https://x 200", "it has the status 200 and the destination https://x: it must be a path"},
		{"two asterisks", "_redirects", "/*/a/* /", "it has more than one asterisk"},
		{"a placeholder twice", "_redirects", "/:a/:a /", "it has the placeholder :a twice"},
		{"an invalid path", "_redirects", "/%zz /", "it has a path that is not valid"},
		{"a long line", "_redirects", "/" + strings.Repeat("a", 2000) + " /", "it has more than 2000 bytes"},
		{"too many redirects", "_redirects", static.String(), "_redirects:2001 it is after 2000 lines without asterisks and placeholders"},
		{"too many patterns", "_redirects", manyPatterns(maxDynamicRedirects + 2), "_redirects:101 it is after 100 lines with asterisks or placeholders, and so are those that follow"},
		{"a field without a path", "_headers", "X-A: b", "it has no path before it"},
		{"an invalid field", "_headers", "/a\n X A: b", "it has no valid field"},
		{"a field without a value", "_headers", "/a\n X-A:", "it has no valid field"},
		{"too many paths", "_headers", strings.Repeat("/a\nX-A: b\n", maxHeaderRules+1), "_headers:201 it is after 100 paths, and so are those that follow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := siteOf(t, map[string]string{c.file: c.text}, Options{})
			if got := warningsOf(s); !strings.Contains(got, c.want) || strings.Count(got, "\n") != 1 {
				t.Errorf("there must be one warning that contains %q; got\n%s", c.want, got)
			}
		})
	}
}

// manyPatterns returns n redirects with placeholders.
func manyPatterns(n int) (text string) {
	for i := range n {
		text += fmt.Sprintf("/%d/:a /\n", i)
	}
	return text
}

// FuzzRules checks that no rules and no request cause a panic, and that a redirect to a path stays on the server.
func FuzzRules(f *testing.F) {
	f.Add(read(f, "redirects"), read(f, "headers"), "/splat//evil.com")
	f.Add("/*/:a https://x/:splat?q#:a 307\n/a/:b :b", "https://:a/*\n X: :splat\n ! Y", "/a//b")
	f.Fuzz(func(t *testing.T, redirects, headers, path string) {
		if !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, isControl) || strings.ContainsAny(path, " %?#") {
			return
		}
		s := siteOf(t, map[string]string{"_redirects": redirects, "_headers": headers}, Options{})
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path = path
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if location := w.Header().Get("Location"); strings.HasPrefix(location, "//") {
			t.Errorf("%q is redirected to another server: %q", path, location)
		}
	})
}
