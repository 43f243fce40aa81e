package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

func TestSlowEventIsLoggedWhileItComputes(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		function deep(until) {
			while (Date.now() < until) JSON.stringify([1, 2, 3]);
		}
		addEventListener("websocketmessage", (event) => {
			if (event.data === "slow") deep(Infinity);
			event.source.send(event.data);
		});`, worker.Options{SlowEvent: 50 * time.Millisecond, EventTimeout: loopTimeout})
	c := a.connect()
	c.send("slow", "next")
	c.want("next")
	line := a.log.line(t, "slow event", "level=WARN", "event=websocketmessage", "connection=", "it computes", "at=", "app.js:4", "deep")
	if first := strings.Index(a.log.String(), "computed for too long"); first < strings.Index(a.log.String(), line) {
		t.Errorf("the warning is logged before the event is interrupted; got:\n%s", a.log)
	}
}

func TestSlowEventOfATimer(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", (event) => {
			setTimeout(() => { for (const end = Date.now() + 300; Date.now() < end;); console.log("done"); });
			event.respondWith(new Response("begun"));
		});`, worker.Options{SlowEvent: 50 * time.Millisecond})
	a.get("/", 200, "begun")
	a.stdout.line(t, "done")
	a.log.line(t, "slow event", "a timer or callback", "it computes", "app.js:3")
}

func TestSlowEvent(t *testing.T) {
	t.Parallel()
	t.Run("an event that waits is logged at its end", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
				addEventListener("websocketupgrade", (event) => { event.accept(); });
				addEventListener("websocketmessage", async (event) => {
					await new Promise((done) => setTimeout(done, Number(event.data)));
					event.source.send(event.data);
				});`, worker.Options{})
			c := a.connect()
			c.send("900")
			c.want("900")
			a.log.never(t, "slow event")
			for range 3 { // with more than a second between them
				c.send("2000")
				c.want("2000")
			}
			a.until("three events are logged", func() bool { return a.log.count("slow event") == 3 })
			a.log.line(t, "slow event", "event=websocketmessage", "connection=", "took=2s", "it waited for a promise", "at=", "app.js:3")
			if n := a.log.count("slow event"); n != 3 {
				t.Errorf("each of the three is logged; got:\n%s", a.log)
			}
		})
	})
	t.Run("there is at most one warning per second", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
				addEventListener("websocketupgrade", (event) => { event.accept(); });
				addEventListener("websocketmessage", async (event) => {
					await new Promise((done) => setTimeout(done, 2000));
					event.source.send("done");
				});`, worker.Options{})
			var all []*client
			for range 50 {
				all = append(all, a.connect())
			}
			for range 2 {
				for _, c := range all {
					c.send("go")
				}
				for _, c := range all {
					c.want("done")
				}
			}
			if n := a.log.count("slow event"); n != 2 {
				t.Errorf("there is at most one line per second; got %d", n)
			}
			a.log.line(t, "slow event", "others=49")
		})
	})
	t.Run("a built-in function is logged when it returns", func(t *testing.T) {
		embeddedOnly(t, heldConsole)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `addEventListener("fetch", (event) => { console.log("block"); event.respondWith(new Response("done")); });`,
				worker.Options{})
			a.stdout.hold("block")
			time.AfterFunc(5*time.Second, a.stdout.unhold)
			a.get("/", 200, "done")
			a.log.line(t, "slow event", "event=fetch", "took=5s")
		})
	})
	t.Run("a negative SlowEvent logs nothing", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `addEventListener("fetch", (event) => event.respondWith(new Promise((done) => setTimeout(done, 20000, new Response("late")))));`,
				worker.Options{SlowEvent: -1})
			a.get("/", 200, "late")
			a.log.never(t, "slow event")
		})
	})
	t.Run("slow loading is not an event", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `await new Promise((done) => setTimeout(done, 5000)); addEventListener("install", () => new Promise((done) => setTimeout(done, 5000)));`,
				worker.Options{})
			a.log.never(t, "slow event")
		})
	})
}
