package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestEventWaitUntil(t *testing.T) {
	t.Parallel()
	t.Run("waitUntil delays no event and may be called again", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			const pause = (ms) => new Promise((done) => setTimeout(done, ms));
			const name = (f) => { try { f(); return "ok"; } catch (e) { return e.name; } };
			addEventListener("websocketupgrade", (event) => { event.accept(); });
			addEventListener("websocketmessage", (event) => {
				if (event.data === "extend") {
					event.waitUntil(pause(5).then(() => {
						event.waitUntil(pause(5).then(() => {
							event.source.send("extended twice");
							setTimeout(() => event.source.send(name(() => event.waitUntil(1))), 5);
						}));
					}));
				}
				event.source.send(event.data);
			});`, worker.Options{})
		c := a.connect()
		c.send("extend", "next")
		c.want("extend", "next", "extended twice", "InvalidStateError")
	})
	t.Run("waitUntil may be called within the promise of respondWith", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => event.respondWith(answer(event)));
			async function answer(event) {
				await new Promise((done) => setTimeout(done, 1));
				event.waitUntil(Promise.resolve().then(() => console.log("noted")));
				return new Response("hello");
			}`, worker.Options{})
		a.get("/", 200, "hello")
		a.stdout.line(t, "noted")
	})
}

func TestTimersRunDuringEvents(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let ticks = 0;
		const interval = setInterval(() => { if (++ticks === 3) { clearInterval(interval); console.log("three ticks"); } }, 1);
		const never = setTimeout(() => console.log("cleared"), 2);
		clearTimeout(never);
		addEventListener("fetch", (event) => event.respondWith(new Promise((done) => setTimeout((text) => done(new Response(text)), 3, "in time"))));`,
		worker.Options{})
	a.get("/", 200, "in time")
	a.stdout.line(t, "three ticks")
	a.stdout.never(t, "cleared")
}

func TestLoadWaitsForTopLevelAwait(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const text = await new Promise((done) => setTimeout(done, 5, "loaded"));
		addEventListener("fetch", (event) => event.respondWith(new Response(text)));`, worker.Options{})
	a.get("/", 200, "loaded")
}

func TestGlobalsExist(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const names = ["console", "setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask", "URL", "URLSearchParams", "Headers",
			"Request", "Response", "TextEncoder", "TextDecoder", "structuredClone", "atob", "btoa", "crypto", "performance", "Event", "EventTarget",
			"DOMException", "AbortController", "BroadcastChannel", "addEventListener", "removeEventListener", "self",
			"ExtendableEvent", "FetchEvent", "WebSocketUpgradeEvent", "WebSocketMessageEvent", "WebSocketCloseEvent", "WebSocketConnection"];
		addEventListener("fetch", (event) => {
			event.respondWith(new Response(names.filter((name) => !(name in globalThis)).join()));
		});`, worker.Options{})
	a.get("/", 200, "")
}

// The last close event completes before the turn of the event loop that handles it. The rest of that turn must not be interrupted
// by the shutdown.
func TestAppShutdownWaitsForTheLastTurn(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept() });
		addEventListener("websocketclose", () => {
			Promise.resolve().then(() => {}).then(() => {
				const began = Date.now();
				while (Date.now() - began < 200);
				console.log("the rest is done");
			});
		});`, worker.Options{})
	a.connect()
	if err := a.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown succeeds; got %v", err)
	}
	a.stdout.line(t, "the rest is done")
	a.log.never(t, "level=ERROR")
}
