package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestErrorLogOfListeners(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listener string
		parts    []string
	}{
		"throw":      {`() => {` + "\n" + `throw new TypeError("bad"); }`, []string{"TypeError: bad", "app.js:2:"}},
		"rejection":  {`async () => {` + "\n" + `await null;` + "\n" + `throw new RangeError("late"); }`, []string{"RangeError: late", "app.js:3:"}},
		"text":       {`() => { throw "text"; }`, []string{"error=text"}},
		"null":       {`() => { throw null; }`, []string{"error=null"}},
		"undefined":  {`async () => { throw undefined; }`, []string{"error=undefined"}},
		"object":     {`() => { throw { code: 5 }; }`, []string{"code: 5"}},
		"hostile":    {`() => { throw new Proxy(new Error("x"), { get() { throw new Error("trap"); } }); }`, nil},
		"getters":    {`() => { throw { get message() { throw 1; }, get stack() { throw 2; }, get name() { throw 3; } }; }`, nil},
		"thenable":   {`() => ({ then(_, no) { no(new Error("no")); no(new Error("again")); throw new Error("more"); } })`, []string{"Error: no"}},
		"bad then":   {`() => ({ get then() { throw new Error("bad then"); } })`, []string{"bad then"}},
		"no promise": {`() => Object.defineProperty(Promise.resolve(), "constructor", { get() { throw new Error("bad constructor"); } })`, []string{"bad constructor"}},
		"proxy":      {`new Proxy(() => {}, { apply() { throw new Error("from a proxy"); }, get() { throw new Error("from a proxy"); } })`, []string{"from a proxy"}},
		"no handler": {`{}`, []string{"TypeError", "handleEvent"}},
		"exception":  {`() => { atob("%"); }`, []string{"InvalidCharacterError", "app.js:1:"}},
		"stack":      {`function f() { f(); }`, []string{"stack overflow", "app.js:1:"}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "stack" {
				engineOnly(t, ownMessages)
			}
			t.Parallel()
			a := serve(t, `addEventListener("websocketmessage", `+c.listener+`);
				addEventListener("websocketmessage", (event) => event.source.send("second listener"));
				addEventListener("websocketupgrade", (event) => { event.accept(); });`, worker.Options{})
			client := a.connect()
			client.send("1", "2")
			client.want("second listener", "second listener")
			a.log.line(t, append(c.parts, "uncaught exception", "event=websocketmessage", "connection=")...)
		})
	}
}

func TestMessageEventThenableCallsBackTwice(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			event.source.send(event.data);
			return { then(done) { done(); done(); setTimeout(done, 1); } };
		});
		addEventListener("websocketmessage", async (event) => { await new Promise((done) => setTimeout(done, 5)); event.source.send("slow"); });`,
		worker.Options{})
	c := a.connect()
	c.send("1", "2")
	c.want("1", "slow", "2", "slow")
	a.log.never(t, "level=ERROR")
}

func TestErrorLogOfExceptionsWithEndlessMessages(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			if (event.data === "loop") throw { get message() { for (;;); } };
			if (event.data === "memory") throw { get message() { `+outOfMemory+` } };
			event.source.send(event.data);
		});`, worker.Options{EventTimeout: loopTimeout, Memory: small})
	c := a.connect()
	c.send("loop", "1", "memory", "2")
	c.want("1", "2")
	a.log.line(t, "computed for too long", "event=websocketmessage")
	a.log.line(t, "out of memory", "event=websocketmessage")
	if n := a.log.count("level=ERROR"); n != 2 {
		t.Errorf("each error is logged once; got:\n%s", a.log)
	}
}

func TestErrorLogOfUnhandledErrors(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => {
		Promise.reject(new Error("rejected"));
		setTimeout(() => { throw new Error("in a timer"); });
		queueMicrotask(() => { throw new Error("in a microtask"); });
		const target = new EventTarget();
		target.addEventListener("x", () => { throw new Error("in a listener"); });
		target.dispatchEvent(new Event("x"));
		event.waitUntil(Promise.reject(new Error("extended")));
		event.respondWith(new Response("hello"));
	});`, worker.Options{})
	a.get("/", 200, "hello")
	a.log.line(t, "unhandled promise rejection", "Error: rejected", "app.js:2:")
	a.log.line(t, "uncaught exception", "in a timer", "app.js:3:")
	a.log.line(t, "in a microtask", "app.js:4:")
	a.log.line(t, "uncaught exception", "in a listener", "app.js:6:")
	a.log.line(t, "uncaught exception", "extended", "app.js:8:")
	a.get("/", 200, "hello")
}

func TestErrorEventAndUnhandledRejection(t *testing.T) {
	t.Parallel()
	a := serve(t, `const seen = [];
	addEventListener("error", (event) => { seen.push(event.message); if (event.error.message !== "loud") event.preventDefault(); });
	addEventListener("unhandledrejection", (event) => { seen.push("rejected " + event.reason); if (event.reason !== "loud") event.preventDefault(); });
	addEventListener("fetch", (event) => {
		Promise.reject("quiet");
		Promise.reject("loud");
		setTimeout(() => { throw new Error("quiet"); });
		queueMicrotask(() => { throw new Error("loud"); });
		event.respondWith(new Promise((resolve) => setTimeout(() => resolve(new Response(seen.sort().join())), 1)));
	});`, worker.Options{})
	a.get("/", 200, "Uncaught Error: loud,Uncaught Error: quiet,rejected loud,rejected quiet")
	a.log.line(t, "uncaught exception", "loud", "app.js:8:")
	a.log.line(t, "unhandled promise rejection", "loud")
	if a.log.count("quiet") > 0 || a.log.count("level=WARN") > 0 {
		t.Errorf("what a listener has canceled must not be logged, and the listeners must not cause warnings; got:\n%s", a.log)
	}
}
