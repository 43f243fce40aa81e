package worker_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// counterScript is an application whose requests go to the object that the path names.
const counterScript = `
	import { DurableObject } from "cloudflare:workers";
	export class Counter extends DurableObject {
		count = 0;
		constructor(ctx, env) {
			super(ctx, env);
			console.log("constructed", ctx.id.name);
		}
		async fetch(request) {
			const text = await request.text();
			return new Response(this.ctx.id.name + " " + ++this.count + " " + request.method + " " + text, { headers: { "x-id": this.ctx.id.toString() } });
		}
		async add(n, options) {
			await new Promise((done) => setTimeout(done, 1));
			return { count: this.count += n, options };
		}
		fail() { throw new RangeError("too much"); }
	}
	export default {
		async fetch(request, env) {
			const { pathname } = new URL(request.url);
			const [, name, method] = pathname.split("/");
			const stub = env.COUNTER.getByName(name);
			if (!method) return stub.fetch(request);
			try {
				return Response.json(await stub[method](2, { when: new Date(0), list: new Set([1]) }));
			} catch (error) {
				return new Response(error.name + ": " + error.message + " " + error.remote, { status: 500 });
			}
		},
	};`

var counterOptions = worker.Options{
	Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "COUNTER", Class: "Counter"}}},
}

func TestObjectStubFetch(t *testing.T) {
	t.Parallel()
	opts := counterOptions
	opts.Workers = 3
	a := serve(t, counterScript, opts)
	if got := a.do("POST", "/one", "hello"); got.StatusCode != 200 || got.body != "one 1 POST hello" || len(got.Header.Get("X-Id")) != 64 {
		t.Errorf("the object answers the request; got %d %q %v", got.StatusCode, got.body, got.Header)
	}
	a.get("/one", 200, "one 2 GET")
	a.get("/two", 200, "two 1 GET")
	a.get("/one", 200, "one 3 GET")
}

func TestObjectFetchFails(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			fetch(request) {
				if (request.url.endsWith("/throw")) throw new RangeError("too much");
				if (request.url.endsWith("/abort")) this.ctx.abort("the end");
				return "not a response";
			}
		}
		export default {
			fetch: (request, env) => env.ROOM.getByName("a").fetch(request).catch((e) => new Response(e.name + ": " + e.message)),
		};`, worker.Options{Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}}})
	a.get("/throw", 200, "RangeError: too much")
	a.get("/abort", 200, "Error: the end")
	a.get("/text", 200, "TypeError: Callback returned incorrect type; expected 'Promise'")
}

func TestObjectStubCall(t *testing.T) {
	t.Parallel()
	a := serve(t, counterScript, counterOptions)
	a.get("/one/add", 200, `{"count":2,"options":{"when":"1970-01-01T00:00:00.000Z","list":{}}}`)
	a.get("/one/fail", 500, "RangeError: too much true")
	a.get("/one/missing", 500, `TypeError: The RPC receiver does not implement the method "missing". true`)
	a.get("/one/count", 500, `TypeError: The RPC receiver does not implement the method "count". true`)
}

func TestObjectSurvival(t *testing.T) {
	t.Parallel()
	t.Run("an idle object is evicted, and its next event constructs it again", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, counterScript, counterOptions)
			a.get("/one", 200, "one 1 GET")
			time.Sleep(9 * time.Second)
			a.get("/one", 200, "one 2 GET")
			time.Sleep(11 * time.Second)
			a.get("/one", 200, "one 1 GET")
		})
	})
	t.Run("with as many objects in memory as allowed, the one that was idle for longest is evicted", func(t *testing.T) {
		t.Parallel()
		opts := counterOptions
		opts.MaxObjects = 2
		a := serve(t, counterScript, opts)
		for _, path := range []string{"/one", "/two", "/one", "/three"} {
			a.do("GET", path, "")
		}
		a.get("/one", 200, "one 3 GET")
		a.get("/two", 200, "two 1 GET")
		if status := a.Workers()[0]; status.Objects != 2 || status.Wakes != 4 {
			t.Errorf("the worker has 2 objects in memory, and has constructed 4; got %+v", status)
		}
	})
	t.Run("a reload constructs objects again", func(t *testing.T) {
		t.Parallel()
		a := serve(t, counterScript, counterOptions)
		a.get("/one", 200, "one 1 GET")
		a.reload(counterScript)
		a.get("/one", 200, "one 1 GET")
	})
	t.Run("an object that is busy for long after a reload is reset", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			app := func(version string) string {
				return `
				import { DurableObject } from "cloudflare:workers";
				export class Room extends DurableObject {
					slow() { console.log("slow"); return new Promise(() => {}); }
					quick() { return "` + version + `"; }
				}
				export default { fetch: (request, env) => env.ROOM.getByName("a")[new URL(request.url).pathname.slice(1)]().then((r) => new Response(r), (e) => new Response(e.message)) };`
			}
			a := serveInMemory(t, app("v1"), worker.Options{Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}}})
			answered := make(chan answer)
			go func() { answered <- a.do("GET", "/slow", "") }()
			a.stdout.line(t, "slow")
			began := time.Now()
			a.reload(app("v2"))
			a.get("/quick", 200, "v2")
			if got := <-answered; got.body != "Durable Object reset because its code was updated." {
				t.Errorf("the event in progress fails; got %q", got.body)
			}
			if took := time.Since(began); took != 10*time.Second {
				t.Errorf("the object is reset after 10 s; got %v", took)
			}
		})
	})
}

func TestObjectOverload(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		import { DurableObject } from "cloudflare:workers";
		let resolve;
		const promise = new Promise((done) => { resolve = done; }); // shared with the object, which is in the same engine
		export class Room extends DurableObject {
			wait() { return promise; }
		}
		export default { async fetch(request, env) {
			const room = env.ROOM.getByName("a");
			const calls = Array.from({ length: 4097 }, () => room.wait());
			const refusal = await Promise.any(calls.map((call) => call.then(() => Promise.reject(), (error) => error)));
			resolve();
			const results = await Promise.allSettled(calls);
			return new Response([refusal.message, refusal.overloaded, results.filter(({ status }) => status === "fulfilled").length].join(" "));
		} };`, roomOptions)
	a.get("/", 200, "Durable Object is overloaded. Too many requests queued. true 4096")
}

func TestObjectEvictedBetweenEvents(t *testing.T) {
	t.Parallel()
	const script = `
		import { DurableObject } from "cloudflare:workers";
		export class Counter extends DurableObject {
			constructor(ctx, env) {
				super(ctx, env);
				ctx.blockConcurrencyWhile(async () => { this.count = (await ctx.storage.get("count")) ?? 0; });
			}
			async fetch() {
				await this.ctx.storage.put("count", ++this.count);
				return new Response(String(this.count));
			}
		}
		export default { fetch: (request, env) => env.COUNTER.getByName("one").fetch(request) };`
	opts := counterOptions
	opts.Data, opts.SleepAfter = t.TempDir(), time.Millisecond
	a := serve(t, script, opts)
	for i := 1; i <= 40; i++ {
		a.get("/", 200, strconv.Itoa(i))
		time.Sleep(time.Duration(i%10) * 300 * time.Microsecond) // events arrive before, during and after the eviction
	}
}
