package worker_test

import (
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// offerScript is an application whose requests run a function of the module, which the path names. Room is the object of chatScript that
// echoes messages.
func offerScript(code string) string {
	return `
	import { DurableObject } from "cloudflare:workers";
	export class Room extends DurableObject {
		constructor(ctx, env) {
			super(ctx, env);
			console.log("constructed", ctx.id.name);
		}
		fetch(request) {
			const [client, server] = Object.values(new WebSocketPair());
			this.ctx.acceptWebSocket(server);
			return new Response(null, { status: 101, webSocket: client });
		}
		webSocketMessage(ws, message) {
			if (message === "close") ws.close(4002, "object");
			else ws.send("echo " + message);
		}
		webSocketClose(ws, ...args) {
			console.log("closed", JSON.stringify(args));
		}
	}
	export class Middle extends DurableObject {
		fetch(request) {
			return this.env.ROOM.getByName("inner").fetch(request);
		}
		pair() {
			const [client, server] = Object.values(new WebSocketPair());
			this.ctx.acceptWebSocket(server);
			client.accept();
			const received = new Promise((resolve) => client.addEventListener("message", ({ data }) => resolve(data)));
			client.send("hello");
			return received;
		}
		webSocketMessage(ws, message) {
			ws.send("self " + message);
		}
	}
	const handshake = { headers: { upgrade: "websocket" } };
	const open = async (env) => (await env.ROOM.getByName("one").fetch("http://room/", handshake)).webSocket;
	const next = (ws, type) => new Promise((resolve) => ws.addEventListener(type, resolve, { once: true }));
	export default {
		async fetch(request, env) {
			` + code + `
		},
	};`
}

var offerOptions = worker.Options{Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}, {Name: "MIDDLE", Class: "Middle"}}}}

func TestObjectWebSocketOfScript(t *testing.T) {
	t.Parallel()
	t.Run("a script talks with the object", func(t *testing.T) {
		t.Parallel()
		a := serve(t, offerScript(`
			const ws = await open(env);
			ws.accept();
			ws.send("a");
			ws.send("b");
			const first = await next(ws, "message");
			const second = await next(ws, "message");
			ws.close(4001, "script");
			const { code, reason, wasClean } = await next(ws, "close");
			return Response.json([first.data, second.data, code, reason, wasClean]);`), offerOptions)
		a.get("/", 200, `["echo a","echo b",4001,"script",true]`)
		a.stdout.line(t, `closed [4001,"script",true]`)
	})
	t.Run("the object closes", func(t *testing.T) {
		t.Parallel()
		a := serve(t, offerScript(`
			const ws = await open(env);
			ws.accept();
			ws.send("close");
			const { code, reason, wasClean } = await next(ws, "close");
			return Response.json([code, reason, wasClean]);`), offerOptions)
		a.get("/", 200, `[4002,"object",true]`)
	})
	t.Run("the object is evicted while the WebSocket is open", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, offerScript(`
				globalThis.ws ??= await open(env).then((ws) => (ws.accept(), ws));
				ws.send("a");
				return new Response((await next(ws, "message")).data);`), offerOptions)
			a.get("/", 200, "echo a")
			time.Sleep(time.Minute)
			a.get("/", 200, "echo a")
			if n := a.stdout.count("constructed one"); n != 2 {
				t.Errorf("the object is constructed again; got %d", n)
			}
		})
	})
	t.Run("an object talks with itself", func(t *testing.T) {
		t.Parallel()
		a := serve(t, offerScript(`return new Response(await env.MIDDLE.getByName("a").pair());`), offerOptions)
		a.get("/", 200, "self hello")
	})
}

func TestObjectWebSocketOfObject(t *testing.T) {
	t.Parallel()
	opts := offerOptions
	opts.Workers = 3
	a := serve(t, offerScript(`return env.MIDDLE.getByName("a").fetch(request);`), opts)
	c := a.connect()
	c.send("a")
	c.want("echo a")
	a.reload(offerScript(`return env.MIDDLE.getByName("a").fetch(request);`))
	c.send("b")
	c.want("echo b")
	c.close(4001, "bye")
	c.want("closed 4001 bye")
	a.stdout.line(t, `closed [4001,"bye",true]`)
}

func TestObjectWebSocketUnused(t *testing.T) {
	t.Parallel()
	t.Run("a response that nothing uses", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, offerScript(`
				globalThis.ws = await open(env);
				return new Response(String(ws.readyState));`), offerOptions)
			a.get("/", 200, "1")
			time.Sleep(29 * time.Second)
			if n := a.stdout.count("closed"); n != 0 {
				t.Errorf("the script has 30 s for using a WebSocket of an object")
			}
			time.Sleep(2 * time.Second)
			a.stdout.line(t, `closed [1006,"WebSocket disconnected without sending Close frame.",false]`)
		})
	})
	t.Run("two responses with the same WebSocket", func(t *testing.T) {
		t.Parallel()
		a := serve(t, offerScript(`
			globalThis.ws ??= await open(env);
			return new Response(null, { status: 101, webSocket: ws });`), offerOptions)
		c := a.connect()
		c.send("a")
		c.want("echo a")
		if got := a.decline(); got.StatusCode != 500 {
			t.Errorf("a WebSocket is used once; got %d", got.StatusCode)
		}
	})
	t.Run("a request without Upgrade", func(t *testing.T) {
		t.Parallel()
		a := serve(t, offerScript(`return env.ROOM.getByName("a").fetch("http://room/").then(String, (e) => new Response(e.name + ": " + e.message));`), offerOptions)
		a.get("/", 200, `TypeError: Worker tried to return WebSocket in a response to a request which did not contain the header "Upgrade: websocket".`)
	})
	t.Run("a plain request", func(t *testing.T) {
		t.Parallel()
		a := serve(t, offerScript(`return new Response(null, { status: 101, webSocket: await open(env) });`), offerOptions)
		if got := a.do("GET", "/", ""); got.StatusCode != 426 {
			t.Errorf("the client gets 426; got %d", got.StatusCode)
		}
	})
}
