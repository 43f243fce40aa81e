package worker_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// redirecting starts a server that redirects according to the query, to itself or to another server. To other requests it responds
// with a description of the request.
func redirecting(t *testing.T, other *httptest.Server) *httptest.Server {
	t.Helper()
	return otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if to := query.Get("to"); to != "" {
			var status int
			_, _ = fmt.Sscan(query.Get("status"), &status)
			w.Header().Set("Location", strings.ReplaceAll(to, "OTHER", other.URL))
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, "moved")
			return
		}
		describe(w, r)
	})
}

// describe responds with the method, the URI, some fields and the body of the request.
func describe(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, "%s %s type=%s auth=%s cookie=%s mine=%s body=%s", r.Method, r.RequestURI,
		r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X-Mine"), body)
}

func TestScriptFetchRedirect(t *testing.T) {
	t.Parallel()
	other := otherServer(t, describe)
	server := redirecting(t, other)
	host := strings.TrimPrefix(server.URL, "http://")
	const (
		all         = `headers: { Authorization: "secret", Cookie: "a=b", "X-Mine": "yes", "Content-Type": "a/b" }`
		show        = `.then(async (r) => [r.status, r.redirected, r.url.replace(base, ""), await r.text()].join(" "))`
		failed      = "TypeError: fetch of HOST failed: "
		credentials = "auth=secret cookie=a=b mine=yes"
	)
	for name, c := range map[string]struct{ query, init, want string }{
		"307 keeps method and body":          {"status=307&to=/b%23f", `{ method: "POST", body: "x", ` + all + ` }`, "200 true /b POST /b type=a/b " + credentials + " body=x"},
		"308 keeps method and body":          {"status=308&to=/b", `{ method: "PUT", body: "x", ` + all + ` }`, "200 true /b PUT /b type=a/b " + credentials + " body=x"},
		"303 of PUT becomes GET":             {"status=303&to=/b", `{ method: "PUT", body: "x", ` + all + ` }`, "200 true /b GET /b type= " + credentials + " body="},
		"303 of HEAD stays HEAD":             {"status=303&to=/b", `{ method: "HEAD" }`, "200 true /b "},
		"302 of POST becomes GET":            {"status=302&to=/b", `{ method: "POST", body: "x", ` + all + ` }`, "200 true /b GET /b type= " + credentials + " body="},
		"301 of PUT stays PUT":               {"status=301&to=/b", `{ method: "PUT", body: "x", ` + all + ` }`, "200 true /b PUT /b type=a/b " + credentials + " body=x"},
		"another origin gets no credentials": {"status=302&to=OTHER/b", `{ ` + all + ` }`, "200 true " + other.URL + "/b GET /b type=a/b auth= cookie= mine=yes body="},
		"relative":                           {"status=302&to=c?d", `{}`, "200 true /x/c?d GET /x/c?d type= auth= cookie= mine= body="},
		"304 is not a redirect":              {"status=304&to=/b", `{}`, "304 false /x/y?status=304&to=/b "},
		"manual":                             {"status=302&to=/b", `{ redirect: "manual" }`, "302 false /x/y?status=302&to=/b moved"},
		"error":                              {"status=302&to=/b", `{ redirect: "error" }`, failed + `the server redirects, and the request's redirect is "error"`},
		"two redirects":                      {"status=302&to=?status=302%26to=?1", `{}`, "200 true /x/y?1 GET /x/y?1 type= auth= cookie= mine= body="},
		"another scheme":                     {"status=302&to=file:///etc/passwd", `{}`, failed + "the server redirects to something other than a URL with the scheme http or https"},
		"an invalid URL":                     {"status=302&to=http://[", `{}`, failed + "the server redirects to something other than a URL with the scheme http or https"},
		"a user in the URL":                  {"status=302&to=http://a:b@x/", `{}`, failed + "the server redirects to a URL with a user name or a password"},
		"an unknown mode":                    {"status=302&to=/", `{ redirect: "maybe" }`, `TypeError: The redirect of a request must be one of "follow", "error", "manual", but got "maybe"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, fetching(server.URL, `fetch(base + "/x/y?`+c.query+`", `+c.init+`)`+show), worker.Options{})
			if got := a.do(http.MethodGet, "/", ""); got.body != strings.ReplaceAll(c.want, "HOST", host) {
				t.Errorf("the response is %q; got %q", c.want, got.body)
			}
		})
	}
}

func TestScriptFetchTwentyRedirects(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		if _, _ = fmt.Sscan(r.URL.Path[1:], &left); left > 0 {
			http.Redirect(w, r, fmt.Sprint("/", left-1), http.StatusFound)
		}
	})
	a := serve(t, fetching(server.URL, `fetch(base + new URL(event.request.url).pathname).then((r) => r.url.replace(base, ""))`), worker.Options{})
	a.get("/20", 200, "/0")
	a.get("/21", 500, "TypeError: fetch of "+strings.TrimPrefix(server.URL, "http://")+" failed: the server redirects more than 20 times")
}
