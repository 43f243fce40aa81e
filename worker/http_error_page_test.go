package worker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// failingRequests is an application whose paths fail in different ways.
const failingRequests = `
const later = (ms) => new Promise((done) => setTimeout(done, ms));
addEventListener("fetch", (event) => {
	switch (new URL(event.request.url).pathname) {
		case "/throw": throw new TypeError("<b>bad</b>", { cause: new Error("why") });
		case "/reject": return event.respondWith(later(1).then(() => { throw new Error("late"); }));
		case "/many": return event.respondWith(Promise.any([Promise.reject(new Error("one")), Promise.reject(new Error("two"))]));
		case "/nothing": return;
		case "/wrong": return event.respondWith("text");
		case "/never": return event.respondWith(new Promise(() => {}));
	}
});`

// getAccepting sends a GET request with an Accept field and returns the status, the type and the body of the response.
func getAccepting(a *testApp, path, accept string) (status int, kind, body string) {
	got := a.do(http.MethodGet, path, "", "Accept", accept)
	return got.StatusCode, got.Header.Get("Content-Type"), got.body
}

func TestErrorPageInDevelopment(t *testing.T) {
	bubble(t, testErrorPageInDevelopment)
}

func testErrorPageInDevelopment(t *testing.T) {
	a := serveInMemory(t, failingRequests, worker.Options{Development: true, EventTimeout: time.Second})
	for path, c := range map[string]struct {
		status int
		parts  []string
	}{
		"/throw":   {500, []string{"TypeError: <b>bad</b>\n", `app.js:5:`, `case "/throw": throw new TypeError`, "    at ", "  caused by\n  Error: why\n"}},
		"/reject":  {500, []string{"Error: late\n", "app.js:6:"}},
		"/many":    {500, []string{"AggregateError", "  Error: one\n", "  Error: two\n"}},
		"/nothing": {500, []string{"request not answered", "app.js:3:", `addEventListener("fetch"`}},
		"/wrong":   {500, []string{"TypeError: respondWith expects a Response, or a promise of one, but got string\n", "app.js:3:"}},
		"/never":   {504, []string{"did not finish within 1s", "app.js:3:"}},
	} {
		status, kind, body := getAccepting(a, path, "*/*")
		if status != c.status || kind != "text/plain; charset=utf-8" || !hasAll(body, c.parts) || strings.Contains(body, "linger:") {
			t.Errorf("the response to %s is %d and a text that contains %q; got %d, %s\n%s", path, c.status, c.parts, status, kind, body)
		}
		status, kind, body = getAccepting(a, path, "text/html,application/xhtml+xml,*/*;q=0.8")
		if status != c.status || kind != "text/html; charset=utf-8" || !strings.Contains(body, "app.js:") || strings.Contains(body, "<b>bad") {
			t.Errorf("a browser's request for %s gets an HTML page; got %d, %s\n%s", path, status, kind, body)
		}
	}
}

func TestErrorPageWithoutDevelopment(t *testing.T) {
	t.Parallel()
	a := serve(t, failingRequests, worker.Options{})
	for _, path := range []string{"/throw", "/reject", "/many", "/nothing", "/wrong"} {
		if status, _, body := getAccepting(a, path, "text/html"); status != 500 || body != "the application did not answer\n" {
			t.Errorf("the response to %s is 500 without details; got %d %q", path, status, body)
		}
	}
}

func TestErrorLogOfMissingResponses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		parts  []string
	}{
		"nothing called":        {"\naddEventListener('fetch', (event) => {});", []string{"request not answered: a listener must call respondWith", "app.js:2:"}},
		"returned":              {"\naddEventListener('fetch', async (event) => new Response('x'));", []string{"request not answered", "app.js:2:"}},
		"an object":             {"\nfunction listen() {}\naddEventListener('fetch', { handleEvent() {} }); addEventListener('fetch', listen);", []string{"request not answered", "app.js:2:"}},
		"default export":        {"\nexport default {\n\tfetch() {},\n};", []string{"respondWith expects a Response", "but got undefined", "app.js:3:"}},
		"default export, async": {"\nexport default {\n\tasync fetch() { return null; },\n};", []string{"respondWith expects a Response", "but got null", "app.js:3:"}},
		"bound":                 {"\nfunction listen() {}\naddEventListener('fetch', listen.bind(null));", []string{"request not answered"}},
		"a proxy":               {"\naddEventListener('fetch', new Proxy(() => {}, { apply() {} }));", []string{"request not answered"}},
		"positions hidden":      {"\nfor (const name of ['fileName', 'lineNumber', 'columnNumber']) delete Function.prototype[name];\naddEventListener('fetch', () => {});", []string{"request not answered", "app.js:3:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, c.script, worker.Options{})
			a.get("/path?token=secret", 500, "the application did not answer")
			line := a.log.line(t, append(c.parts, "level=ERROR", "event=fetch", "method=GET", "/path")...)
			if strings.Contains(line, "secret") || a.log.count("level=ERROR") != 1 {
				t.Errorf("the missing response is logged once, without the query; the log is\n%s", a.log)
			}
		})
	}
}

func TestErrorLogOfUnansweredUpgrades(t *testing.T) {
	t.Parallel()
	a := serve(t, "\naddEventListener('websocketupgrade', () => {});", worker.Options{})
	if got := a.decline(); got.StatusCode != 500 {
		t.Errorf("an unanswered upgrade request gets 500; got %d", got.StatusCode)
	}
	a.log.line(t, "upgrade request not answered: a listener must call accept or respondWith", "event=websocketupgrade", "method=GET", "app.js:2:")
}

func TestErrorLogOfListenersThatNeverFinish(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, `addEventListener("websocketupgrade", (event) => { event.accept(); });
			addEventListener("websocketmessage", ({ source, data }) => {
				source.send(data);
				return new Promise(() => {});
			});`, worker.Options{EventTimeout: time.Second})
		c := a.connect()
		c.send("1", "2")
		c.want("1", "2")
		a.log.line(t, "event timed out", "event=websocketmessage", "connection=", "app.js:2:")
	})
}
