package worker_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lingerws/linger/worker"
)

// respond serves a response that the script makes with an expression.
func respond(t *testing.T, expression string) *testApp {
	t.Helper()
	return serve(t, `addEventListener("fetch", (event) => event.respondWith(`+expression+`));`, worker.Options{})
}

func TestTheResponseIsWhatTheScriptSays(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
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
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			r := respond(t, expression).do("GET", "/", "")
			got := fmt.Sprintf("%d %q %d %v", r.StatusCode, r.body, r.ContentLength, r.Header["Content-Type"])
			if got != want {
				t.Errorf("the client gets %s; got %s", want, got)
			}
		})
	}
}

func TestEverySetCookieHasALineOfItsOwn(t *testing.T) {
	t.Parallel()
	a := respond(t, `new Response("", { headers: [["set-cookie", "a=1, b"], ["set-cookie", "c=2"], ["x-a", "1"], ["x-a", "2"]] })`)
	got := a.do("GET", "/", "")
	if !slices.Equal(got.Header["Set-Cookie"], []string{"a=1, b", "c=2"}) {
		t.Errorf("cookies have a line each; got %q", got.Header["Set-Cookie"])
	}
	if got.Header.Get("X-A") != "1, 2" {
		t.Errorf("other fields are joined; got %q", got.Header["X-A"])
	}
}

func TestAResponseToHEADHasTheLengthAndNoBody(t *testing.T) {
	t.Parallel()
	for expression, length := range map[string]int64{
		`new Response("hello")`: 5,
		`new Response(null, { headers: { "content-length": "1234" } })`: 1234,
	} {
		got := respond(t, expression).do("HEAD", "/", "")
		if got.ContentLength != length || got.body != "" {
			t.Errorf("%s to HEAD has the length %d and no body; got %d %q", expression, length, got.ContentLength, got.body)
		}
	}
}

func TestWhatIsNoResponseIsAnError(t *testing.T) {
	t.Parallel()
	for expression, text := range map[string]string{
		`"hello"`:          "expects a Response",
		`undefined`:        "expects a Response",
		`Response.error()`: "Response.error()",
		`Promise.reject(new RangeError("no answer"))`:                                                                 "no answer",
		`(() => { const r = new Response("x"); r.text(); return r; })()`:                                              "read already",
		`{ then() { throw new Error("bad thenable"); } }`:                                                             "bad thenable",
		`{ get then() { throw new Error("bad getter"); } }`:                                                           "bad getter",
		`Object.assign(Promise.resolve(1), { constructor: null })`:                                                    "expects a Response",
		`Object.defineProperty(Promise.resolve(1), "constructor", { get() { throw new Error("bad constructor"); } })`: "bad constructor",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			a := respond(t, expression)
			a.get("/", 500, "the application did not answer")
			a.log.line(t, "uncaught exception", "event=fetch", text)
		})
	}
}
