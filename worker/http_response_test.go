package worker_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// respond serves an application that responds with the values of expressions. The path of each is its index.
func respond(t *testing.T, expressions ...string) *testApp {
	t.Helper()
	return serve(t, `
		const makers = [`+"() => ("+strings.Join(expressions, "), () => (")+`)];
		addEventListener("fetch", (event) => event.respondWith(makers[new URL(event.request.url).pathname.slice(1)]()));`, worker.Options{})
}

func TestResponse(t *testing.T) {
	t.Parallel()
	t.Run("status, type, length and body are those of the Response", func(t *testing.T) {
		t.Parallel()
		cases := map[string]string{
			`new Response("hello")`:                        `200 "hello" 5 [text/plain;charset=UTF-8]`,
			`new Response("é", { status: 418 })`:           `418 "é" 2 [text/plain;charset=UTF-8]`,
			`new Response(new Uint8Array([60, 104, 116]))`: `200 "<ht" 3 []`,
			`new Response(null)`:                           `200 "" 0 []`,
			`new Response(null, { status: 204 })`:          `204 "" 0 []`,
			`new Response("")`:                             `200 "" 0 [text/plain;charset=UTF-8]`,
			`Response.json({ a: 1 }, { status: 201 })`:     `201 "{\"a\":1}" 7 [application/json]`,
			`Response.redirect("http://x.test/y", 303)`:    `303 "" 0 []`,
			`new Response("x", { headers: {"content-length": "9", "transfer-encoding": "chunked", "content-type": "a/b"} })`: `200 "x" 1 [a/b]`,
			`Promise.resolve(new Response("later"))`:             `200 "later" 5 [text/plain;charset=UTF-8]`,
			`{ then(done) { done(new Response("thenable")); } }`: `200 "thenable" 8 [text/plain;charset=UTF-8]`,
		}
		expressions := slices.Sorted(maps.Keys(cases))
		a := respond(t, expressions...)
		for i, expression := range expressions {
			r := a.do("GET", fmt.Sprint("/", i), "")
			got := fmt.Sprintf("%d %q %d %v", r.StatusCode, r.body, r.ContentLength, r.Header["Content-Type"])
			if want := cases[expression]; got != want {
				t.Errorf("for %s the client receives %s; got %s", expression, want, got)
			}
		}
	})
	t.Run("each Set-Cookie is a separate field", func(t *testing.T) {
		t.Parallel()
		a := respond(t, `new Response("", { headers: [["set-cookie", "a=1, b"], ["set-cookie", "c=2"], ["x-a", "1"], ["x-a", "2"]] })`)
		got := a.do("GET", "/0", "")
		if !slices.Equal(got.Header["Set-Cookie"], []string{"a=1, b", "c=2"}) {
			t.Errorf("each cookie has its own field; got %q", got.Header["Set-Cookie"])
		}
		if got.Header.Get("X-A") != "1, 2" {
			t.Errorf("other fields are joined; got %q", got.Header["X-A"])
		}
	})
	t.Run("the response to HEAD has the length and no body", func(t *testing.T) {
		t.Parallel()
		a := respond(t, `new Response("hello")`, `new Response(null, { headers: { "content-length": "1234" } })`)
		for path, length := range map[string]int64{"/0": 5, "/1": 1234} {
			got := a.do("HEAD", path, "")
			if got.ContentLength != length || got.body != "" {
				t.Errorf("the response to HEAD %s has the length %d and no body; got %d %q", path, length, got.ContentLength, got.body)
			}
		}
	})
}

func TestRespondWithOtherValues(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		`"hello"`:          "expects a Response",
		`undefined`:        "expects a Response",
		`Response.error()`: "Response.error()",
		`Promise.reject(new RangeError("no answer"))`:                                                                 "no answer",
		`(() => { const r = new Response("x"); r.text(); return r; })()`:                                              "already been read",
		`{ then() { throw new Error("bad thenable"); } }`:                                                             "bad thenable",
		`{ get then() { throw new Error("bad getter"); } }`:                                                           "bad getter",
		`Object.assign(Promise.resolve(1), { constructor: null })`:                                                    "TypeError",
		`Object.defineProperty(Promise.resolve(1), "constructor", { get() { throw new Error("bad constructor"); } })`: "bad constructor",
	}
	expressions := slices.Sorted(maps.Keys(cases))
	a := respond(t, expressions...)
	for i, expression := range expressions {
		before := len(a.log.String())
		a.get(fmt.Sprint("/", i), 500, "the application did not answer")
		if line := a.log.String()[before:]; !hasAll(line, []string{"uncaught exception", "event=fetch", cases[expression]}) {
			t.Errorf("the log for respondWith(%s) contains %q; got %s", expression, cases[expression], line)
		}
	}
}
