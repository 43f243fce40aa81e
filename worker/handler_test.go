package worker_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

func TestUpgradeEventRequest(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => {
			const { url, method, headers } = event.request;
			event.accept().send([url, method, headers.get("upgrade"), headers.get("x-user"), event.type].join(" "));
		});`, worker.Options{})
	a.connect("X-User: ann").want("http://linger.test/chat?room=1 GET websocket ann websocketupgrade")
}

func TestFetchEventUpgradesIfNoUpgradeListenerAnswers(t *testing.T) {
	t.Parallel()
	const fetch = `
		addEventListener("fetch", (event) => {
			if (event.request.headers.get("upgrade") === "websocket") {
				event.upgradeWebSocket({ data: { room: "lobby" } }).send("by fetch");
				return;
			}
			event.respondWith(new Response("hello"));
		});`
	for name, first := range map[string]string{
		"no upgrade listener":                 "",
		"a listener that does nothing":        `addEventListener("websocketupgrade", () => {});`,
		"a listener that throws":              `addEventListener("websocketupgrade", () => { throw new Error("no"); });`,
		"an async listener that does nothing": `addEventListener("websocketupgrade", async () => { await null; });`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, first+fetch, worker.Options{})
			a.connect().want("by fetch")
			a.get("/", 200, "hello")
		})
	}
}

func TestUpgradeEventPrecedesFetch(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", (event) => event.respondWith(new Response("fetch")));
		addEventListener("websocketupgrade", (event) => {
			if (!event.request.headers.has("x-deny")) event.accept().send("accepted");
			else event.respondWith(new Response("go away", { status: 401, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }));
		});`, worker.Options{})
	a.connect().want("accepted")
	got := a.decline("X-Deny: 1")
	if got.StatusCode != 401 || got.body != "go away" || !slices.Equal(got.Header["Set-Cookie"], []string{"a=1", "b=2"}) {
		t.Errorf("a declined upgrade request gets the script's response; got %d %q %v", got.StatusCode, got.body, got.Header)
	}
}

func TestUpgradeEventAccept(t *testing.T) {
	t.Parallel()
	t.Run("accept has the options protocol, headers and data", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", async (event) => {
				await new Promise((done) => setTimeout(done, 1)); // stands for the look-up of a user
				const conn = event.accept({
					protocol: "chat.v2", data: { name: "ann", since: new Date(0) },
					headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["sec-websocket-accept", "forged"]],
				});
				conn.send(conn.protocol + " " + conn.url + " " + conn.data.name + " " + conn.data.since.getTime());
			});`, worker.Options{})
		c := a.connect("Sec-WebSocket-Protocol: chat.v1, chat.v2")
		c.want("chat.v2 http://linger.test/chat?room=1 ann 0")
		if h := c.response.Header; h.Get("Sec-WebSocket-Protocol") != "chat.v2" || !slices.Equal(h["Set-Cookie"], []string{"a=1", "b=2"}) ||
			slices.Contains(h["Sec-Websocket-Accept"], "forged") {
			t.Errorf("the 101 has the protocol and a field for each cookie; got %v", h)
		}
	})
	t.Run("messages sent during the upgrade follow the 101 in order", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", async (event) => {
				const conn = event.accept();
				conn.subscribe("own");
				conn.send("1");
				new BroadcastChannel("own").postMessage("2");
				conn.send(new Uint8Array([3]));
				await null;
				conn.send("4");
				conn.close(4001, "done");
				conn.send("dropped");
			});`, worker.Options{})
		a.connect().want("1", "2", "bytes [3]", "4", "closed 4001 done")
	})
	t.Run("a listener may accept after another one has failed", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", () => { throw new Error("first"); });
			addEventListener("websocketupgrade", (event) => { event.accept().send("second"); });`, worker.Options{})
		a.connect().want("second")
		a.log.line(t, "uncaught exception", "Error: first", "app.js:2:")
	})
	t.Run("a microtask that loops after accept ends the engine and not the connection", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			let n = 0;
			addEventListener("websocketupgrade", (event) => {
				event.accept();
				if (event.request.url.endsWith("/loop")) (function again() { Promise.resolve().then(again); })();
			});
			addEventListener("websocketmessage", (event) => event.source.send("message " + ++n));`, worker.Options{EventTimeout: loopTimeout})
		c := a.connectTo("/loop")
		a.log.line(t, "worker replaced")
		c.send("hello")
		c.want("message 1")
	})
}

func TestMessageEventData(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			const { data } = event;
			if (typeof data === "string") event.source.send("text " + data.length + " " + data);
			else event.source.send(data instanceof ArrayBuffer ? data : "wrong");
		});`, worker.Options{Server: linger.Options{Options: websocket.Options{MaxMessage: 1 << 21}, SendQueue: 1 << 23}})
	c := a.connect()
	c.send("hé\x00😀", "")
	c.sendBytes(0, 255, 128)
	c.sendBytes()
	c.want("text 5 hé\x00😀", "text 0 ", "bytes [0 255 128]", "bytes []")
	large := strings.Repeat("0123456789abcdé ", 1<<16)
	c.send(large)
	c.want(fmt.Sprintf("text %d %s", 1<<20, large))
}

func TestCloseEvent(t *testing.T) {
	t.Parallel()
	const script = `
		addEventListener("websocketupgrade", (event) => {
			event.accept({ data: { name: "ann" } });
		});
		addEventListener("websocketmessage", (event) => event.source.close(4002, "by script"));
		addEventListener("websocketclose", async (event) => {
			const { id, source, code, reason, wasClean, initiator } = event;
			await null;
			source.send("dropped");
			source.subscribe("nothing");
			source.close(4009);
			console.log(JSON.stringify([code, reason, wasClean, initiator, source.data.name, source.url, source.readyState, id === source.id, source.bufferedAmount]));
		});`
	const known = `,"ann","http://linger.test/chat?room=1",3,true,0]`
	for name, c := range map[string]struct {
		end  func(*client)
		want string
	}{
		"the client closes":       {func(c *client) { c.close(4001, "bye"); c.want("closed 4001 bye") }, `[4001,"bye",true,"remote"`},
		"the script closes":       {func(c *client) { c.send("end"); c.want("closed 4002 by script") }, `[4002,"by script",true,"local"`},
		"the client aborts":       {func(c *client) { c.conn.CloseNow() }, `[1006,"",false,"remote"`},
		"the server is shut down": {nil, `[1001,"server shutting down",true,"local"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, script, worker.Options{})
			client := a.connect()
			if c.end == nil {
				_ = a.Shutdown(t.Context())
			} else {
				c.end(client)
			}
			if got := a.stdout.line(t, "ann"); got != c.want+known {
				t.Errorf("the close event has the properties %s; got %s", c.want+known, got)
			}
		})
	}
}

func TestCloseEventOfAnEmptyClose(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketclose", (event) => console.log(event.code, JSON.stringify(event.reason), event.wasClean));`, worker.Options{})
	nc := a.sendUpgrade("/")
	_, _ = nc.Write([]byte{0x88, 0x80, 1, 2, 3, 4}) // a Close without a body, masked
	defer func() { _ = nc.Close() }()
	if got := a.stdout.line(t, "100"); got != `1005 "" true` {
		t.Errorf("the code of an empty Close is 1005, and it is clean (RFC 6455, section 7.1.5); got %s", got)
	}
}

func TestCloseEventOfAClientLostDuringTheUpgrade(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", async (event) => {
			event.accept({ data: "was here" });
			console.log("accepting");
			await new Promise((done) => { globalThis.release = done; });
		});
		addEventListener("websocketclose", (event) => console.log("closed", event.source.data, event.code, event.wasClean, event.initiator));
		addEventListener("fetch", (event) => { release(); event.respondWith(new Response("released")); });`, worker.Options{})
	nc := a.sendUpgrade("/")
	a.stdout.line(t, "accepting")
	_ = nc.Close()
	_, _ = io.Copy(io.Discard, nc)
	within(t, "the server detects that the client is gone", func() { <-a.requestEnded })
	a.get("/", 200, "released")
	a.stdout.line(t, "closed was here 1006 false remote")
}

func TestMessageEventOrder(t *testing.T) {
	t.Parallel()
	t.Run("events of one connection are handled one at a time, and others do not wait", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => { event.accept(); });
			let release;
			addEventListener("websocketmessage", async (event) => {
				if (event.data === "slow") await new Promise((done) => { release = done; console.log("waiting"); });
				if (event.data === "release") release();
				event.source.send(event.data);
			});
			addEventListener("websocketclose", (event) => console.log("closed"));`, worker.Options{})
		slow, other := a.connect(), a.connect()
		slow.send("slow", "next")
		slow.close(1000, "")
		a.stdout.line(t, "waiting")
		other.send("quick")
		other.want("quick")
		if len(slow.received) != 0 || a.stdout.count("closed") != 0 {
			t.Error("the next event of the connection waits until the listener's promise has settled")
		}
		other.send("release")
		slow.want("slow", "next", "closed 1000")
		a.stdout.line(t, "closed")
	})
	t.Run("a thousand messages to async listeners keep their order", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }); });
			addEventListener("websocketmessage", async (event) => {
				const { source, data } = event;
				for (let i = data % 4; i > 0; i--) await null;
				if (data % 7 === 0) await new Promise((done) => setTimeout(done, data % 3));
				source.data++;
				source.send(data + " " + source.data);
			});`, worker.Options{})
		var crowd sync.WaitGroup
		for range 20 {
			c := a.connect()
			crowd.Go(func() {
				for i := range 50 {
					_, _ = c.conn.Send(protocol.Text, fmt.Append(nil, i))
				}
				for i := range 50 {
					if got, err := c.next(); err != nil || got != fmt.Sprint(i, " ", i+1) {
						t.Errorf("answer %d is in order; got %q %v", i, got, err)
						return
					}
				}
			})
		}
		crowd.Wait()
	})
}

func TestMessageEventTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			if (event.data === "hang") return new Promise(() => {});
			event.source.send(event.data);
		});`, worker.Options{EventTimeout: time.Second})
		c := a.connect()
		c.send("hang", "next")
		c.want("next")
		a.log.line(t, "event timed out", "event=websocketmessage", "connection=")
	})
}

func TestUpgradeEventTimeout(t *testing.T) {
	t.Parallel()
	t.Run("an unanswered request gets 504, and accepting later throws", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
			let late;
			addEventListener("websocketupgrade", (event) => { late = event; return new Promise(() => {}); });
			addEventListener("fetch", (event) => {
				try { late.accept(); } catch (error) { event.respondWith(new Response(error.name + " " + (error instanceof DOMException))); }
			});`, worker.Options{EventTimeout: time.Second})
			if got := a.decline(); got.StatusCode != 504 {
				t.Errorf("a request that is not answered in time gets 504; got %d", got.StatusCode)
			}
			a.get("/", 200, "InvalidStateError true")
			if n := a.Server().Count(); n != 0 {
				t.Errorf("accepting too late makes no connection; got %d", n)
			}
		})
	})
	t.Run("an accepted connection gets a close event", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
			addEventListener("websocketupgrade", (event) => {
				event.accept({ data: "accepted" }).send("never");
				return new Promise(() => {});
			});
			addEventListener("websocketclose", ({ source, code, wasClean, initiator }) => console.log("closed", source.data, code, wasClean, initiator));`,
				worker.Options{EventTimeout: time.Second})
			if got := a.decline(); got.StatusCode != 504 || got.body != "the application did not answer in time\n" {
				t.Errorf("the request gets 504; got %d %q", got.StatusCode, got.body)
			}
			a.stdout.line(t, "closed accepted 1006 false local")
			a.until("the connection is removed", func() bool { return a.Server().Count() == 0 && a.Workers()[0].Connections == 0 })
			a.log.line(t, "event timed out", "event=websocketupgrade", "connection=")
		})
	})
}

func TestUpgradeEventFailsAfterAccept(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]string{
		"a throw":     `throw new Error("after all");`,
		"a rejection": `return Promise.reject(new Error("after all"));`,
		"later":       `return new Promise((_, no) => setTimeout(no, 5, new Error("after all")));`,
		"a crash":     outOfMemory,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `
				addEventListener("websocketupgrade", (event) => {
					const conn = event.accept({ data: "accepted" });
					conn.subscribe("room");
					conn.send("never");
					`+failure+`
				});
				addEventListener("websocketclose", ({ source, code }) => console.log("closed", source.data, code));
				addEventListener("fetch", (event) => event.respondWith(new Response("not called")));`, worker.Options{Memory: small})
			if got := a.decline(); got.StatusCode != 500 || got.body != "the application failed\n" {
				t.Errorf("the request gets 500 without another listener being called; got %d %q", got.StatusCode, got.body)
			}
			a.stdout.line(t, "closed accepted 1006")
			a.until("the connection is removed", func() bool {
				return a.Server().Count() == 0 && a.Server().Subscribers("room") == 0 && a.Workers()[0].Connections == 0
			})
			if n := a.stdout.count("closed"); n != 1 {
				t.Errorf("there is one close event; got %d", n)
			}
		})
	}
}
