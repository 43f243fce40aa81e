package dashboard_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger/admin/dashboard"
)

// get returns the answer to a request for the page.
func get(t *testing.T, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = header
	w := httptest.NewRecorder()
	dashboard.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestPageLoadsNothing(t *testing.T) {
	w := httptest.NewRecorder()
	dashboard.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	page := w.Body.String()
	if link := regexp.MustCompile(`(?i)(src|href)="?(https?:|//)|url\(|@import|^import `).FindString(page); link != "" {
		t.Errorf("the page loads %q, expected nothing outside of it", link)
	}
	if inline := regexp.MustCompile(`<[a-z][^>]* (style|on[a-z]+)=`).FindString(page); inline != "" {
		t.Errorf("the page has %q, which its Content-Security-Policy forbids", inline)
	}
	if sink := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function`).FindString(page); sink != "" {
		t.Errorf("the page has %q, which could make HTML or code of what a peer has sent", sink)
	}
	if strings.Contains(page, "{{") || strings.Contains(page, "(() => {\nreturn") || strings.Contains(page, "<style>\n</style>") {
		t.Error("a part of the page is empty")
	}
	if len(page) > 125_000 {
		t.Errorf("the page has %d bytes, expected at most 125,000", len(page))
	}
}

func TestPageIsCompressed(t *testing.T) {
	answer := get(t, http.Header{"Accept-Encoding": {"gzip, br"}})
	if got := answer.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding is %q, expected gzip", got)
	}
	compressed, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(get(t, nil).Body)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, plain) {
		t.Error("the compressed page is another one")
	}
	t.Logf("%d bytes, %d compressed", len(page), len(compressed))
}

func TestPageHeader(t *testing.T) {
	answer := get(t, nil)
	if got, want := answer.Header.Get("Content-Type"), "text/html; charset=utf-8"; got != want {
		t.Errorf("Content-Type is %q, expected %q", got, want)
	}
	policy := answer.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "script-src 'sha256-", "style-src 'sha256-"} {
		if !strings.Contains(policy, part) {
			t.Errorf("Content-Security-Policy is %q, expected %q in it", policy, part)
		}
	}
	again := get(t, http.Header{"If-None-Match": {answer.Header.Get("Etag")}})
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("a second request has the status %d, expected 304", again.StatusCode)
	}
}
