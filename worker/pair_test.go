package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// sockets is an application with one WebSocketPair for each connection. serverCode runs before the response, with the script's
// end of the pair as server.
func sockets(serverCode string) string {
	return `export default {
		async fetch(request, env, ctx) {
			if (request.headers.get("upgrade") !== "websocket") return new Response("plain");
			const [client, server] = Object.values(new WebSocketPair());
			const log = (...all) => console.log(all.join(" "));
			` + serverCode + `
			return new Response(null, { status: 101, webSocket: client });
		},
	};`
}

func TestPairEcho(t *testing.T) {
	t.Parallel()
	a := serve(t, sockets(`
		server.accept();
		server.addEventListener("message", (event) => server.send(event.data));
		server.addEventListener("close", (event) => console.log(server.readyState, event.code, event.reason, event.wasClean));`), worker.Options{})
	a.get("/", 200, "plain")
	c := a.connect()
	c.send("hello", "", "grüße \U0001F30D")
	c.want("hello", "", "grüße \U0001F30D")
	c.sendBytes(1, 2)
	c.want("bytes [1 2]")
	c.close(3001, "bye")
	c.want("closed 3001 bye")
	a.stdout.line(t, "3 3001 bye true")
	a.until("no connection is left", func() bool { return a.Server().Count() == 0 })
}

// evaluate evaluates each expression with a new pair whose ends are client and server, and returns its value or the name of the
// error that it throws.
func evaluate(t *testing.T, opts worker.Options, expressions ...string) []string {
	t.Helper()
	a := serve(t, `
		const cases = [`+"(client, server) => "+strings.Join(expressions, ",\n(client, server) => ")+`];
		export default {
			async fetch() {
				const results = cases.map((one) => {
					const [client, server] = new WebSocketPair();
					try {
						return String(one(client, server));
					} catch (error) {
						return error.name;
					}
				});
				return new Response(results.join("\n"));
			},
		};`, opts)
	return strings.Split(a.do("GET", "/", "").body, "\n")
}

func TestPairMethods(t *testing.T) {
	t.Parallel()
	accepted := func(code string) string { return "(server.accept(), client.accept(), " + code + ")" }
	cases := [][2]string{
		// Properties.
		{`[server.readyState, server.url, server.protocol, server.extensions, server.bufferedAmount, server.binaryType].join("|")`, "1|||" + "|0|blob"},
		{`(server.binaryType = "arraybuffer", server.binaryType = "text", server.binaryType)`, "arraybuffer"},
		{`[WebSocket.OPEN, server.CLOSING, WebSocket.READY_STATE_CLOSED].join()`, "1,2,3"},
		{`[server instanceof WebSocket, server instanceof EventTarget, Object.prototype.toString.call(server)].join()`, "true,true,[object WebSocket]"},
		{`Object.keys(new WebSocketPair()).join()`, "0,1"},
		{`[...new WebSocketPair()].length`, "2"},
		{`WebSocketPair()`, "TypeError"},
		{`new WebSocket()`, "TypeError"},
		{`WebSocket.prototype.send.call({}, "x")`, "TypeError"},

		// Accepting.
		{`server.accept()`, "undefined"},
		{`(server.accept(), server.accept({ allowHalfOpen: true }))`, "undefined"},
		{`server.send("before accept")`, "TypeError"},
		{`server.close()`, "TypeError"},
		{`server.close(1)`, "InvalidAccessError"}, // the arguments are checked first

		// Sending.
		{accepted(`server.send("text")`), "undefined"},
		{accepted(`server.send(new Uint8Array(2))`), "undefined"},
		{accepted(`server.send(new DataView(new ArrayBuffer(2)))`), "undefined"},
		{accepted(`server.send(new Blob(["x"]))`), "undefined"},
		{accepted(`server.send(12)`), "undefined"},
		{accepted(`server.send(Symbol())`), "TypeError"},
		{accepted(`server.send()`), "TypeError"},
		{accepted(`(server.close(), server.send("x"))`), "TypeError"},
		{accepted(`(server.send("12345"), server.bufferedAmount)`), "5"},

		// Closing.
		{accepted(`(server.close(1000), server.readyState)`), "2"},
		{accepted(`(server.close(3000), server.close(4000, "again"))`), "undefined"},
		{accepted(`(server.close(3000), server.close(99))`), "InvalidAccessError"},
		{accepted(`server.close(undefined, undefined)`), "undefined"},
		{accepted(`server.close(undefined, "reason alone")`), "InvalidAccessError"},
		{accepted(`server.close("1000")`), "undefined"},
		{accepted(`server.close(1000.5)`), "undefined"},
		{accepted(`server.close(4999, "ü".repeat(61))`), "undefined"},
		{accepted(`server.close(4999, "ü".repeat(62))`), "SyntaxError"},
		{accepted(`server.close(1000, "x".repeat(123))`), "undefined"},
		{accepted(`server.close(1000, "x".repeat(124))`), "SyntaxError"},
		{accepted(`server.close(1000, "\ud800")`), "undefined"},

		// Attachments.
		{`server.deserializeAttachment()`, "null"},
		{`(server.serializeAttachment({ a: new Map([[1, 2]]) }), server.deserializeAttachment().a.get(1))`, "2"},
		{`(server.serializeAttachment("x".repeat(16000)), server.deserializeAttachment().length)`, "16000"},
		{`server.serializeAttachment("x".repeat(16400))`, "Error"},
		{`server.serializeAttachment(() => {})`, "DataCloneError"},
		{`server.serializeAttachment()`, "TypeError"},

		// Responses.
		{`new Response(null, { status: 101, webSocket: client }).webSocket === client`, "true"},
		{`new Response(null, { status: 101, webSocket: client }).status`, "101"},
		{`new Response("plain").webSocket`, "null"},
		{`new Response(null, { status: 101 })`, "RangeError"},
		{`new Response(null, { webSocket: client })`, "RangeError"},
		{`new Response(null, { status: 200, webSocket: client })`, "RangeError"},
		{`new Response("body", { status: 101, webSocket: client })`, "TypeError"},
		{`new Response(null, { status: 101, webSocket: {} })`, "TypeError"},
		{`new Response(null, { status: 101, webSocket: client }).clone()`, "TypeError"},
	}
	for _, code := range []string{"0", "null", "NaN", "999", "1004", "1005", "1006", "1015", "1016", "2999", "5000", "65536", "-1", `"x"`} {
		cases = append(cases, [2]string{accepted("server.close(" + code + ")"), "InvalidAccessError"})
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 4999} {
		cases = append(cases, [2]string{accepted(fmt.Sprintf("server.close(%d)", code)), "undefined"})
	}
	expressions := make([]string, 0, len(cases))
	for _, one := range cases {
		expressions = append(expressions, one[0])
	}
	for i, got := range evaluate(t, worker.Options{}, expressions...) {
		if got != cases[i][1] {
			t.Errorf("%s is %s; got %s", cases[i][0], cases[i][1], got)
		}
	}
}

func TestPairHandlerProperties(t *testing.T) {
	t.Parallel()
	a := serve(t, sockets(`
		server.accept();
		server.binaryType = "arraybuffer";
		server.onmessage = ({ data, type, target, currentTarget, isTrusted }) => {
			log(type, typeof data === "string" ? data : new Uint8Array(data), target === server, currentTarget === server, isTrusted);
		};
		server.onerror = (event) => log("error", event.message);
		server.onclose = function (event) { log(this === server, event.type, event.code, event.constructor.name); };
		log(typeof server.onmessage, server.onopen);`), worker.Options{})
	c := a.connect()
	a.stdout.line(t, "function")
	c.send("hello")
	a.stdout.line(t, "message hello true true true")
	c.sendBytes(7, 8)
	a.stdout.line(t, "message 7,8 true true true")
	c.close(1000, "")
	a.stdout.line(t, "true close 1000 CloseEvent")
	a.stdout.never(t, "error")
}

func TestPairBinaryType(t *testing.T) {
	t.Parallel()
	code := sockets(`
		server.accept();
		server.onmessage = async ({ data }) => log(data.constructor.name, data.size ?? data.byteLength, data.text ? await data.text() : "");`)
	for date, want := range map[string]string{"": "Blob 2 hi", "2026-03-17": "Blob 2 hi", "2026-03-16": "ArrayBuffer 2"} {
		a := serve(t, code, worker.Options{CompatibilityDate: date})
		c := a.connect()
		c.sendBytes('h', 'i')
		a.stdout.line(t, want)
	}
}

func TestPairMessagesOrder(t *testing.T) {
	t.Parallel()
	t.Run("messages to a socket are handled one at a time", func(t *testing.T) {
		t.Parallel()
		// The listener of the first message waits for a promise.
		code := func(first string) string {
			return sockets(fmt.Sprintf(`
				let third;
				const afterThird = new Promise((done) => { third = done; });
				server.accept();
				server.onmessage = async ({ data }) => {
					if (data === "1") await %s;
					server.send(data);
					if (data === "3") third();
				};`, first))
		}
		c := serve(t, code(`new Promise((done) => setTimeout(done, 30))`), worker.Options{}).connect()
		c.send("1", "2", "3")
		c.want("1", "2", "3")
		c = serve(t, code("afterThird"), worker.Options{Overlap: true}).connect()
		c.send("1", "2", "3")
		c.want("2", "3", "1")
	})
	t.Run("messages within the script are handled one at a time", func(t *testing.T) {
		t.Parallel()
		// The listener of the first message waits for a promise.
		code := func(first string) string {
			return fmt.Sprintf(`export default {
				async fetch() {
					let third;
					const afterThird = new Promise((done) => { third = done; });
					const [left, right] = new WebSocketPair();
					left.accept();
					right.accept();
					right.onmessage = async ({ data }) => {
						if (data === "1") await %s;
						right.send(data);
						if (data === "3") third();
					};
					const got = [];
					const all = new Promise((done) => { left.onmessage = ({ data }) => { if (got.push(data) === 3) done(); }; });
					for (const text of ["1", "2", "3"]) left.send(text);
					await all;
					return new Response(got.join());
				},
			};`, first)
		}
		serve(t, code(`new Promise((done) => setTimeout(done, 30))`), worker.Options{}).get("/", 200, "1,2,3")
		serve(t, code("afterThird"), worker.Options{Overlap: true}).get("/", 200, "2,3,1")
	})
}

func TestPairListenerThrows(t *testing.T) {
	t.Parallel()
	a := serve(t, sockets(`
		server.accept();
		server.onmessage = ({ data }) => {
			if (data === "throw") throw new RangeError("no");
			if (data === "reject") return Promise.reject(new RangeError("late"));
			server.send(data);
		};`), worker.Options{})
	c := a.connect()
	c.send("throw", "reject", "hello")
	c.want("hello")
	a.log.line(t, "uncaught exception", "event=message", "RangeError: no")
	a.log.line(t, "uncaught exception", "event=message", "RangeError: late")
}

func TestPairListenerTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		code := `
		const answer = (socket) => { socket.onmessage = ({ data }) => { if (data === "hang") return new Promise(() => {}); socket.send(data); }; };
		export default {
			async fetch(request) {
				const [left, right] = new WebSocketPair();
				right.accept();
				answer(right);
				if (request.headers.get("upgrade")) return new Response(null, { status: 101, webSocket: left });
				left.accept();
				const got = new Promise((done) => { left.onmessage = ({ data }) => done(data); });
				left.send("hang");
				left.send("next");
				got.then((data) => console.log("within", data));
				return new Response("begun");
			},
		};`
		a := serveInMemory(t, code, worker.Options{EventTimeout: time.Second})
		a.get("/", 200, "begun")
		a.stdout.line(t, "within next")
		c := a.connect()
		c.send("hang", "next")
		c.want("next")
		a.log.line(t, "event timed out", "event=message")
	})
}

func TestPairEndUsedInAResponse(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let used;
		const refused = (call) => {
			try { call(); return "accepted"; } catch (error) { return error.name; }
		};
		export default {
			async fetch(request) {
				if (request.url.endsWith("/again")) return new Response(null, { status: 101, webSocket: used });
				if (request.url.endsWith("/try")) return new Response([() => used.accept(), () => used.send("x"), () => used.close()].map(refused).join());
				const [client, server] = new WebSocketPair();
				used = client;
				server.accept();
				server.onmessage = ({ data }) => server.send(data);
				const headers = new Headers({ "X-Kind": "echo", Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Accept": "wrong" });
				headers.append("Set-Cookie", "a=1");
				headers.append("Set-Cookie", "b=2");
				return new Response(null, { status: 101, webSocket: client, headers });
			},
		};`, worker.Options{})
	c := a.connect()
	if h := c.response.Header; h.Get("X-Kind") != "echo" || len(h.Values("Set-Cookie")) != 2 || len(h.Values("Upgrade")) != 1 || h.Get("Sec-WebSocket-Accept") == "wrong" {
		t.Errorf("the 101 has the response's fields except those of the handshake; got %v", h)
	}
	a.get("/try", 200, "TypeError,TypeError,TypeError")
	if other, got := a.upgrade("/again"); other != nil || got.StatusCode != 500 {
		t.Errorf("an end can be used in one response only; got %d", got.StatusCode)
	}
	a.log.line(t, "uncaught exception", "has already been used in a response")
	c.send("still here?")
	c.want("still here?")
}

func TestPairWaitUntilAfterTheResponse(t *testing.T) {
	t.Parallel()
	a := serve(t, sockets(`
		server.accept();
		server.onmessage = () => {
			ctx.waitUntil(new Promise((done) => setTimeout(() => { log("waited"); done(); }, 50)));
			server.send("begun");
		};`), worker.Options{})
	c := a.connect()
	c.send("go")
	c.want("begun")
	within(t, "the application shuts down", func() { _ = a.Shutdown(t.Context()) })
	a.stdout.line(t, "waited")
}
