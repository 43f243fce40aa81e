package worker_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestDefaultExportFetch(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let calls = 0;
		export default {
			calls: 0,
			async fetch(request, env, ctx) {
				ctx.passThroughOnException();
				ctx.waitUntil(new Promise((done) => setTimeout(() => { console.log("waited", ctx.constructor.name); done(); }, 1)));
				switch (new URL(request.url).pathname) {
					case "/env": return Response.json(env);
					case "/throw": throw new RangeError("no");
					case "/nothing": return;
					case "/later": await new Promise((done) => setTimeout(done, 1));
				}
				return new Response([request.method, ++calls, ++this.calls].join(" "));
			},
		};`, worker.Options{Vars: map[string]any{"GREETING": "hello", "__proto__": "x", "EMPTY": ""}})
	a.get("/", 200, "GET 1 1")
	a.get("/later", 200, "GET 2 2")
	a.get("/env", 200, `{"EMPTY":"","GREETING":"hello","__proto__":"x"}`)
	a.stdout.line(t, "waited ExecutionContext")
	a.get("/throw", 500, "the application did not answer")
	a.log.line(t, "uncaught exception", "RangeError: no")
	a.get("/nothing", 500, "the application did not answer")
	a.log.line(t, "uncaught exception", "respondWith expects a Response")
	if got := a.decline(); got.StatusCode != 200 || got.body != "GET 3 3" {
		t.Errorf("a response other than 101 declines an upgrade; got %d %q", got.StatusCode, got.body)
	}
}

func TestDefaultExport(t *testing.T) {
	t.Parallel()
	t.Run("an inherited fetch is called", func(t *testing.T) {
		t.Parallel()
		for _, export := range []string{
			`class A { fetch() { return new Response("inst"); } } export default new A();`,
			`class A { fetch() { return new Response("inst"); } } class B extends A {} export default new B();`,
			`class A { #x = "inst"; fetch() { return new Response(this.#x); } } export default new A();`,
			`export default Object.create({ fetch: () => new Response("inst") });`,
			`export default Object.create({ get fetch() { return () => new Response("inst"); } });`,
		} {
			serve(t, export, worker.Options{}).get("/", 200, "inst")
		}
	})
	t.Run("a default export may be combined with functional events", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => { event.accept(); });
			addEventListener("websocketmessage", ({ source, data }) => source.send("functional " + data));
			export default { fetch: () => new Response("plain") };`, worker.Options{})
		a.get("/", 200, "plain")
		c := a.connect()
		c.send("event")
		c.want("functional event")
		a.reload(`export default { fetch: () => new Response("another") };`)
		a.get("/", 200, "another")
	})
}

func TestLoadRefusesOtherDefaultExports(t *testing.T) {
	t.Parallel()
	for export, want := range map[string]string{
		`export default function fetch() {}`:     "The default export is a function or a class that does not extend WorkerEntrypoint: export an object with a method fetch(request, env, ctx)",
		`export default class { fetch() {} }`:    "The default export is a function or a class that does not extend WorkerEntrypoint: export an object with a method fetch(request, env, ctx)",
		`export default 1`:                       "The default export is a number: export an object with a method fetch(request, env, ctx)",
		`export default null`:                    "The default export is null: export an object with a method fetch(request, env, ctx)",
		`export default { queue() {} }`:          "The default export is an object without a method fetch(request, env, ctx) or scheduled(controller, env, ctx), the only ones that Linger calls",
		`class A { #x } export default new A();`: "The default export is an object without a method fetch(request, env, ctx) or scheduled(controller, env, ctx), the only ones that Linger calls",
		`export default Object.create(null);`:    "The default export is an object without a method fetch(request, env, ctx) or scheduled(controller, env, ctx), the only ones that Linger calls",
		`export default new Map();`:              "The default export is an object without a method fetch(request, env, ctx) or scheduled(controller, env, ctx), the only ones that Linger calls",
		`addEventListener("scheduled", () => {}); export default { scheduled() {} }`: "also a listener for \"scheduled\"",
		`addEventListener("fetch", () => {}); export default { fetch() {} }`:         "also a listener for \"fetch\"",
		`export default { get fetch() { throw new RangeError("in the getter"); } };`: "RangeError: in the getter",
	} {
		_, err := load(t, write(t, "app.js", export), worker.Options{Logger: discard})
		if failure, ok := errors.AsType[*worker.LoadError](err); !ok || !strings.Contains(failure.Error(), want) {
			t.Errorf("%s cannot be loaded: %q; got %v", export, want, err)
		}
	}
}

func TestScriptEvalWithoutExports(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => event.respondWith(new Response(String(eval("1 + 1")))))`, worker.Options{})
	a.get("/", 200, "2")
}

func TestVars(t *testing.T) {
	t.Parallel()
	t.Run("variables are available as env, as an argument and as imports", func(t *testing.T) {
		t.Parallel()
		vars := map[string]any{"TEXT": "a \"b\"\n\u2028", "COUNT": 5, "RATIO": 0.5, "ON": true, "OFF": nil, "TABLE": map[string]any{"a": []any{1, "x"}}, "__proto__": "own"}
		a := serve(t, `
			import { env as fromLinger, clients as sameClients } from "linger";
			import { env as fromWorkers } from "cloudflare:workers";
			import * as all from "linger";
			const atTheTop = JSON.stringify(env);
			addEventListener("websocketupgrade", (event) => { event.accept({ data: env.COUNT }).send(env.TEXT); });
			export default { fetch(request, given) {
				const same = [given, fromLinger, globalThis.env, all.env].every((other) => other === env);
				return Response.json([same && JSON.stringify(fromWorkers) === JSON.stringify(env), atTheTop === JSON.stringify(env), sameClients === clients, typeof all.WebSocketConnection, env]);
			} };`, worker.Options{Vars: vars})
		a.get("/", 200, `[true,true,true,"function",{"COUNT":5,"OFF":null,"ON":true,"RATIO":0.5,"TABLE":{"a":[1,"x"]},"TEXT":"a \"b\"\n`+"\u2028"+`","__proto__":"own"}]`)
		a.connect().want("a \"b\"\n\u2028")
		if len(a.Files()) != 1 {
			t.Errorf("modules of Linger are not files; got %q", a.Files())
		}
	})
	t.Run("the error for a value that JSON cannot represent names the variable", func(t *testing.T) {
		t.Parallel()
		_, err := load(t, write(t, "app.js", ""), worker.Options{Vars: map[string]any{"GOOD": "secret", "BAD": func() {}}})
		if failure, ok := errors.AsType[*worker.LoadError](err); !ok || !strings.Contains(failure.Error(), "the variable BAD") || strings.Contains(failure.Error(), "secret") {
			t.Errorf("the error contains the name of the variable and no value; got %v", err)
		}
	})
}
