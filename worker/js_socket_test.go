package worker_test

import (
	"bufio"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker"
)

// mixedApp is an application with functional connections, and with WebSocketPairs at /pair.
func mixedApp(version string) string {
	return `
		const version = "` + version + `";
		addEventListener("websocketupgrade", (event) => { if (!event.request.url.includes("pair")) event.accept(); });
		addEventListener("websocketmessage", ({ source, data }) => source.send(version + " functional " + data));
		export default {
			fetch(request) {
				if (request.headers.get("upgrade") === null) return new Response(version);
				const [client, server] = Object.values(new WebSocketPair());
				server.accept();
				server.onmessage = ({ data }) => {
					if (data === "loop") for (;;);
					server.send(version + " pair " + data);
				};
				server.onclose = ({ code, reason, wasClean }) => console.log(version, "close", code, wasClean, server.readyState);
				return new Response(null, { status: 101, webSocket: client });
			},
		};`
}

func TestAppReloadClosesPairs(t *testing.T) {
	t.Parallel()
	a := serve(t, mixedApp("v1"), worker.Options{Workers: 2})
	functional := a.connect()
	pairs := make([]*client, 20)
	for i := range pairs {
		pairs[i] = a.connectTo("/pair")
	}
	pairs[0].send("hello")
	pairs[0].want("v1 pair hello")
	a.log.line(t, "level=WARN", "WebSocketPair", "a reload closes")
	a.reload(mixedApp("v2"))
	for _, c := range pairs {
		c.want("closed 1012 a new version of the application has been loaded")
	}
	a.until("the last version gets each close event", func() bool { return a.stdout.count("v1 close 1012 true 3") == len(pairs) })
	functional.send("still here?")
	functional.want("v2 functional still here?")
	c := a.connectTo("/pair")
	c.send("hello")
	c.want("v2 pair hello")
	if n := a.log.count("a reload closes"); n != 1 {
		t.Errorf("the warning is logged once; got %d times:\n%s", n, a.log)
	}
	if n := a.Server().Count(); n != 2 {
		t.Errorf("two connections are left; got %d", n)
	}
}

func TestAppReloadWithoutPairsLogsNoWarning(t *testing.T) {
	t.Parallel()
	a := serve(t, mixedApp("v1"), worker.Options{})
	c := a.connect()
	c.send("hello")
	c.want("v1 functional hello")
	a.reload(mixedApp("v2"))
	a.log.never(t, "WebSocketPair")
}

func TestAppReloadWithAnUnresponsivePeer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, mixedApp("v1"), worker.Options{Server: linger.Options{ShutdownTimeout: 100 * time.Millisecond}})
		nc := a.sendUpgrade("/pair")
		defer func() { _ = nc.Close() }()
		a.until("the peer is connected", func() bool { return a.Server().Count() == 1 })
		a.reload(mixedApp("v2")) // the peer does not answer the Close
		a.stdout.line(t, "v1 close 1006 false 3")
		a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
	})
}

func TestWorkerCrashClosesPairs(t *testing.T) {
	t.Parallel()
	a := serve(t, mixedApp("v1"), worker.Options{EventTimeout: loopTimeout})
	functional := a.connect()
	pairs := []*client{a.connectTo("/pair"), a.connectTo("/pair"), a.connectTo("/pair")}
	pairs[0].send("loop")
	for _, c := range pairs {
		c.want("closed 1011 the application failed")
	}
	functional.send("still here?")
	functional.want("v1 functional still here?")
	a.until("one connection is left", func() bool { return a.Server().Count() == 1 })
	c := a.connectTo("/pair")
	c.send("hello")
	c.want("v1 pair hello")
}

func TestAppShutdownClosesPairs(t *testing.T) {
	t.Parallel()
	a := serve(t, mixedApp("v1"), worker.Options{})
	c := a.connectTo("/pair")
	c.send("hello")
	c.want("v1 pair hello")
	within(t, "the application shuts down", func() {
		if err := a.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown succeeds; got %v", err)
		}
	})
	c.want("closed 1001 server shutting down")
	a.stdout.line(t, "v1 close 1001 true 3")
}

func TestWorkerSleepWithAnOpenPair(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const reason = "a WebSocket object is open"
		a := serveInMemory(t, mixedApp("v1"), worker.Options{SleepAfter: nap})
		c := a.connectTo("/pair")
		a.until("the status contains the reason", func() bool { return a.Workers()[0].Reason == reason })
		pass(3 * nap)
		c.send("hello")
		c.want("v1 pair hello")
		if w := a.Workers()[0]; w.State != "running" {
			t.Errorf("the worker stays awake; got %+v", w)
		}
		c.close(1000, "")
		c.want("closed 1000")
		a.state(0, "asleep")
	})
}

func TestClientsDoesNotContainPairs(t *testing.T) {
	t.Parallel()
	a := serve(t, mixedApp("v1")+`
		addEventListener("websocketupgrade", async (event) => {
			if (!event.request.url.includes("count")) return;
			const all = await clients.matchAll({ type: "websocket" });
			event.respondWith(new Response([clients.count(), all.length].join()));
		});`, worker.Options{})
	a.connect()
	for range 3 {
		a.connectTo("/pair")
	}
	if _, got := a.upgrade("/pair/count"); got.body != "1,1" {
		t.Errorf("functional connections are clients, WebSocketPairs are not: 1,1; got %q", got.body)
	}
}

func TestPairCloseEventOfAFailedHandshake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		code := `export default {
		async fetch(request) {
			const [client, server] = new WebSocketPair();
			server.accept();
			server.send("early");
			server.onerror = ({ message }) => console.log("error", message);
			server.onclose = ({ code, wasClean }) => console.log("close", code, wasClean, server.readyState);
			if (request.url.includes("accepted")) client.accept();
			const response = new Response(null, { status: 101, webSocket: client, headers: request.url.includes("protocol") ? { "Sec-WebSocket-Protocol": "chat" } : {} });
			if (request.url.includes("slow")) await new Promise((done) => setTimeout(done, 2000));
			return response;
		},
	};`
		a := serveInMemory(t, code, worker.Options{EventTimeout: time.Second})
		for path, status := range map[string]int{"/plain": 426, "/protocol": 500, "/slow": 504, "/accepted": 500} {
			closes := a.stdout.count("close 1006 false 3")
			var got answer
			if path == "/plain" {
				got = a.do("GET", path, "")
			} else {
				var c *client
				if c, got = a.upgrade(path); c != nil {
					t.Errorf("the upgrade at %s fails; it succeeded", path)
					continue
				}
			}
			if got.StatusCode != status {
				t.Errorf("the response to %s is %d; got %d %q", path, status, got.StatusCode, got.body)
			}
			if path != "/accepted" { // the script has accepted both ends
				a.until(fmt.Sprint(path, ": the other end gets a close event"), func() bool { return a.stdout.count("close 1006 false 3") == closes+1 })
			}
		}
		if n := a.Server().Count(); n != 0 {
			t.Errorf("no connection is left; got %d", n)
		}
		c, _ := a.upgrade("/protocol", "Sec-WebSocket-Protocol: chat")
		c.want("early")
		if got := c.response.Header.Get("Sec-WebSocket-Protocol"); got != "chat" {
			t.Errorf("the 101 has the subprotocol of the script's response; got %q", got)
		}
	})
}

func TestAppReloadClosesPairsOfPendingUpgrades(t *testing.T) {
	t.Parallel()
	slow := sockets(`server.accept(); log("accepted"); await new Promise((done) => setTimeout(done, 100)); server.onclose = ({ code }) => log("closed", code);`)
	a := serve(t, slow, worker.Options{})
	nc := a.sendUpgrade("/")
	defer func() { _ = nc.Close() }()
	a.stdout.line(t, "accepted")
	a.reload(mixedApp("v2"))
	r := bufio.NewReader(nc)
	if response, err := http.ReadResponse(r, nil); err != nil || response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the last version finishes the upgrade; got %v %v", response, err)
	}
	wantFrame(t, r, protocol.CloseFrame, "\x03\xf4a new version of the application has been loaded")
	a.put(nc, frame(protocol.CloseFrame, "\x03\xf4"))
	a.stdout.line(t, "closed 1012")
}

func TestWorkerStuckClosesPairs(t *testing.T) {
	embeddedOnly(t, heldConsole)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, sockets(`
		server.accept();
		server.onmessage = () => console.log("block");`), worker.Options{EventTimeout: time.Second})
		a.stdout.hold("block")
		c, other := a.connect(), a.connect()
		c.send("go")
		other.want("closed 1011 the application failed")
		c.want("closed 1011 the application failed")
		a.log.line(t, "worker replaced", "stuck in a built-in function")
		a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
		a.get("/", 200, "plain")
	})
}
