package worker_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// outOfMemory is JavaScript that allocates until the memory limit.
const outOfMemory = `const hoard = []; for (;;) hoard.push(new Uint8Array(1 << 16).fill(1));`

// small is a memory limit that is enough for every script in these tests.
const small = 24 << 20

func TestWorkerOutOfMemory(t *testing.T) {
	engineOnly(t, killedInstead)
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }).subscribe("all"); });
		addEventListener("websocketmessage", (event) => {
			event.source.data++;
			if (event.data === "die") { `+outOfMemory+` }
			event.source.send(event.data + " " + event.source.data);
		});`, worker.Options{Memory: small})
	bystander, victim := a.connect(), a.connect()
	bystander.send("before")
	bystander.want("before 1")
	victim.send("die", "next", "last")
	bystander.send("after")
	victim.want("next 2", "last 3") // changes of data before the crash are kept
	bystander.want("after 2")
	a.log.line(t, "worker out of memory", "websocketmessage", "connection=")
	a.log.line(t, "worker replaced")
	if n := a.log.count("out of memory"); n != 1 {
		t.Errorf("running out of memory is logged once; got %d times:\n%s", n, a.log)
	}
}

func TestWorkerCrashHandlesEachMessageOnce(t *testing.T) {
	engineOnly(t, killedInstead)
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			if (event.data === "die") { `+outOfMemory+` }
			event.source.send(event.data);
		});`, worker.Options{Memory: small})
	killer := a.connect()
	var crowd sync.WaitGroup
	for range 4 {
		c := a.connect()
		crowd.Go(func() {
			for i := range 100 {
				_, _ = c.conn.Send(1, []byte(strconv.Itoa(i)))
				if got, err := c.next(); err != nil || got != strconv.Itoa(i) {
					t.Errorf("every message is answered once, in order: %d; got %q %v", i, got, err)
					return
				}
			}
		})
	}
	for range 3 {
		killer.send("die", "alive")
		killer.want("alive")
	}
	crowd.Wait()
}

func TestWorkerCrash(t *testing.T) {
	t.Parallel()
	t.Run("an engine that crashes in a timer is replaced without an event", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => {
				if (event.request.url.endsWith("/die")) setTimeout(() => { `+outOfMemory+` }, 1);
				event.respondWith(new Response("hello"));
			});`, worker.Options{Memory: small})
		a.get("/die", 200, "hello")
		a.log.line(t, "worker replaced")
		a.get("/", 200, "hello")
	})
	t.Run("events in progress fail immediately", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => {
				if (event.request.url.endsWith("/die")) { `+outOfMemory+` }
				console.log("waiting");
				event.respondWith(new Promise(() => {}));
			});`, worker.Options{Memory: small})
		var waiting sync.WaitGroup
		waiting.Go(func() { a.get("/wait", 500, "the application did not answer") })
		a.stdout.line(t, "waiting")
		a.get("/die", 500, "the application did not answer")
		within(t, "the request in progress fails, too", waiting.Wait)
		a.log.line(t, "its worker was replaced", "event=fetch")
	})
}

func TestWorkerEndlessLoop(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let seen = 0;
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			seen++;
			if (event.data === "loop") for (;;);
			event.source.send("message " + seen);
		});`, worker.Options{EventTimeout: loopTimeout})
	c, other := a.connect(), a.connect()
	c.send("loop", "next")
	c.want("message 1") // in a new engine
	other.send("hello")
	other.want("message 2")
	a.log.line(t, "computed for too long", "limit="+loopTimeout.String(), "at=", "app.js:")
	a.log.line(t, "level=ERROR", "event=websocketmessage", "connection=")
	a.log.line(t, "worker replaced", "event timeout")
}

func TestWorkerEndlessLoopOfPromises(t *testing.T) {
	t.Parallel()
	for name, loop := range map[string]string{
		"await": `(async () => { for (;;) await null; })();`,
		"then":  `(function again() { Promise.resolve().then(again); })();`,
		"flood": `for (let i = 0; i < 200; i++) queueMicrotask(() => { for (const end = Date.now() + 50; Date.now() < end;); });`,
	} {
		t.Run(name, func(t *testing.T) {
			if name == "flood" {
				engineOnly(t, childTakes)
			}
			t.Parallel()
			a := serve(t, `
				addEventListener("websocketupgrade", (event) => { event.accept(); });
				addEventListener("websocketmessage", (event) => {
					if (event.data === "loop") `+loop+`
					event.source.send(event.data);
				});`, worker.Options{EventTimeout: loopTimeout})
			c, other := a.connect(), a.connect()
			c.send("loop")
			c.want("loop")
			if inProcess() { // a child that computes is noticed at its next event
				a.log.line(t, "computed for too long")
			}
			other.send("1", "2", "3")
			other.want("1", "2", "3")
			within(t, "Shutdown returns, because the loop has ended", func() { _ = a.Shutdown(t.Context()) })
			if n := a.log.count("computed for too long"); n != 1 {
				t.Errorf("only the event that started the loop fails; got:\n%s", a.log)
			}
		})
	}
}

func TestAppShutdown(t *testing.T) {
	t.Parallel()
	t.Run("every connection is closed, and close events are handled", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => { event.accept(); });
			addEventListener("websocketclose", async (event) => {
				await new Promise((done) => setTimeout(done, 1));
				console.log("closed", event.code, event.wasClean, event.initiator);
			});`, worker.Options{})
		first, second := a.connect(), a.connect()
		within(t, "Shutdown returns", func() {
			if err := a.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown succeeds if every client answers its Close; got %v", err)
			}
		})
		first.want("closed 1001 server shutting down")
		second.want("closed 1001 server shutting down")
		if n := a.stdout.count("closed 1001 true local\n"); n != 2 {
			t.Errorf("both close events are handled before the engine ends; got %q", a.stdout)
		}
		a.get("/", 503, "the application has been shut down")
	})
	t.Run("promises of waitUntil are waited for", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
			addEventListener("fetch", (event) => {
				event.waitUntil(new Promise((done) => setTimeout(done, 50)).then(() => console.log("work done")));
				event.respondWith(new Response("hello"));
			});`, worker.Options{})
			a.get("/", 200, "hello")
			within(t, "Shutdown returns", func() { _ = a.Shutdown(t.Context()) })
			if a.stdout.count("work done") != 1 {
				t.Error("Shutdown waits for the promises of waitUntil")
			}
		})
	})
	t.Run("Shutdown may be called twice", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("fetch", () => {});`, worker.Options{})
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { _ = a.Shutdown(t.Context()) })
		}
		within(t, "both calls return", both.Wait)
	})
}

func TestAppShutdownTimeout(t *testing.T) {
	t.Parallel()
	for name, work := range map[string]string{
		"waitUntil that never ends": `event.waitUntil(new Promise(() => {})); event.respondWith(new Response("hello"));`,
		"an endless loop":           `event.respondWith(new Response("hello")); setTimeout(() => { console.log("looping"); for (;;); });`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `addEventListener("fetch", (event) => { `+work+` });`,
				worker.Options{EventTimeout: time.Hour, Server: linger.Options{ShutdownTimeout: 200 * time.Millisecond}})
			a.get("/", 200, "hello")
			if name == "an endless loop" {
				a.stdout.line(t, "looping")
			}
			within(t, "Shutdown returns after ShutdownTimeout", func() { _ = a.Shutdown(context.Background()) })
		})
	}
}

func TestAppShutdownWithACancelledContext(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => { console.log("begun"); return new Promise(() => {}); });`, worker.Options{})
	c := a.connect()
	c.send("hello")
	a.stdout.line(t, "begun")
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	within(t, "Shutdown returns", func() {
		if err := a.Shutdown(cut); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown returns the error of its context; got %v", err)
		}
	})
	a.get("/", 503, "the application has been shut down")
}

func TestAppShutdownDuringACrash(t *testing.T) {
	t.Parallel()
	path := write(t, "app.js", `addEventListener("fetch", () => { `+outOfMemory+` });`)
	for i := range 5 {
		a := serveFile(t, path, worker.Options{Memory: small})
		var crowd sync.WaitGroup
		for range 4 {
			crowd.Go(func() { _ = a.do("GET", "/", "") })
		}
		a.log.line(t, "out of memory")
		within(t, fmt.Sprint("Shutdown returns, attempt ", i), func() { _ = a.Shutdown(t.Context()) })
		within(t, "the requests get a response", crowd.Wait)
	}
}

// fragile is an application that crashes, or loops, at a message.
const fragile = `
	addEventListener("websocketupgrade", (event) => { event.accept(); });
	addEventListener("websocketmessage", (event) => {
		if (event.data === "die") { ` + outOfMemory + ` }
		if (event.data === "loop") { console.log("looping"); for (;;); }
		event.source.send(event.data);
	});
	addEventListener("fetch", (event) => event.respondWith(new Response("hello")));`

// fail makes the worker of a connection crash until it backs off.
func (a *testApp) fail(c *client, worker int) {
	a.t.Helper()
	c.send("die", "alive")
	c.want("alive")
	c.send("die", "alive")
	c.want("alive")
	c.send("die")
	a.state(worker, "backing off")
}

func TestWorkerBackoff(t *testing.T) {
	engineOnly(t, killedInstead)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, fragile, worker.Options{Memory: small})
		c, other := a.connect(), a.connect()
		a.fail(c, 0)
		if w := a.Workers()[0]; w.Failures != 3 || w.Reason != "memory limit" {
			t.Errorf("the status contains the reason and the number of failures; got %+v", w)
		}
		c.send("1", "2", "3")
		other.send("a", "b")
		refused := a.get("/", 503, "the application keeps failing: try again later")
		if got := refused.Header.Get("Retry-After"); got != "1" {
			t.Errorf("the Retry-After of a refused request is 1 s; got %q", got)
		}
		if got := a.decline(); got.StatusCode != 503 || got.Header.Get("Retry-After") != "1" {
			t.Errorf("an upgrade request is refused with the same Retry-After; got %d %v", got.StatusCode, got.Header)
		}
		c.want("1", "2", "3") // no message is lost
		other.want("a", "b")
		a.get("/", 200, "hello")
		a.log.line(t, "worker backs off", "memory limit")
	})
}

func TestWorkerBackoffRefusesWaitingRequests(t *testing.T) {
	engineOnly(t, killedInstead)
	t.Parallel()
	a := serve(t, fragile, worker.Options{Memory: small, EventTimeout: loopTimeout})
	c := a.connect()
	c.send("die", "alive", "die", "alive")
	c.want("alive", "alive")
	c.send("loop")
	a.stdout.line(t, "looping")
	var all sync.WaitGroup
	all.Go(func() { a.get("/", 503, "the application keeps failing: try again later") })
	all.Go(func() {
		if got := a.decline(); got.StatusCode != 503 || got.Header.Get("Retry-After") == "" {
			t.Errorf("an upgrade request that waits is refused; got %d %v", got.StatusCode, got.Header)
		}
	})
	all.Wait()
	c.send("alive")
	c.want("alive")
	if w := a.Workers()[0]; w.Connections != 1 || w.Events == 0 {
		t.Errorf("a refused upgrade makes no connection later; got %+v", w)
	}
}

func TestWorkerBackoffEndsAtAReload(t *testing.T) {
	engineOnly(t, killedInstead)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, fragile, worker.Options{Memory: small})
		c := a.connect()
		a.fail(c, 0)
		c.send("waiting")
		a.reload(fragile)
		if w := a.Workers()[0]; w.State != "running" || w.Generation != 2 {
			t.Errorf("the new version runs immediately; got %+v", w)
		}
		a.get("/", 200, "hello")
		c.want("waiting")
		c.send("die", "alive", "die", "alive") // the failures of the last version do not count
		c.want("alive", "alive")
		if n := a.log.count("worker backs off"); n != 1 {
			t.Errorf("the new version has not failed often enough to back off; got:\n%s", a.log)
		}
	})
}

func TestWorkerBackoffOfOneOfSeveral(t *testing.T) {
	engineOnly(t, killedInstead)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, fragile, worker.Options{Memory: small, Workers: 3})
		c, other := a.connect(), a.connect()
		failing := 0
		c.send("die", "alive")
		c.want("alive")
		for i, w := range a.Workers() {
			if w.Failures > 0 {
				failing = i
			}
		}
		c.send("die", "alive", "die")
		c.want("alive")
		a.state(failing, "backing off")
		for range 6 {
			a.get("/", 200, "hello")
			a.connect().send("hello")
		}
		other.send("hello")
		other.want("hello")
		if w := a.Workers()[failing]; w.Connections != 1 {
			t.Errorf("new connections are assigned to the other workers; got %+v", a.Workers())
		}
		c.send("hello")
		c.want("hello")
	})
}

// stuck is an application that calls a built-in function which cannot be interrupted.
const stuck = `
	addEventListener("websocketupgrade", (event) => { event.accept({ data: "kept" }); });
	addEventListener("websocketmessage", (event) => {
		if (event.data === "block") {
			console.log("blocking"); // until the test calls unhold
			event.source.data = "changed";
			event.source.send("too late");
		}
		event.source.send(event.data + " " + event.source.data);
	});`

func TestWorkerStuck(t *testing.T) {
	embeddedOnly(t, heldConsole)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, stuck, worker.Options{EventTimeout: 10 * time.Second})
		a.stdout.hold("blocking")
		c, other := a.connect(), a.connect()
		c.send("block", "next")
		a.stdout.line(t, "blocking")
		other.send("hello")
		other.want("hello kept")
		c.want("next kept")
		a.log.line(t, "worker replaced", "stuck in a built-in function")
		a.log.line(t, "event failed", "stuck in a built-in function", "event=websocketmessage", "connection=")
		c.send("block", "last")
		a.state(0, "backing off") // until the function returns in one of the engines
		a.stdout.unhold()
		c.want("last kept")
		other.send("hello")
		other.want("hello kept")
		if w := a.Workers()[0]; w.State != "running" || w.Failures != 2 {
			t.Errorf("two engines have failed; got %+v", w)
		}
		a.log.never(t, "computed for too long")
		a.log.never(t, "shut down")
	})
}

func TestAppShutdownWithAStuckEngine(t *testing.T) {
	embeddedOnly(t, heldConsole)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, stuck, worker.Options{})
		a.stdout.hold("blocking")
		c := a.connect()
		c.send("block")
		a.stdout.line(t, "blocking")
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		within(t, "Shutdown returns", func() { _ = a.Shutdown(cut) })
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("Shutdown waits at most 3 s; it took %v", took)
		}
	})
}

func TestAppReloadCrashSleepAndShutdownConcurrently(t *testing.T) {
	engineOnly(t, killedInstead)
	t.Parallel()
	path := write(t, "app.js", fragile)
	for range 3 {
		a := serveFile(t, path, worker.Options{Memory: small, Workers: 2, SleepAfter: time.Millisecond})
		var all sync.WaitGroup
		clients := []*client{a.connect(), a.connect(), a.connect(), a.connect()} // before the first crash
		for _, c := range clients {
			all.Go(func() {
				for range 10 {
					_, _ = c.conn.Send(1, []byte("hello"))
					_, _ = c.conn.Send(1, []byte("die"))
				}
			})
		}
		all.Go(func() {
			for range 3 {
				if err := a.Reload(); err != nil && !isStopped(err) {
					t.Errorf("Reload succeeds or returns ErrStopped; got %v", err)
				}
			}
		})
		a.log.line(t, "worker replaced")
		cut, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		within(t, "Shutdown returns", func() { _ = a.Shutdown(cut) })
		cancel()
		within(t, "the senders and the reloads return", all.Wait)
	}
}

func TestWorkerEndlessLoopOfBuiltInFunctions(t *testing.T) {
	engineOnly(t, ownMemory)
	t.Parallel()
	for _, loop := range []string{"parse", "garbage", "search"} {
		// The subtests are not parallel: each application is loaded while no loop uses the processor.
		t.Run(loop, func(t *testing.T) {
			a := serve(t, `
				addEventListener("websocketupgrade", (event) => { event.accept(); });
				const text = JSON.stringify(Array.from({ length: 30000 }, (_, i) => i)), list = JSON.parse(text);
				addEventListener("websocketmessage", (event) => {
					if (event.data === "parse") for (;;) JSON.parse(text);
					if (event.data === "garbage") for (let all = []; ; all.push([1, 2, 3])) if (all.length > 500_000) all = []; // below the limit of memory
					if (event.data === "search") for (;;) list.indexOf(-1);
					event.source.send(event.data);
				});`, worker.Options{EventTimeout: loopTimeout, Memory: 512 << 20})
			c := a.connect()
			c.send(loop)
			c.send("next " + loop)
			c.want("next " + loop)
			if n := a.log.count("computed for too long"); n != 1 {
				t.Errorf("the loop is interrupted once; got:\n%s", a.log)
			}
			a.log.never(t, "stuck")
		})
	}
}
