package worker_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// serviceScript is an application with entry points, whose default export answers the path /NAME with the result of cases.NAME.
const serviceScript = `
	import { DurableObject, env as imported, exports, WorkerEntrypoint, withEnv } from "cloudflare:workers";
	const show = (error) => error.name + ": " + error.message + (error.remote ? " (remote)" : "");
	const text = async (response) => (await response).text();
	export class Admin extends WorkerEntrypoint {
		calls = 0;
		hello(name) { return "hello " + name + " " + JSON.stringify(this.ctx.props); }
		count() { return ++this.calls; }
		fetch(request) { return new Response("admin " + request.method + " " + request.url + " " + JSON.stringify(this.ctx.props)); }
		context() { return [typeof this.ctx.waitUntil, typeof this.ctx.exports.Admin, Object.keys(this.env).sort()]; }
		later() { this.ctx.waitUntil(new Promise((done) => setTimeout(done, 1)).then(() => console.log("waited"))); }
		fail() { throw new RangeError("far"); }
		callback(f) { return f("called"); }
		function() { return () => this.hello("function"); }
		queue() { return "queue"; }
		alarm() {}
	}
	export class NoFetch extends WorkerEntrypoint { ping() { return "pong"; } }
	export const handlers = {
		fetch(request, env, ctx) { return new Response("handlers " + request.url + " " + typeof env.ADMIN + " " + JSON.stringify(ctx.props)); },
		double(n, env, ctx) { return [n * 2, typeof env.ADMIN, typeof ctx.waitUntil]; },
	};
	export const sockets = {
		fetch(request) {
			const [client, server] = Object.values(new WebSocketPair());
			server.accept();
			server.addEventListener("message", ({ data }) => server.send("echo " + data));
			return new Response(null, { status: 101, webSocket: client });
		},
	};
	export class Room extends DurableObject {
		who() { return this.ctx.id.name; }
		callService() { return this.env.ADMIN.hello("object"); }
		fetchService() { return text(this.env.ADMIN.fetch("http://x/object")); }
	}
	const cases = {
		hello: (env) => env.ADMIN.hello("x"),
		instances: async (env) => [await env.ADMIN.count(), await env.ADMIN.count()],
		fetch: (env) => text(env.ADMIN.fetch("http://x/y", { method: "POST", body: "b" })),
		context: (env) => env.ADMIN.context(),
		later: (env) => env.ADMIN.later(),
		fail: (env) => env.ADMIN.fail(),
		missing: (env) => env.ADMIN.missing(),
		reserved: (env) => env.ADMIN.alarm(),
		notReserved: (env) => env.ADMIN.queue(),
		ctx: (env) => env.ADMIN.ctx,
		callback: (env) => env.ADMIN.callback(async (given) => given + " back"),
		function: async (env) => (await env.ADMIN.function())(),
		noFetch: (env) => env.NO_FETCH.fetch("http://x/"),
		ping: (env) => env.NO_FETCH.ping(),
		handlers: (env) => text(env.HANDLERS.fetch("http://x/h")),
		handlersCall: (env) => env.HANDLERS.double(4),
		handlersArguments: (env) => env.HANDLERS.double(1, 2),
		self: (env) => text(env.SELF.fetch("http://x/inner")),
		inner: () => "inner",
		exports: (env, ctx) => [Object.keys(exports).sort(), exports.Room === env.ROOM, typeof ctx.exports.Admin],
		exportsCall: (env, ctx) => ctx.exports.Admin.hello("exports"),
		exportsProps: (env, ctx) => ctx.exports.Admin({ props: { user: 1 } }).hello("props"),
		exportsFetch: (env, ctx) => text(ctx.exports.handlers({ props: { z: 1 } }).fetch("http://x/p")),
		exportsRoom: (env, ctx) => ctx.exports.Room.getByName("a").who(),
		exportsDefault: () => text(exports.default.fetch("http://x/inner")),
		stub: (env, ctx) => ctx.exports.Admin({ props: { user: 2 } }).callback((given) => given),
		object: (env) => env.ROOM.getByName("a").callService(),
		objectFetch: (env) => env.ROOM.getByName("a").fetchService(),
		withEnv: async () => [withEnv({ A: 1 }, () => [imported.A, Object.keys(imported)]), await withEnv({ A: 2 }, async () => { await 0; await new Promise((done) => setTimeout(done, 1)); return imported.A; }), typeof imported.A, typeof imported.ADMIN],
		processEnv: () => Object.keys(process.env).sort(),
	};
	export default {
		async fetch(request, env, ctx) {
			if (request.headers.get("upgrade")) return env.SOCKETS.fetch(request);
			try {
				const result = await cases[new URL(request.url).pathname.slice(1)](env, ctx);
				return result instanceof Response ? result : Response.json(result ?? null);
			} catch (error) {
				return new Response(show(error));
			}
		},
	};`

func serviceOptions() worker.Options {
	return worker.Options{
		Vars: map[string]any{"TEXT": "a"},
		Bindings: worker.Bindings{
			Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}},
			Services: []worker.Service{
				{Name: "SELF"}, {Name: "ADMIN", Entrypoint: "Admin"}, {Name: "NO_FETCH", Entrypoint: "NoFetch"},
				{Name: "HANDLERS", Entrypoint: "handlers"}, {Name: "SOCKETS", Entrypoint: "sockets"},
			},
		},
	}
}

func TestServices(t *testing.T) {
	engineOnly(t, ownGlobals)
	t.Parallel()
	a := serve(t, serviceScript, serviceOptions())
	a.answers([]row{
		{"hello", `"hello x {}"`},
		{"instances", `[1,1]`},
		{"fetch", `"admin POST http://x/y {}"`},
		{"context", `["function","function",["ADMIN","HANDLERS","NO_FETCH","ROOM","SELF","SOCKETS","TEXT"]]`},
		{"fail", `RangeError: far (remote)`},
		{"missing", `TypeError: The RPC receiver does not implement the method "missing". (remote)`},
		{"reserved", `TypeError: 'alarm' is a reserved method and cannot be called over RPC. (remote)`},
		{"notReserved", `"queue"`},
		{"ctx", `TypeError: The RPC receiver does not implement the method "ctx". (remote)`},
		{"callback", `"called back"`},
		{"function", `"hello function {}"`},
		{"noFetch", `Error: Handler does not export a fetch() function. (remote)`},
		{"ping", `"pong"`},
		{"handlers", `"handlers http://x/h object {}"`},
		{"handlersCall", `[8,"object","function"]`},
		{"handlersArguments", `TypeError: Attempted to call RPC function "double" with the wrong number of arguments. When calling a top-level handler function that is not declared as part of a class, you must always send exactly one argument. In order to support variable numbers of arguments, the server must use class-based syntax (extending WorkerEntrypoint) instead. (remote)`},
		{"self", `"\"inner\""`},
		{"exports", `[["Admin","NoFetch","Room","default","handlers","sockets"],true,"function"]`},
		{"exportsCall", `"hello exports {}"`},
		{"exportsProps", `"hello props {\"user\":1}"`},
		{"exportsFetch", `"handlers http://x/p object {\"z\":1}"`},
		{"exportsRoom", `"a"`},
		{"exportsDefault", `"\"inner\""`},
		{"stub", `"called"`},
		{"object", `"hello object {}"`},
		{"objectFetch", `"admin GET http://x/object {}"`},
		{"withEnv", `[[1,["A"]],2,"undefined","object"]`},
		{"processEnv", `["NODE_ENV","TEXT"]`},
	})
	a.get("/later", 200, "null")
	a.stdout.line(t, "waited")
	client := a.connectTo("/")
	client.send("one")
	client.want("echo one")
}

func TestServicesThatDoNotExist(t *testing.T) {
	t.Parallel()
	for entrypoint, want := range map[string]string{
		"Missing": "The binding ADMIN needs the entry point Missing, but the application exports no object or class with this name that extends WorkerEntrypoint",
		"Plain":   "The binding ADMIN needs the entry point Plain, but",
	} {
		opts := worker.Options{Bindings: worker.Bindings{Services: []worker.Service{{Name: "ADMIN", Entrypoint: entrypoint}}}}
		script := `import { WorkerEntrypoint } from "cloudflare:workers"; export class Plain {}; export default { fetch() {} };`
		if _, err := load(t, write(t, "app.js", script), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error contains %q; got %v", want, err)
		}
	}
}
