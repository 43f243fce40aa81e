package worker_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// chatScript is an application whose sockets belong to the object that the path names. Messages are expressions about ws, ctx and room, whose results are
// sent back.
const chatScript = `
	import { DurableObject } from "cloudflare:workers";
	export class Room extends DurableObject {
		constructor(ctx, env) {
			super(ctx, env);
			console.log("constructed", ctx.id.name);
		}
		fetch(request) {
			const url = new URL(request.url);
			const [client, server] = Object.values(new WebSocketPair());
			const { ctx } = this;
			if (url.searchParams.has("plain")) {
				server.accept();
				server.addEventListener("message", ({ data }) => server.send("plain " + data));
			} else {
				ctx.acceptWebSocket(server, url.searchParams.getAll("tag"));
				server.serializeAttachment({ name: url.searchParams.get("name") });
			}
			if (url.searchParams.has("early")) server.send("early");
			return new Response(null, { status: 101, webSocket: client, headers: { "x-room": ctx.id.name } });
		}
		async webSocketMessage(ws, message) {
			const { ctx } = this;
			const room = this;
			if (typeof message !== "string") message = "bytes " + [...new Uint8Array(message)];
			else if (message.startsWith("=")) message = await eval(message.slice(1));
			if (message !== undefined) ws.send(String(message));
		}
		webSocketClose(ws, ...args) {
			console.log("close", JSON.stringify(args), ws.readyState, ws.deserializeAttachment().name);
		}
		webSocketError(ws, error) {
			console.log("error", error.message, ws.readyState, ws.deserializeAttachment().name);
		}
	}
	export default {
		async fetch(request, env) {
			const response = await env.ROOM.getByName(new URL(request.url).pathname.split("/")[1]).fetch(request);
			if (new URL(request.url).searchParams.has("add")) return new Response(null, { status: 101, webSocket: response.webSocket, headers: { ...Object.fromEntries(response.headers), "x-added": "1" } });
			return response;
		},
	};`

var chatOptions = worker.Options{Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}}}

func TestObjectAcceptWebSocket(t *testing.T) {
	t.Parallel()
	opts := chatOptions
	opts.Workers = 2
	a := serve(t, chatScript, opts)
	c := a.connectTo("/one?name=c&early&add")
	if c.response.Header.Get("X-Room") != "one" || c.response.Header.Get("X-Added") != "1" {
		t.Errorf("the header of the response is sent; got %v", c.response.Header)
	}
	c.send("hello", "=ws.deserializeAttachment().name")
	c.sendBytes(1, 2)
	c.want("early", "hello", "c", "bytes 1,2")
	c.close(4001, "bye")
	c.want("closed 4001 bye")
	a.stdout.line(t, `close [4001,"bye",true] 2 c`)
}

func TestObjectHibernation(t *testing.T) {
	t.Parallel()
	t.Run("an idle object is evicted and its WebSockets stay open", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, chatScript, chatOptions)
			c, other := a.connectTo("/one?name=c&tag=x&tag=y"), a.connectTo("/one?name=d&tag=x")
			c.send("=room.count = 1")
			c.want("1")
			time.Sleep(time.Minute)
			c.send("=[room.count, ctx.getTags(ws), ctx.getWebSockets().length, ctx.getWebSockets('y')[0] === ws, ctx.getWebSockets('x').map((one) => one.deserializeAttachment().name)].join(' ')")
			c.want(" x,y 2 true c,d")
			time.Sleep(time.Minute)
			other.send("=ctx.getWebSockets('y')[0].send('from d')")
			c.want("from d")
			if n := a.stdout.count("constructed one"); n != 3 {
				t.Errorf("the object is constructed again for an event after its eviction; got %d", n)
			}
		})
	})
	t.Run("an automatic response does not construct the object", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, chatScript, chatOptions)
			c := a.connectTo("/one?name=c")
			c.send("=ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))", "=ctx.getWebSocketAutoResponseTimestamp(ws)")
			c.want("null")
			c.send("ping")
			c.want("pong")
			time.Sleep(time.Minute)
			c.send("ping")
			c.want("pong")
			time.Sleep(time.Minute)
			c.send("=ctx.getWebSocketAutoResponseTimestamp(ws).constructor.name", "=ctx.getWebSocketAutoResponse().response")
			c.want("Date", "pong")
			if n := a.stdout.count("constructed one"); n != 2 {
				t.Errorf("only other messages construct the object; got %d", n)
			}
		})
	})
	t.Run("an accepted WebSocket prevents eviction", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, chatScript, chatOptions)
			c := a.connectTo("/one?plain")
			time.Sleep(time.Minute)
			c.send("hello")
			c.want("plain hello")
			if n := a.stdout.count("constructed one"); n != 1 {
				t.Errorf("the object stays; got %d", n)
			}
		})
	})
}

func TestObjectSocketSurvival(t *testing.T) {
	t.Parallel()
	t.Run("a reload", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c, plain := a.connectTo("/one?name=c&tag=x"), a.connectTo("/one?plain")
		c.send("=ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))")
		a.stdout.line(t, "constructed one")
		c.send("=1")
		c.want("1")
		a.reload(strings.Replace(chatScript, `ws.send(String(message))`, `ws.send("v2 " + message)`, 1))
		plain.want("closed 1012 a new version of the application has been loaded")
		c.send("=[ctx.getTags(ws), ws.deserializeAttachment().name]")
		c.want("v2 x,c")
		c.send("ping")
		c.want("pong")
	})
	for what, code := range map[string]string{
		"an endless loop": "=(() => { for (;;); })()",
		"out of memory":   "=(() => { const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length); })()",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			opts := chatOptions
			opts.EventTimeout, opts.Memory = time.Second, 16<<20
			a := serve(t, chatScript, opts)
			c := a.connectTo("/one?name=c&tag=x")
			c.send(code, "=[ctx.getTags(ws), ws.deserializeAttachment().name]")
			c.want("x,c")
		})
	}
}

func TestObjectSocketClose(t *testing.T) {
	t.Parallel()
	t.Run("the object closes first", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c := a.connectTo("/one?name=c")
		c.send("=ws.close(4003, 'enough')")
		c.want("closed 4003 enough")
		a.stdout.line(t, `close [4003,"enough",true] 3 c`)
	})
	t.Run("the end of TCP without a Close", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c := a.connectTo("/one?name=c")
		c.conn.CloseNow()
		a.stdout.line(t, `close [1006,"WebSocket disconnected without sending Close frame.",false] 2 c`)
	})
	t.Run("before 2026-04-07 the object answers a Close", func(t *testing.T) {
		t.Parallel()
		opts := chatOptions
		opts.CompatibilityDate = "2026-04-06"
		a := serve(t, chatScript, opts)
		c, other := a.connectTo("/one?name=c"), a.connectTo("/one?name=d")
		c.close(4001, "bye")
		a.stdout.line(t, `close [4001,"bye",true] 2 c`)
		other.send("=(ctx.getWebSockets()[1].send('late'), ctx.getWebSockets()[1].close(4002, 'answer'), ctx.getWebSockets().length)")
		other.want("1")
		c.want("late", "closed 4002 answer")
	})
	t.Run("abort closes the connections", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c := a.connectTo("/one?name=c")
		c.send("=ctx.abort()")
		c.want("closed 1011 the object was reset")
		c = a.connectTo("/one?name=d")
		c.send("=ctx.getWebSockets().length")
		c.want("1")
	})
}

func TestObjectSocketOrder(t *testing.T) {
	t.Parallel()
	a := serve(t, chatScript, chatOptions)
	c := a.connectTo("/one?name=c")
	c.send("=new Promise((resolve) => { room.release = () => resolve('slow'); })", "=(setTimeout(room.release), 'quick')")
	c.want("quick", "slow")
}

func TestObjectSocketException(t *testing.T) {
	t.Parallel()
	t.Run("of a handler", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c := a.connectTo("/one?name=c")
		c.send("=missing", "=Promise.reject(new RangeError('late'))", "=1")
		c.want("1")
		a.log.line(t, "ReferenceError", "event=webSocketMessage", "class=Room")
		a.log.line(t, "RangeError: late", "event=webSocketMessage", "class=Room")
	})
	t.Run("of the constructor after a reload", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c := a.connectTo("/one?name=c")
		a.reload(strings.Replace(chatScript, `console.log("constructed", ctx.id.name);`, `throw new RangeError("not now");`, 1))
		c.send("=1")
		a.log.line(t, "RangeError: not now", "event=webSocketMessage", "class=Room")
		a.reload(chatScript)
		c.send("=2")
		c.want("2")
	})
	t.Run("in blockConcurrencyWhile", func(t *testing.T) {
		t.Parallel()
		a := serve(t, chatScript, chatOptions)
		c := a.connectTo("/one?name=c")
		c.send("=ctx.blockConcurrencyWhile(() => { throw new RangeError('blocked'); })")
		a.log.line(t, "RangeError: blocked", "event=webSocketMessage", "class=Room")
		c.send("=ctx.getWebSockets().length")
		c.want("1")
	})
}

func TestObjectOutgoingWebSocket(t *testing.T) {
	t.Parallel()
	opts := chatOptions
	opts.SleepAfter = 100 * time.Millisecond
	a := serve(t, chatScript, opts)
	c := a.connectTo("/one?name=c")
	c.send("=(room.peer = new WebSocket('ws://" + a.address + "/two?name=peer'), new Promise((resolve) => { room.peer.onopen = () => resolve('open'); }))")
	c.want("open")
	c.send("=(room.peer.send('hello'), new Promise((resolve) => { room.peer.onmessage = ({ data }) => resolve(data); }))")
	c.want("hello")
	a.until("the WebSocket keeps the object awake", func() bool { return a.Workers()[0].Reason == "a WebSocket object is open" })
	c.send("=room.peer.close(4000, 'done')")
	a.stdout.line(t, `close [4000,"done",true] 2 peer`)
	a.state(0, "asleep")
	c.send("=String(room.peer)")
	c.want("undefined")
}

func TestObjectSocketReloads(t *testing.T) {
	t.Parallel()
	const sockets, messages, reloads = 12, 100, 5
	script := strings.Replace(chatScript, "async webSocketMessage(ws, message) {", `async webSocketMessage(ws, message) {
			const count = ((await this.ctx.storage.get(ws.deserializeAttachment().name)) ?? 0) + 1;
			await this.ctx.storage.put(ws.deserializeAttachment().name, count);
			message += " " + count;`, 1)
	opts := chatOptions
	opts.Workers = 2
	opts.Data = t.TempDir()
	a := serve(t, script, opts)
	clients := make([]*client, sockets)
	for i := range clients {
		clients[i] = a.connectTo("/room" + itoa(i%3) + "?name=" + itoa(i))
	}
	var all sync.WaitGroup
	for _, c := range clients {
		all.Go(func() {
			for i := range messages {
				c.send(itoa(i))
			}
		})
	}
	for range reloads {
		a.reload(script)
	}
	all.Wait()
	for _, c := range clients {
		for i := range messages {
			c.want(itoa(i) + " " + itoa(i+1))
		}
	}
}

func TestObjectFetchAfterWrite(t *testing.T) {
	t.Parallel()
	front := otherServer(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	opts := chatOptions
	opts.Data = t.TempDir()
	a := serve(t, `
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			async send(url) {
				this.ctx.storage.kv.put("sent", 1);
				const answer = fetch(url, { method: "POST", body: "hello" });
				const early = new AbortController();
				const aborted = fetch(url, { signal: early.signal }).catch((error) => error.name);
				early.abort();
				return [await (await answer).text(), await aborted].join(" ");
			}
		}
		export default { fetch: async (request, env) => new Response(await env.ROOM.getByName("a").send("`+front.URL+`")) };`, opts)
	a.get("/", 200, "hello AbortError")
}

func TestObjectSocketViolation(t *testing.T) {
	t.Parallel()
	a := serve(t, chatScript, chatOptions)
	nc := a.sendUpgrade("/one?name=c&early")
	if _, err := io.ReadFull(nc, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Write([]byte{0x81, 0x81, 0, 0, 0, 0, 0xff}); err != nil { // a text message that is not UTF-8
		t.Fatal(err)
	}
	a.stdout.line(t, "error", "UTF-8", "3 c")
	a.stdout.never(t, "close [")
}

func TestObjectSocketSubprotocol(t *testing.T) {
	t.Parallel()
	script := strings.Replace(chatScript, `headers: { "x-room": ctx.id.name }`, `headers: { "sec-websocket-protocol": "chat" }`, 1)
	a := serve(t, script, chatOptions)
	c := a.connectTo("/one?name=c", "Sec-WebSocket-Protocol: other, chat")
	if got := c.response.Header.Get("Sec-WebSocket-Protocol"); got != "chat" {
		t.Errorf("the object chooses the subprotocol; got %q", got)
	}
	if got := a.decline("Sec-WebSocket-Protocol: other"); got.StatusCode != 500 {
		t.Errorf("a subprotocol that the client has not offered is an error; got %d", got.StatusCode)
	}
	a.stdout.line(t, "close [1006,")
	c.send("=ctx.getWebSockets().length")
	c.want("1")
}
