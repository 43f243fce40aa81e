package worker_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// thrower is an application that responds and then throws the exception that the path names.
const thrower = `
const deep = (n) => n === 0 ? fail() : deep(n - 1);
function fail() { throw new Error("deep"); }
const thrown = {
	cause: () => { throw new TypeError("outer", { cause: new Error("inner", { cause: "root" }) }); },
	aggregate: () => { throw new AggregateError([1, 2, 3, 4, 5, 6].map((n) => new Error("no " + n)), "all failed"); },
	deep: () => deep(30),
	long: () => { throw new Error("long ".repeat(3000)); },
	name: () => { ({ ["f".repeat(3000)]() { throw new Error("name"); } })["f".repeat(3000)](); },
	cycle: () => { const e = new Error("cycle"); e.cause = e; e.errors = [e, e]; throw e; },
	listener: () => { const t = new EventTarget(); t.addEventListener("x", () => { throw new Error("inside"); }); t.dispatchEvent(new Event("x")); throw new Error("outside"); },
	native: () => [1].map(() => { throw new Error("in map"); }),
};
addEventListener("fetch", (event) => {
	event.respondWith(new Response("answer"));
	return thrown[new URL(event.request.url).pathname.slice(1)]();
});`

func TestScriptErrorLog(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, thrower, worker.Options{})
	for name, parts := range map[string][]string{
		"cause":     {`error="TypeError: outer"`, "app.js:5:", `cause="Error: inner (`, "), caused by root"},
		"aggregate": {`error="AggregateError: all failed"`, `errors="Error: no 1 (`, "; Error: no 4 (", "; and 2 more"},
		"deep":      {`error="Error: deep"`, "app.js:3:", `    ...\n`},
		"long":      {`error="Error: long long`, ` ..." at=`},
		"name":      {`error="Error: name"`},
		"cycle":     {`error="Error: cycle"`, `cause="Error: cycle (`},
		"native":    {`error="Error: in map"`, `    at map (native)\n`},
		"listener":  {`error="Error: outside"`},
	} {
		a.get("/"+name+"?token=secret", 200, "answer")
		line := a.log.line(t, append(parts, "uncaught exception", "event=fetch", "method=GET", "url=http://", "/"+name+" ")...)
		if len(line) > 10_000 {
			t.Errorf("%s: a line has at most 10,000 bytes; got %d", name, len(line))
		}
		if calls := strings.Count(line, `    at `); calls < 1 || calls > 10 {
			t.Errorf("%s: a stack has at most ten calls; got %d: %s", name, calls, line)
		}
		if strings.Contains(line, "linger:") || strings.Contains(line, "secret") {
			t.Errorf("%s: the line contains neither positions in Linger's own code nor the query; got %s", name, line)
		}
	}
}

func TestScriptErrorAsJSON(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	known := &worker.ScriptError{
		Text: "TypeError: outer", At: worker.Position{File: "app.js", Line: 5, Column: 3}, Stack: []string{"f (app.js:5:3)"},
		Cause: &worker.ScriptError{Text: "inner"},
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Error("uncaught exception", slog.Any("", known))
	var got map[string]string
	if err := json.Unmarshal([]byte(text.String()), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"error": known.Text, "at": "app.js:5:3", "stack": "    at f (app.js:5:3)\n", "cause": "inner"} {
		if got[key] != want {
			t.Errorf("the attribute %s of the line is %q; got %s", key, want, text.String())
		}
	}
	if got := known.Source(); got != "" {
		t.Errorf("an error that was not thrown by a script has no source; got %q", got)
	}
}
