package worker_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// console serves a script that accepts every upgrade request with the statements accept. It evaluates each message as the body
// of an async function with the parameters event and source, and sends back what the function returns or throws.
func console(t *testing.T, accept string) *testApp {
	t.Helper()
	return serveOn(t, accept, worker.Options{})
}

// serveOn is console with options.
func serveOn(t *testing.T, accept string, opts worker.Options) *testApp {
	t.Helper()
	return serve(t, `
		const AsyncFunction = (async () => {}).constructor;
		const attempt = (f) => { try { return f(); } catch (e) { return e.name + (e instanceof DOMException ? "!" : ""); } };
		Object.assign(globalThis, { attempt });
		addEventListener("websocketupgrade", (event) => { `+accept+` });
		addEventListener("websocketmessage", async (event) => {
			const { source } = event;
			try {
				const result = await new AsyncFunction("event", "source", typeof event.data === "string" ? event.data : new TextDecoder().decode(event.data))(event, source);
				if (result !== undefined) source.send(typeof result === "string" ? result : JSON.stringify(result));
			} catch (error) {
				source.send(error.name + ": " + error.message);
			}
		});`, opts)
}

// eval sends a script to the console and waits for the messages wanted.
func (c *client) eval(script string, want ...string) {
	c.t.Helper()
	c.send(script)
	c.want(want...)
}

func TestConnectionSendTypes(t *testing.T) {
	t.Parallel()
	c := console(t, `event.accept();`).connect()
	c.eval(`source.send("text"); source.send("")`, "text", "")
	c.eval(`source.send(new Uint8Array([1, 2, 3]).buffer)`, "bytes [1 2 3]")
	c.eval(`source.send(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))`, "bytes [2 3]")
	c.eval(`source.send(new DataView(new Uint8Array([1, 2, 3]).buffer, 2))`, "bytes [3]")
	c.eval(`source.send(new Uint16Array([258]))`, "bytes [2 1]")
	c.eval(`source.send(new ArrayBuffer(0))`, "bytes []")
	c.eval(`source.send("a\ud800b")`, "a\uFFFDb")
	c.eval(`return [1, true, null, undefined, {}, [], Symbol.iterator, 1n, () => {}, new Map(), new String("x"), { toString() { return "x"; } }]
		.map((x) => attempt(() => { source.send(x); return "sent"; })).join()`, strings.TrimSuffix(strings.Repeat("TypeError,", 12), ","))
	c.eval(`return attempt(() => source.send())`, "TypeError")
	c.eval(`const own = new Uint8Array([1]); source.send(own); own[0] = 9;`, "bytes [1]")
}

func TestConnectionClose(t *testing.T) {
	t.Parallel()
	t.Run("only legal codes and reasons are accepted", func(t *testing.T) {
		t.Parallel()
		a := console(t, `event.accept();`)
		c := a.connect()
		c.eval(`return [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65536, -1, NaN, null, "x", {}, 1e300]
			.map((code) => attempt(() => source.close(code))).filter((x) => x !== "InvalidAccessError!")`, "[]")
		c.eval(`return [attempt(() => source.close(1000, "x".repeat(124))), attempt(() => source.close(1000, "é".repeat(62))), source.readyState]`,
			`["SyntaxError!","SyntaxError!",1]`)
		c.eval(`return "open still"`, "open still")
		for script, want := range map[string]string{
			`source.close()`:                                            "closed 1000",
			`source.close(undefined, "because")`:                        "closed 1000 because",
			`source.close("3000")`:                                      "closed 3000",
			`source.close(4999.9, "x".repeat(123))`:                     "closed 4999 " + strings.Repeat("x", 123),
			`source.close(4000, "a\udc00")`:                             "closed 4000 a\uFFFD",
			`source.close(4001, "a"); source.close(4002)`:               "closed 4001 a",
			`for (const code of [1014, 1003, 1007]) source.close(code)`: "closed 1014",
			`source.send("last"); source.close(1001); source.send("lost"); source.subscribe("x")`: "last",
		} {
			c := a.connect()
			c.eval(script, want)
		}
	})
	t.Run("discard drops queued messages", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => {
				const connection = event.accept();
				connection.send("dropped");
				connection.close(4001, "now", { discard: true });
			});`, worker.Options{})
		a.connect().want("closed 4001 now")
	})
}

func TestConnectionReadyState(t *testing.T) {
	t.Parallel()
	a := console(t, `
		const conn = event.accept();
		const before = conn.readyState;
		if (event.request.headers.has("x-close")) conn.close(4000);
		conn.send("upgrade " + before + conn.readyState);
		console.log("closing " + conn.readyState);
		globalThis.kept = conn;`)
	c := a.connect()
	c.want("upgrade 00")
	c.eval(`return [source.readyState, kept.readyState, source.OPEN, WebSocketConnection.CLOSED]`, "[1,1,1,3]")
	c.eval(`source.close(); console.log("then " + source.readyState)`, "closed 1000")
	a.stdout.line(t, "then 2")
	a.connect("X-Close: 1").want("closed 4000")
	a.stdout.line(t, "closing 2")
	other := a.connect()
	other.want("upgrade 00")
}

func TestConnectionData(t *testing.T) {
	t.Parallel()
	t.Run("data is kept from event to event", func(t *testing.T) {
		t.Parallel()
		c := console(t, `event.accept({ data: { n: 1, list: [], when: new Date(5), map: new Map([["a", 1]]), bytes: new Uint8Array([7]) } });`).connect()
		c.eval(`const { n, list, when, map, bytes } = source.data; return [n, list, when.getTime(), map.get("a"), bytes[0]]`, "[1,[],5,1,7]")
		c.eval(`source.data.n++; source.data.list.push("sync")`)
		c.eval(`source.data.list.push("a"); await null; source.data.list.push("b"); await new Promise((done) => setTimeout(done, 1)); source.data.list.push("c")`)
		c.eval(`return [source.data.n, source.data.list]`, `[2,["sync","a","b","c"]]`)
		c.eval(`source.data = { fresh: true }; return source.data`, `{"fresh":true}`)
		c.eval(`source.data.n = 5; throw new Error("the event fails")`, "Error: the event fails")
		c.eval(`return source.data`, `{"fresh":true,"n":5}`)
		c.eval(`const own = { n: 1 }; source.data = own; own.n = 2; return source.data.n`, "1")
		c.eval(`source.data = undefined; return typeof source.data`, "undefined")
		c.eval(`return typeof source.data`, "undefined")
		c.eval(`source.data = null; return source.data`, "null")
		c.eval(`source.data = "text"; return source.data`, "text")
	})
	t.Run("data that cannot be saved is refused, and the last value is kept", func(t *testing.T) {
		t.Parallel()
		a := console(t, `
			const error = attempt(() => event.accept({ data: "x".repeat(65536) }));
			event.accept({ data: { good: 1, refused: error } });`)
		c := a.connect()
		c.eval(`return source.data`, `{"good":1,"refused":"DataCloneError!"}`)
		c.eval(`return [() => {}, "x".repeat(65534), "é".repeat(32767), new Promise(() => {}), source]
			.map((data) => attempt(() => { source.data = data; })).join()`, strings.TrimSuffix(strings.Repeat("DataCloneError!,", 5), ","))
		c.eval(`return attempt(() => { source.data = "x".repeat(65533); return "fits"; })`, "fits")
		c.eval(`source.data = { good: 1 }`)
		c.eval(`source.data.bad = () => {}; source.data.good = 2`)
		c.eval(`return source.data`, `{"good":1}`)
		a.log.line(t, "uncaught exception", "DataCloneError", "event=websocketmessage")
	})
}

func TestConnectionUsedAfterItsEvent(t *testing.T) {
	t.Parallel()
	a := console(t, `globalThis.kept = event.accept({ data: 1 }); kept.send(kept.id);`)
	c := a.connect()
	id, _ := c.next()
	c.eval(`kept.send("by timer"); setTimeout(() => { kept.data++; kept.send(kept.id + kept.data + kept.protocol); }, 1)`, "by timer", id+"2")
	c.eval(`return source.data`, "2")
	c.eval(`source.close()`, "closed 1000")
	other := a.connect()
	_, _ = other.next()
	c.close(1000, "")
	other.eval(`return source === kept`, "false")
	other.eval(`kept.subscribe("a"); kept.unsubscribe("a"); return kept.url`, "http://linger.test/chat?room=1")
}

func TestConnectionConstructorThrows(t *testing.T) {
	t.Parallel()
	c := console(t, `event.accept();`).connect()
	c.eval(`return [attempt(() => new WebSocketConnection()), attempt(() => new WebSocketConnection("secret", source.id)),
		String(source), attempt(() => WebSocketConnection.prototype.id), Object.keys(source)]`,
		`["TypeError","TypeError","[object WebSocketConnection]","TypeError",[]]`)
	c.eval(`const e = new WebSocketMessageEvent("x", { data: 1 }); return [e.type, e.data, e.source, e.isTrusted, event.isTrusted]`, `["x",1,null,false,true]`)
	c.eval(`const e = new FetchEvent("fetch", { request: new Request("http://x/") }); return [attempt(() => e.respondWith(1)), attempt(() => e.upgradeWebSocket()),
		attempt(() => new FetchEvent("fetch")), attempt(() => e.waitUntil(1))]`, `["InvalidStateError!","InvalidStateError!","TypeError","InvalidStateError!"]`)
	c.eval(`const e = new WebSocketCloseEvent("x", { code: 4000, reason: "r" }); return [e.id, e.source, e.code, e.reason, e.wasClean, e.initiator]`,
		`["",null,4000,"r",false,"remote"]`)
	c.eval(`return [typeof __host, typeof globalThis.accept]`, `["undefined","undefined"]`)
}

func TestUpgradeEventIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name + (e instanceof DOMException ? "!" : ""); } };
		let kept;
		addEventListener("websocketupgrade", async (event) => {
			const step = event.request.headers.get("x-step");
			if (step === "fetch") return;
			if (step === "kept") { event.accept().send(name(() => kept.accept()) + name(() => kept.respondWith(new Response())) + name(() => kept.waitUntil(1))); return; }
			kept = event;
			const result = [
				name(() => event.accept({ protocol: "unknown" })), name(() => event.accept({ headers: { "a b": "c" } })),
				name(() => event.accept({ data: () => {} })), name(() => event.accept({ get data() { event.accept({ data: "inner" }); } })),
				name(() => event.accept()), name(() => event.respondWith(new Response())),
			];
			await null;
			new BroadcastChannel("c"); // unrelated to the upgrade
			console.log(result.join());
		});
		addEventListener("fetch", (event) => {
			if (event.request.headers.get("x-step") !== "fetch") return event.respondWith(new Response(name(() => event.upgradeWebSocket())));
			event.respondWith(Promise.resolve(new Response("response first")));
			console.log("fetch", name(() => event.upgradeWebSocket()), name(() => event.respondWith(new Response())));
		});`, worker.Options{})
	a.connect()
	a.stdout.line(t, "TypeError,TypeError,DataCloneError!,InvalidStateError!,InvalidStateError!,InvalidStateError!")
	a.connect("X-Step: kept").want("InvalidStateError!InvalidStateError!InvalidStateError!")
	if got := a.decline("X-Step: fetch"); got.body != "response first" {
		t.Errorf("the first response is sent; got %q", got.body)
	}
	a.stdout.line(t, "fetch InvalidStateError! InvalidStateError!")
	a.get("/", 200, "TypeError")
	if got := a.do("GET", "/", "", "Upgrade", "websocket"); got.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a request with Upgrade and without Connection: Upgrade is refused with 426 before the script is called; got %d %q", got.StatusCode, got.body)
	}
}

func TestFetchEventAnsweredSkipsLaterListeners(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", (event) => {
			if (event.request.headers.has("upgrade")) event.upgradeWebSocket().send("first");
		});
		addEventListener("fetch", (event) => { console.log("second"); event.respondWith(new Response("page")); });`, worker.Options{})
	a.connect().want("first")
	a.stdout.never(t, "second")
	a.get("/", 200, "page")
	a.log.never(t, "uncaught")
}

func TestUpgradeEventIsInvalidAfterFetchBegins(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let earlier;
		addEventListener("websocketupgrade", (event) => { earlier = event; });
		addEventListener("fetch", (event) => {
			let error;
			try { earlier.accept(); } catch (e) { error = e; }
			event.upgradeWebSocket().send(error.name + (error instanceof DOMException));
		});`, worker.Options{})
	a.connect().want("InvalidStateErrortrue")
}
