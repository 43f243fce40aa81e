package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker"
)

// nap is the SleepAfter of these tests.
const nap = 20 * time.Millisecond

// beyondKernel is the size of a send queue that is larger than what the kernel buffers for a client that does not read.
const beyondKernel = 1 << 24

// sleeper is an application that counts the events since its engine started.
const sleeper = `
	let seen = 0;
	addEventListener("install", () => console.log("install"));
	addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }).send("upgrade " + ++seen); });
	addEventListener("websocketmessage", ({ source, data }) => {
		if (data === "fill") for (const chunk = "x".repeat(1 << 19); source.bufferedAmount < 1 << 24; ) source.send(chunk);
		source.send(data + " " + ++seen + " " + ++source.data);
	});
	addEventListener("websocketdrain", ({ source, type, constructor }) => { source.send([type, constructor.name, ++seen].join(" ")); });
	addEventListener("websocketclose", (event) => console.log("closed", ++seen, event.source.data));
	addEventListener("fetch", (event) => event.respondWith(new Response("fetch " + ++seen)));
	setWebSocketAutoResponse("ping", "pong");`

func TestWorkerSleepWakesForEveryKindOfEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, sleeper, worker.Options{SleepAfter: nap, Server: linger.Options{SendQueue: beyondKernel, Policy: linger.PolicyDrop}})
		a.state(0, "asleep")
		c := a.connect()
		c.want("upgrade 1")
		a.state(0, "asleep")
		c.send("hello")
		c.want("hello 1 1")
		a.state(0, "asleep")
		a.get("/", 200, "fetch 1")
		a.state(0, "asleep")

		slow := a.connect()
		slow.want("upgrade 1")
		slow.conn.Pause()
		slow.send("fill")
		a.until("the send queue is full", func() bool { return a.Workers()[0].Events > 4 })
		a.state(0, "asleep")
		slow.conn.Resume()
		slow.wantLast("websocketdrain WebSocketDrainEvent 1")
		a.state(0, "asleep")

		c.close(1000, "")
		a.stdout.line(t, "closed 1 1")
		a.state(0, "asleep")
		if n := a.stdout.count("install"); n != 1 {
			t.Errorf("waking does not dispatch install again; got %d", n)
		}
		if w := a.Workers()[0]; w.Sleeps < 6 || w.Failures != 0 || w.Connections != 1 || w.Reason != "" {
			t.Errorf("the status counts the sleeps, and neither failures nor closed connections; got %+v", w)
		}
	})
}

// wantLast waits for an event and ignores those before it.
func (c *client) wantLast(want string) {
	c.t.Helper()
	for {
		switch got, err := c.next(); {
		case err != nil:
			c.t.Fatalf("the client receives %q; got %v", want, err)
		case got == want:
			return
		}
	}
}

func TestWorkerSleep(t *testing.T) {
	t.Parallel()
	t.Run("pings and automatic responses do not wake a worker", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sleeper, worker.Options{SleepAfter: nap})
			c := a.connect()
			c.want("upgrade 1")
			a.state(0, "asleep")
			before := a.Workers()[0]
			for range 3 {
				if err := c.conn.Ping([]byte("are you there?")); err != nil {
					t.Fatal(err)
				}
				c.send("ping")
				c.want("pong")
			}
			if after := a.Workers()[0]; after != before {
				t.Errorf("the worker stays asleep: %+v; got %+v", before, after)
			}
		})
	})
	t.Run("a worker without SleepAfter does not sleep", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sleeper, worker.Options{})
			pass(3 * nap)
			a.get("/", 200, "fetch 1")
			a.get("/", 200, "fetch 2")
			if w := a.Workers()[0]; w.Sleeps != 0 || w.Reason != "" || w.State != "running" {
				t.Errorf("a worker without SleepAfter does not sleep; got %+v", w)
			}
		})
	})
	t.Run("messages before and after sleep keep their order", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sleeper, worker.Options{SleepAfter: time.Millisecond})
			c := a.connect()
			c.want("upgrade 1")
			for i := range 60 {
				if i%10 == 0 {
					a.state(0, "asleep")
				}
				c.send("hello")
				got, err := c.next()
				if want := " " + itoa(i+1); err != nil || !strings.HasSuffix(got, want) {
					t.Fatalf("message %d is handled once, and data is kept; got %q %v", i+1, got, err)
				}
			}
		})
	})
	t.Run("a reload while a worker sleeps", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sleeper, worker.Options{SleepAfter: nap, Workers: 2})
			c := a.connect()
			c.want("upgrade 1")
			a.state(0, "asleep")
			a.state(1, "asleep")
			a.reload(strings.ReplaceAll(sleeper, `send(data + " "`, `send("v2 " + data + " "`))
			c.send("hello")
			c.want("v2 hello 1 1")
			a.state(0, "asleep")
			a.state(1, "asleep")
			c.send("hello")
			c.want("v2 hello 1 2")
		})
	})
	t.Run("shutdown wakes a worker for close events", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sleeper, worker.Options{SleepAfter: nap})
			c := a.connect()
			c.want("upgrade 1")
			a.state(0, "asleep")
			if err := a.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown succeeds; got %v", err)
			}
			c.want("closed 1001 server shutting down")
			a.stdout.line(t, "closed 1 0")
		})
	})
	t.Run("a close from Go wakes a worker for the close event", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, sleeper, worker.Options{SleepAfter: nap})
			c := a.connect()
			c.want("upgrade 1")
			a.state(0, "asleep")
			for socket := range a.Server().Sockets("") {
				if err := socket.Close(protocol.CloseGoingAway, "from Go"); err != nil {
					t.Error(err)
				}
			}
			c.want("closed 1001 from Go")
			a.stdout.line(t, "closed 1 0")
		})
	})
}

func TestWorkerSleepReasonToStayAwake(t *testing.T) {
	t.Parallel()
	for reason, work := range map[string]string{
		"an event is in progress":          `await gate;`,
		"work of waitUntil is in progress": `event.waitUntil(gate);`,
		"a timer is pending":               `const timer = setInterval(() => {}, 1); gate.then(() => clearInterval(timer));`,
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `
				let open;
				addEventListener("websocketupgrade", (event) => { event.accept(); });
				addEventListener("websocketmessage", async (event) => {
					const gate = new Promise((done) => { open = done; });
					`+work+`
				});
				addEventListener("fetch", (event) => { open(); event.respondWith(new Response("open")); });`, worker.Options{SleepAfter: nap})
			c := a.connect()
			c.send("work")
			a.until("the status contains the reason", func() bool { return a.Workers()[0].Reason == reason })
			a.log.line(t, "worker stays awake", "worker=0", reason)
			sleeps := a.Workers()[0].Sleeps
			pass(5 * nap)
			if w := a.Workers()[0]; w.State != "running" || w.Sleeps != sleeps || w.Reason != reason {
				t.Errorf("the worker stays awake; got %+v", w)
			}
			if n := a.log.count(reason); n != 1 {
				t.Errorf("the reason is logged once; got %d times:\n%s", n, a.log)
			}
			a.get("/", 200, "open")
			a.state(0, "asleep")
		})
	}
}

// pass waits for a duration in which something must not happen.
func pass(d time.Duration) { <-time.After(d) }

func TestWorkerSleepReleasesMemory(t *testing.T) {
	embeddedOnly(t, ownMemory)
	a := serve(t, `
		const hoard = [];
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			while (hoard.length < event.data) hoard.push(new Uint8Array(64000));
			event.source.send(String(hoard.length));
		});`, worker.Options{SleepAfter: 3 * time.Second})
	c := a.connect()
	before := resident(t)
	c.send("1000")
	c.want("1000")
	awake := resident(t) - before
	a.state(0, "asleep")
	asleep := resident(t) - before
	t.Logf("with 64 MB of data: %d KiB more when awake, %d KiB more when asleep", awake>>10, asleep>>10)
	if awake < 60e6 || asleep > awake/4 {
		t.Errorf("the memory of an engine is released when it sleeps; awake it has %d bytes, asleep %d", awake, asleep)
	}
	c.send("1")
	c.want("1")
}

func TestWorkerSleepEndsDuringAReload(t *testing.T) {
	t.Parallel()
	slow := func(name string) string {
		return version(name) + `for (const end = Date.now() + 300; Date.now() < end;); console.log("` + name + ` loaded");`
	}
	a := serve(t, slow("v1"), worker.Options{SleepAfter: nap})
	c := a.connect()
	a.state(0, "asleep")
	c.send("1", "2")
	a.reload(slow("v2"))
	first, err := c.next()
	second, err2 := c.next()
	if err != nil || err2 != nil || !strings.Contains(first, " 1 ") || !strings.HasPrefix(second, "v2 2 ") && !strings.HasPrefix(second, "v1 2 ") {
		t.Errorf("both messages are handled, in order; got %q, %q %v", first, second, err)
	}
	c.send("3")
	if got, err := c.next(); err != nil || !strings.HasPrefix(got, "v2 3 ") {
		t.Errorf("after the reload the new version handles messages; got %q %v", got, err)
	}
}
