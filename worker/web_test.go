package worker_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestConsole(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		console.log("log", { a: 1 });
		console.info("info");
		console.debug("debug");
		console.warn("warn");
		console.error("error");`, worker.Options{})
	if got := a.stdout.String(); got != "log { a: 1 }\ninfo\ndebug\n" {
		t.Errorf("log, info and debug are plain text on stdout; got %q", got)
	}
	if got := a.stderr.String(); got != "warn\nerror\n" {
		t.Errorf("warn and error are plain text on stderr; got %q", got)
	}
}

func TestScriptErrorPositionsAreRelative(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Chdir(t.TempDir())
	mkdir(t, "src")
	writeIn(t, "src", "fail.ts", "interface Unused { a: string }\n\nexport function fail(text: string): never {\n  throw new Error(text);\n}\n")
	a := serveFile(t, writeIn(t, ".", "app.ts", `import { fail } from "./src/fail";
		type Alias = string;
		addEventListener("fetch", (event: any) => {
			try { fail("shown"); } catch (error) { console.error(error); }
			fail("thrown");
		});`), worker.Options{})
	a.get("/", 500, "the application did not answer")
	a.stderr.line(t, "Error: shown")
	a.stderr.line(t, "at fail (src/fail.ts:4:")
	a.stderr.line(t, "(app.ts:4:")
	line := a.log.line(t, "uncaught exception", `error="Error: thrown"`, "at=src/fail.ts:4:", "app.ts:5:")
	if strings.Count(line, "thrown") != 1 {
		t.Errorf("the log has the message once; got %s", line)
	}
	if strings.Contains(line, "linger:app") || strings.Contains(a.stderr.String(), "linger:app") {
		t.Errorf("positions in the bundle are not shown; got %s and %s", line, a.stderr)
	}
}

func TestBroadcastChannelPublish(t *testing.T) {
	t.Parallel()
	t.Run("posts reach every subscriber in order", func(t *testing.T) {
		t.Parallel()
		c := console(t, `event.accept().subscribe("room");`)
		first, second := c.connect(), c.connect()
		first.eval(`
			const room = new BroadcastChannel("room");
			source.send("1"); room.postMessage("2"); source.send("3"); room.postMessage(new Uint8Array([4]).subarray(0)); source.send("5");`,
			"1", "2", "3", "bytes [4]", "5")
		second.want("2", "bytes [4]")
		first.eval(`
			source.unsubscribe("room"); source.unsubscribe("never"); source.subscribe("other"); source.subscribe("other");
			new BroadcastChannel("room").postMessage("to second"); new BroadcastChannel("other").postMessage("to first");`, "to first")
		second.want("to second")
		second.eval(`new BroadcastChannel("room").postMessage("a\ud800")`, "a\uFFFD")
	})
	t.Run("values other than text and bytes are published as JSON", func(t *testing.T) {
		t.Parallel()
		a := console(t, `event.accept().subscribe("room");`)
		c := a.connect()
		c.eval(`
			const other = new BroadcastChannel("room");
			other.onmessage = ({ data }) => source.send("object " + data.a);
			new BroadcastChannel("room").postMessage({ a: 1 });
			await new Promise((done) => setTimeout(done, 5));
			new BroadcastChannel("room").postMessage([null, true, 1.5, "text", { b: [] }]);
			new BroadcastChannel("room").postMessage(new Map([[1, 2]]));
			other.close()`, `{"a":1}`, "object 1", `[null,true,1.5,"text",{"b":[]}]`)
		a.log.line(t, "JSON cannot represent", "channel=room")
	})
}

func TestConnectionSubscriptionsEndAfterTheCloseEvent(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept().subscribe("room"); });
		addEventListener("websocketmessage", (event) => event.source.send("pong"));
		addEventListener("websocketclose", async (event) => {
			await null;
			new BroadcastChannel("room").postMessage("left " + event.code);
			console.log("left");
		});`, worker.Options{})
	stays, leaves := a.connect(), a.connect()
	leaves.close(4001, "")
	leaves.want("closed 4001")
	stays.want("left 4001")
	a.stdout.line(t, "left")
	stays.send("ping")
	stays.want("pong")
	if n := a.Server().Count(); n != 1 {
		t.Errorf("one connection is left; got %d", n)
	}
}

func TestConnectionSubscribeBounds(t *testing.T) {
	t.Parallel()
	c := console(t, `event.accept();`).connect()
	c.eval(`return [attempt(() => source.subscribe("")), attempt(() => source.subscribe("x".repeat(257))), attempt(() => source.subscribe()),
		attempt(() => { for (let i = 0; i < 2000; i++) source.subscribe("c" + i); })]`, `["RangeError","RangeError","TypeError","RangeError"]`)
	c.eval(`source.unsubscribe("c0"); source.subscribe(42); new BroadcastChannel("42").postMessage("a channel's name is text")`, "a channel's name is text")
}
