package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// rpcScript returns an application with the class Room, whose default export answers the path /NAME with the result of the function cases.NAME.
func rpcScript(room, cases string) string {
	return `
		import { DurableObject, RpcStub, RpcTarget, WorkerEntrypoint, env, exports, withEnv } from "cloudflare:workers";
		const show = (error) => error.name + ": " + error.message + (error.remote ? " (remote)" : "") + (error.durableObjectReset ? " (reset)" : "") + (error.overloaded ? " (overloaded)" : "");
		class Counter extends RpcTarget {
			#n = 0;
			own = 1;
			constructor(disposed) { super(); this[Symbol.for("disposed")] = disposed; }
			add(by = 1) { return (this.#n += by); }
			get value() { return this.#n; }
			self() { return this; }
			[Symbol.dispose]() { console.log("counter disposed", this.#n); }
		}
		export class Room extends DurableObject { ` + room + ` }
		const cases = { ` + cases + ` };
		export default {
			async fetch(request, env, ctx) {
				const name = new URL(request.url).pathname.slice(1);
				try {
					const result = await cases[name](env.ROOM.getByName("room"), env, ctx, request);
					return result instanceof Response ? result : Response.json(result ?? null);
				} catch (error) {
					return new Response(show(error));
				}
			},
		};`
}

func rpcOptions(workers int) worker.Options {
	return worker.Options{
		Workers:  workers,
		Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}},
	}
}

// refusedType returns the error for values of a type that calls cannot pass.
func refusedType(name string) string {
	return `DataCloneError: Could not serialize object of type "` + name + `". This type does not support serialization.`
}

// row is a path of an application, and its answer.
type row struct{ path, want string }

func (a *testApp) answers(rows []row) {
	a.t.Helper()
	for _, r := range rows {
		a.get("/"+r.path, 200, r.want)
	}
}

func TestRPCValues(t *testing.T) {
	t.Parallel()
	a := serve(t, rpcScript(`
		echo(value) { return value; }
		describe(value) { return Object.prototype.toString.call(value); }
		symbol() { return Symbol("s"); }
		self() { return this; }
	`, `
		clone: async (room) => {
			const given = { list: [1, , 3], map: new Map([[1, new Date(0)]]), set: new Set([2n]), bytes: new Uint16Array([1, 2]), re: /a/g, none: undefined };
			const got = await room.echo(given);
			return [1 in got.list, got.map.get(1).toJSON(), String([...got.set]), [...got.bytes], String(got.re), "none" in got];
		},
		cycle: async (room) => { const shared = {}; const given = { a: shared, b: shared }; given.self = given; const got = await room.echo(given); return [got.self === got, got.a === got.b]; },
		views: async (room) => { const buffer = new ArrayBuffer(8); const [a, b] = await room.echo([new Uint8Array(buffer, 2, 3), new DataView(buffer)]); return [a.buffer === b.buffer, a.byteOffset, a.length, b.byteLength]; },
		error: async (room) => { const e = await room.echo(Object.assign(new RangeError("far", { cause: new Error("inner") }), { code: 5 })); return [e instanceof RangeError, e.message, e.code, e.cause.message, "remote" in e]; },
		aggregate: async (room) => { const e = await room.echo(new AggregateError([new Error("a")], "all")); return [e.constructor.name, e.message, e.errors.map((one) => one.message)]; },
		exception: async (room) => { const e = await room.echo(new DOMException("no", "AbortError")); return [e.constructor.name, e.name, e.code]; },
		blob: async (room) => (await room.echo(new Blob(["text"]))).text(),
		changed: async (room) => { const bytes = new Uint8Array([1]); const call = room.echo(bytes); bytes[0] = 2; return [...(await call)]; },
		class: (room) => room.echo(new (class Point {})()),
		url: (room) => room.echo(new URL("http://a/")),
		weak: (room) => room.echo(new WeakMap()),
		promise: (room) => room.echo(Promise.resolve()),
		resultOfSymbol: (room) => room.symbol(),
		resultOfObject: (room) => room.self(),
		rpcPromise: (room) => room.echo(room.echo(1)),
		rpcProperty: (room) => room.echo(room.echo),
		namespace: (room, env) => room.echo(env.ROOM),
		headers: async (room) => { const h = await room.echo(new Headers([["a", "1"], ["set-cookie", "x"], ["set-cookie", "y"]])); h.set("b", "2"); return [...h]; },
		request: async (room) => { const r = await room.echo(new Request("http://a/b", { method: "POST", body: "x", redirect: "manual", headers: { a: "b" } })); return [r.constructor.name, r.method, r.url, r.redirect, r.headers.get("a"), await r.text()]; },
		response: async (room) => { const r = await room.echo(new Response("body", { status: 404, statusText: "Nope" })); return [r.status, r.statusText, await r.text()]; },
		empty: async (room) => { const r = await room.echo(new Response(null, { status: 204 })); return [r.status, r.body]; },
		responseError: async (room) => (await room.echo(Response.error())).type,
		socket: (room) => room.echo(new Response(null, { status: 101, webSocket: new WebSocketPair()[0] })),
		dispose: async (room) => { const r = await room.echo({ a: 1 }); return [typeof r[Symbol.dispose], Object.keys(r)]; },
		long: async (room) => { const equal = []; for (const text of ["\uFEFF" + "é😀".repeat(40000), "\ud800" + "a".repeat(70000)]) equal.push((await room.echo({ text })).text === text); return equal; },
		large: async (room) => (await room.echo("a".repeat(5000000))).length,
	`), rpcOptions(1))
	a.answers([]row{
		{"clone", `[false,"1970-01-01T00:00:00.000Z","2",[1,2],"/a/g",true]`},
		{"cycle", `[true,true]`},
		{"views", `[true,2,3,8]`},
		{"error", `[true,"far",5,"inner",false]`},
		{"aggregate", `["AggregateError","all",["a"]]`},
		{"exception", `["DOMException","AbortError",20]`},
		{"blob", `"text"`},
		{"changed", `[1]`},
		{"class", refusedType("Point")},
		{"url", refusedType("URL")},
		{"weak", `DataCloneError: #<WeakMap> could not be cloned.`},
		{"promise", `DataCloneError: #<Promise> could not be cloned.`},
		{"resultOfSymbol", `DataCloneError: Symbol(s) could not be cloned. (remote)`},
		{"resultOfObject", refusedType("Room") + " (remote)"},
		{"rpcPromise", refusedType("RpcPromise")},
		{"rpcProperty", refusedType("RpcProperty")},
		{"namespace", refusedType("DurableObjectNamespace")},
		{"headers", `[["a","1"],["b","2"],["set-cookie","x"],["set-cookie","y"]]`},
		{"request", `["Request","POST","http://a/b","manual","b","x"]`},
		{"response", `[404,"Nope","body"]`},
		{"empty", `[204,null]`},
		{"responseError", `"error"`},
		{"socket", refusedType("WebSocket")},
		{"dispose", `["function",["a"]]`},
		{"long", `[true,true]`},
		{"large", `5000000`},
	})
}

func TestRPCErrors(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, rpcScript(`
		fail() { throw Object.assign(new RangeError("far", { cause: new Error("inner") }), { code: 5 }); }
		custom() { throw new (class Custom extends Error { get name() { return "Custom"; } })("mine"); }
		text() { throw "a text"; }
		none() { throw undefined; }
		object() { throw { reason: 1 }; }
		method() { throw Object.assign(new Error("own"), { a: 1, f() {} }); }
		strange() { throw { get a() { throw new Error("never"); } }; }
		abort() { this.ctx.abort("aborted"); }
	`, `
		fail: (room) => room.fail().catch((e) => [e.constructor.name, e.message, e.code, e.cause.message, e.remote, typeof e.durableObjectId]),
		custom: (room) => room.custom(),
		text: (room) => room.text(),
		none: (room) => room.none(),
		object: (room) => room.object().catch((e) => [e.reason, e.remote]),
		method: (room) => room.method().catch((e) => [e.message, e.a === undefined]),
		strange: (room) => room.strange(),
		stack: (room) => room.fail().catch((e) => e.stack.includes("at fail")),
		abort: (room) => room.abort(),
		finally: async (room) => { let ran = 0; await room.fail().finally(() => ran++).catch(() => {}); return ran; },
	`), rpcOptions(1))
	a.answers([]row{
		{"fail", `["RangeError","far",5,"inner",true,"string"]`},
		{"custom", `Custom: mine (remote)`},
		{"text", `Error: a text (remote)`},
		{"none", `Error: undefined (remote)`},
		{"object", `[1,true]`},
		{"method", `["own",true]`},
		{"strange", `Error: [object Object] (remote)`},
		{"stack", `true`},
		{"abort", `Error: aborted (reset)`},
		{"finally", `1`},
	})
}

func TestRPCMembers(t *testing.T) {
	t.Parallel()
	a := serve(t, rpcScript(`
		field = 1;
		arrow = () => 1;
		get size() { return 5; }
		get record() { return { deep: { n: 1, f: () => 2, counter: new Counter() } }; }
		get failing() { throw new RangeError("no"); }
		get later() { return Promise.resolve("later"); }
		alarm() {}
		webSocketMessage() {}
		method(...args) { return args.length; }
	`, `
		size: (room) => room.size,
		failing: (room) => room.failing,
		later: (room) => room.later,
		deep: async (room) => [await room.record.deep.n, await room.record.deep.f(), await room.record.deep.counter.add(2)],
		notFunction: (room) => room.record.deep.n(),
		missing: (room) => room.missing(),
		missingDeep: (room) => room.record.nothing.more,
		field: (room) => room.field,
		arrow: (room) => room.arrow(),
		ctx: (room) => room.ctx,
		alarm: (room) => room.alarm(),
		message: (room) => room.webSocketMessage(),
		dup: (room) => room.dup(),
		local: (room) => [typeof room.then, typeof room.missing, "missing" in room, room.hasOwnProperty("id"), String(room), typeof room[Symbol.dispose], Object.keys(room), room.constructor.name],
		constructed: (room) => new room.constructor(),
		taken: async (room) => { const method = await room.method; return method(1, 2, 3); },
	`), rpcOptions(1))
	a.answers([]row{
		{"size", `5`},
		{"failing", `RangeError: no (remote)`},
		{"later", `"later"`},
		{"deep", `[1,2,2]`},
		{"notFunction", `TypeError: "record.deep.n" is not a function. (remote)`},
		{"missing", `TypeError: The RPC receiver does not implement the method "missing". (remote)`},
		{"missingDeep", `TypeError: The RPC receiver does not implement the method "nothing". (remote)`},
		{"field", `TypeError: The RPC receiver does not implement the method "field". (remote)`},
		{"arrow", `TypeError: The RPC receiver does not implement the method "arrow". (remote)`},
		{"ctx", `TypeError: The RPC receiver does not implement the method "ctx". (remote)`},
		{"alarm", `TypeError: 'alarm' is a reserved method and cannot be called over RPC. (remote)`},
		{"message", `TypeError: 'webSocketMessage' is a reserved method and cannot be called over RPC. (remote)`},
		{"dup", `TypeError: 'dup' is a reserved method and cannot be called over RPC. (remote)`},
		{"local", `["undefined","function",true,true,"[object DurableObject]","undefined",["name","id"],"DurableObject"]`},
		{"constructed", `TypeError: Illegal constructor`},
		{"taken", `3`},
	})
}

func TestRPCReferences(t *testing.T) {
	t.Parallel()
	a := serve(t, rpcScript(`
		n = 0;
		counter() { return new Counter(); }
		count() { return (by) => (this.n += by); }
		record() { return { up: () => ++this.n, counter: new Counter(), list: [1, 2], n: { deep: 5 } }; }
		list() { return [new Counter()]; }
		async apply(f, n) { return [await f(n), await f(n + 1)]; }
		async use(counter) { await counter.add(5); return counter.value; }
		keep(f) { this.f = f; }
		keepCopy(f) { this.f = f.dup(); }
		useKept() { return this.f(1); }
		async fail(f) { try { await f(); } catch (error) { return show(error); } }
		async ask(other) { return "asked " + (await other.who()); }
		who() { return this.ctx.id.name; }
		back(f) { return f; }
	`, `
		argument: (room) => room.apply((n) => n * 2, 5),
		result: async (room) => { const count = await room.count(); return [await count(2), await count(3)]; },
		target: async (room) => { const c = await room.counter(); return [await c.add(), await c.add(3), await c.value, typeof c, c instanceof RpcStub]; },
		own: async (room) => (await room.counter()).own,
		calledTarget: async (room) => (await room.counter())(),
		targetArgument: (room) => room.use(new Counter()),
		passedOn: async (room) => { const c = await room.counter(); return [await room.use(c), await c.value]; },
		errorOfArgument: (room) => room.fail(() => { throw new RangeError("from the caller"); }),
		pipelined: async (room) => [await room.counter().add(2), await room.counter().self().self().value, await room.record().n.deep, await room.record().counter.add(7)],
		pipelinedFunction: async (room) => typeof (await room.record().up()),
		pipelinedMissing: (room) => room.counter().missing(),
		pipelinedNothing: (room) => room.record().nothing.deeper,
		pipelinedIndex: (room) => typeof room.record().list[1],
		pipelinedFailure: (room) => room.missing().more.andMore(),
		disposed: async (room) => { const c = await room.counter(); c[Symbol.dispose](); c[Symbol.dispose](); return c.add(); },
		disposedArgument: async (room) => { const c = await room.counter(); c[Symbol.dispose](); return room.use(c); },
		disposedDup: async (room) => { const c = await room.counter(); c[Symbol.dispose](); return c.dup(); },
		dup: async (room) => { const c = await room.counter(); const d = c.dup(); c[Symbol.dispose](); return d.add(4); },
		disposedResult: async (room) => { const r = await room.record(); r[Symbol.dispose](); return r.up(); },
		disposedList: async (room) => { const r = await room.list(); r[Symbol.dispose](); return r[0].add(); },
		kept: async (room) => { await room.keep((n) => n + 1); return room.useKept(); },
		keptCopy: async (room) => { await room.keepCopy((n) => n + 1); return room.useKept(); },
		stub: (room, env) => env.ROOM.getByName("a").ask(env.ROOM.getByName("b")),
		construct: async (room) => { const s = new RpcStub(new Counter()); return [await s.add(3), await s.value, await room.use(s), s.constructor.name]; },
		constructFunction: async () => { const s = new RpcStub((n) => n + 1); return [await s(1), typeof s]; },
		constructObject: async () => { const s = new RpcStub({ a: 1, b: () => 2, c: { d: 3 } }); return [await s.a, await s.b(), await s.c.d]; },
		constructNothing: () => new RpcStub(5),
		there: async (room) => { const back = await room.back((n) => n * 2); return back(4); },
		using: async (room) => { const c = await room.counter(); try { return await c.add(); } finally { c[Symbol.dispose](); } },
	`), rpcOptions(2))
	a.answers([]row{
		{"argument", `[10,12]`},
		{"result", `[2,5]`},
		{"target", `[1,4,4,"function",true]`},
		{"own", `TypeError: The RPC receiver does not implement the method "own". (remote)`},
		{"calledTarget", `TypeError: "(this)" is not a function. (remote)`},
		{"targetArgument", `5`},
		{"passedOn", `[5,5]`},
		{"errorOfArgument", `"RangeError: from the caller (remote)"`},
		{"pipelined", `[2,0,5,7]`},
		{"pipelinedFunction", `"number"`},
		{"pipelinedMissing", `TypeError: The RPC receiver does not implement the method "missing". (remote)`},
		{"pipelinedNothing", `TypeError: The RPC receiver does not implement the method "nothing". (remote)`},
		{"pipelinedIndex", `"undefined"`},
		{"pipelinedFailure", `TypeError: The RPC receiver does not implement the method "missing". (remote)`},
		{"disposed", `Error: RPC stub used after being disposed.`},
		{"disposedArgument", `Error: RPC stub used after being disposed.`},
		{"disposedDup", `Error: RPC stub used after being disposed.`},
		{"dup", `4`},
		{"disposedResult", `Error: RPC stub used after being disposed.`},
		{"disposedList", `Error: RPC stub used after being disposed.`},
		{"kept", `Error: RPC stub used after being disposed. (remote)`},
		{"keptCopy", `2`},
		{"stub", `"asked b"`},
		{"construct", `[3,3,8,"RpcStub"]`},
		{"constructFunction", `[2,"function"]`},
		{"constructObject", `[1,2,3]`},
		{"constructNothing", `TypeError: Failed to construct 'JsRpcStub': constructor parameter 1 is not of type 'Object'.`},
		{"there", `8`},
		{"using", `1`},
	})
}

func TestRPCReferencesAreReleased(t *testing.T) {
	t.Parallel()
	t.Run("Symbol.dispose of a target is called when the last stub is disposed of", func(t *testing.T) {
		t.Parallel()
		a := serve(t, rpcScript(`counter() { return new Counter(); }`, `
			one: async (room) => { const c = await room.counter(); await c.add(41); const d = c.dup(); c[Symbol.dispose](); await d.add(); d[Symbol.dispose](); },
		`), rpcOptions(2))
		a.get("/one", 200, "null")
		a.stdout.line(t, "counter disposed 42")
	})
	t.Run("the stubs in arguments are released at the end of a call", func(t *testing.T) {
		t.Parallel()
		a := serve(t, rpcScript(`async use(counter) { await counter.add(7); }`, `one: (room) => room.use(new Counter())`), rpcOptions(2))
		a.get("/one", 200, "null")
		a.stdout.line(t, "counter disposed 7")
	})
	t.Run("a stub of a worker that has failed is broken", func(t *testing.T) {
		t.Parallel()
		opts := rpcOptions(3)
		opts.Memory = 16 << 20
		a := serve(t, rpcScript(`
			counter() { return new Counter(); }
			crash() { const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1)); }
		`, `crash: async (_, env, ctx, request) => {
			const room = env.ROOM.getByName(request.url);
			const c = await room.counter();
			const failure = await room.crash().catch((error) => error);
			return show(failure) + ", " + failure.retryable + "; " + (await c.add().catch(show));
		}`), opts)
		const want = `"Error: The Durable Object was reset before it had answered: its worker has failed or was replaced (reset), true; ` +
			`Error: The RPC stub is broken: the code that has passed it has ended"`
		for i := range 32 {
			got := a.do("GET", fmt.Sprint("/crash?", i), "") // 500 if the object is in the worker of the request
			if got.StatusCode == 200 {
				if got.body != want {
					t.Errorf("the call and the stub fail with %q; got %q", want, got.body)
				}
				return
			}
		}
		t.Error("one of the objects is in another worker than the request")
	})
	t.Run("an object stays awake while a stub of its target exists", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, rpcScript(`
				constructor(ctx, env) { super(ctx, env); console.log("constructed", ctx.id.name); }
				counter() { return new Counter(); }
				keep(counter) { this.counter = counter.dup(); }
				release() { this.counter[Symbol.dispose](); }
				add() { return this.counter.add(); }
				ping() {}
			`, `
				keep: async (room, env) => { const c = await room.counter(); await env.ROOM.getByName("keeper").keep(c); c[Symbol.dispose](); },
				add: async (room, env) => env.ROOM.getByName("keeper").add(),
				release: async (room, env) => env.ROOM.getByName("keeper").release(),
				ping: (room) => room.ping(),
			`), rpcOptions(1))
			a.get("/keep", 200, "null")
			time.Sleep(8 * time.Second)
			a.get("/add", 200, "1")
			time.Sleep(8 * time.Second)
			a.get("/add", 200, "2")
			a.get("/release", 200, "null")
			time.Sleep(time.Minute)
			a.get("/ping", 200, "null")
			if n := a.stdout.count("constructed room"); n != 2 {
				t.Errorf("the object is evicted when the stub is released; it was constructed %d times", n)
			}
		})
	})
	t.Run("a stub of an object that was reset is broken", func(t *testing.T) {
		t.Parallel()
		a := serve(t, rpcScript(`
			counter() { return new Counter(); }
			reset() { this.ctx.abort("over"); }
		`, `one: async (room) => { const c = await room.counter(); await room.reset().catch(() => {}); return c.add(); }`), rpcOptions(2))
		a.get("/one", 200, "Error: The RPC stub is broken: the code that has passed it has ended")
	})
}

func TestRPCStreams(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, rpcScript(`
		async length(stream) { let n = 0; for await (const chunk of stream) n += chunk.length; return n; }
		stream(n) {
			let sent = 0;
			return new ReadableStream({ pull(c) { if (sent === n) return c.close(); sent += 65536; c.enqueue(new Uint8Array(65536)); } });
		}
		failing() { return new ReadableStream({ pull(c) { c.error(new Error("secret")); } }); }
		async write(stream) { const writer = stream.getWriter(); await writer.write(new Uint8Array([1, 2])); await writer.write(new Uint8Array([3])); await writer.close(); return "written"; }
		async abort(stream) { await stream.abort(new Error("why")); return "aborted"; }
		async read(request) { return request.text(); }
		async fetch(request) { return new Response(request.body, { headers: { "x-length": request.headers.get("x-length") } }); }
	`, `
		sent: (room) => room.length(new ReadableStream({ start(c) { this.n = 0; }, pull(c) { if (++this.n > 320) return c.close(); c.enqueue(new Uint8Array(65536)); } })),
		received: async (room) => { let n = 0; for await (const chunk of await room.stream(320 * 65536)) n += chunk.length; return n; },
		both: async (room) => { const got = await room.fetch("http://x/", { method: "POST", body: await room.stream(320 * 65536), headers: { "x-length": "a" } }); let n = 0; for await (const chunk of got.body) n += chunk.length; return [n, got.headers.get("x-length")]; },
		cancelled: async (room) => { const stream = await room.stream(320 * 65536); const reader = stream.getReader(); await reader.read(); await reader.cancel(); return "cancelled"; },
		failing: async (room) => new Response(await room.failing()).text(),
		written: async (room) => { const parts = []; return [await room.write(new WritableStream({ write(chunk) { parts.push(...chunk); }, close() { parts.push("closed"); } })), parts]; },
		aborted: async (room) => { let why; return [await room.abort(new WritableStream({ abort(reason) { why = reason.message; } })), why]; },
		passedOn: (room, env, ctx, request) => room.read(new Request("http://x/", { method: "POST", body: request.body })),
		locked: (room) => { const stream = new Response("a").body; stream.getReader(); return room.length(stream); },
	`), rpcOptions(2))
	a.answers([]row{
		{"sent", fmt.Sprint(320 * 65536)},
		{"received", fmt.Sprint(320 * 65536)},
		{"both", fmt.Sprintf(`[%d,"a"]`, 320*65536)},
		{"cancelled", `"cancelled"`},
		{"failing", `TypeError: the script has not completed the body`},
		{"written", `["written",[1,2,3,"closed"]]`},
		{"aborted", `["aborted","why"]`},
		{"locked", `TypeError: The body is locked by a reader of its stream`},
	})
	if got := a.do("POST", "/passedOn", "text"); got.body != `"text"` {
		t.Errorf("the body of a client's request is passed on; got %q", got.body)
	}
}

func TestRPCOrder(t *testing.T) {
	t.Parallel()
	a := serve(t, rpcScript(`
		log = [];
		async add(n) { this.log.push(n); await new Promise((done) => setTimeout(done, Math.random() * 5)); }
		fetch() { this.log.push("fetch"); return new Response(); }
		read() { return this.log; }
	`, `
		order: async (room) => {
			const calls = [];
			for (let i = 0; i < 10; i++) calls.push(i === 5 ? room.fetch("http://x/") : room.add(i));
			await Promise.all(calls);
			return room.read();
		},
	`), rpcOptions(3))
	a.get("/order", 200, `[0,1,2,3,4,"fetch",6,7,8,9]`)
}

func TestRPCLimits(t *testing.T) {
	t.Parallel()
	t.Run("a value has at most 32 MiB", func(t *testing.T) {
		t.Parallel()
		opts := rpcOptions(1)
		opts.Memory = 1 << 30
		a := serve(t, rpcScript(`
			length(value) { return value.byteLength; }
			make(n) { return new Uint8Array(n); }
		`, `
			argument: (room) => room.length(new Uint8Array(33554432)),
			result: (room) => room.make(33554432),
			fits: (room) => room.length(new Uint8Array(33554000)),
		`), opts)
		for _, path := range []string{"/argument", "/result"} {
			got := a.do("GET", path, "").body
			if !strings.HasPrefix(got, "Error: Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: 33554") {
				t.Errorf("%s is refused; got %q", path, got)
			}
		}
		a.get("/fits", 200, "33554000")
	})
}

func TestObjectStubFetchRedirects(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, rpcScript(`
		async fetch(request) {
			const url = new URL(request.url);
			if (url.pathname === "/loop") return Response.redirect(url, 307);
			if (url.pathname !== "/end") return Response.redirect(new URL("/end", url), Number(url.pathname.slice(1)));
			return Response.json([request.method, request.url, await request.text(), request.headers.get("x")]);
		}
	`, `
		follow: async (room) => { const r = await room.fetch("http://x/302", { headers: { x: "1" } }); return [r.redirected, r.url, await r.json()]; },
		post302: async (room) => (await room.fetch("http://x/302", { method: "POST", body: "b" })).json(),
		post307: async (room) => (await room.fetch("http://x/307", { method: "POST", body: "b" })).json(),
		put303: async (room) => (await room.fetch("http://x/303", { method: "PUT", body: "b" })).json(),
		stream307: async (room) => (await room.fetch("http://x/307", { method: "POST", body: new Response("b").body.pipeThrough(new TransformStream()), duplex: "half" })).json(),
		manual: async (room) => { const r = await room.fetch("http://x/302", { redirect: "manual" }); return [r.status, r.headers.get("location")]; },
		error: (room) => room.fetch("http://x/302", { redirect: "error" }),
		loop: (room) => room.fetch("http://x/loop"),
		relative: (room) => room.fetch("/relative"),
		aborted: (room) => room.fetch("http://x/end", { signal: AbortSignal.abort(new Error("early")) }),
	`), rpcOptions(1))
	a.answers([]row{
		{"follow", `[true,"http://x/end",["GET","http://x/end","","1"]]`},
		{"post302", `["GET","http://x/end","",null]`},
		{"post307", `["POST","http://x/end","b",null]`},
		{"put303", `["GET","http://x/end","",null]`},
		{"stream307", `TypeError: fetch failed: the body of the request is a stream, which cannot be sent again for a redirect`},
		{"manual", `[302,"http://x/end"]`},
		{"error", `TypeError: fetch failed: the answer is a redirect, which the request does not allow`},
		{"loop", `TypeError: fetch failed: there are more than 20 redirects`},
		{"relative", `TypeError: invalid URL: it has no scheme, and there is no base URL`},
		{"aborted", `Error: early`},
	})
}
