package worker_test

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

func TestAppReloadHandlesEachMessageOnce(t *testing.T) {
	t.Parallel()
	script := func(version int) string {
		return `
			addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }); });
			addEventListener("websocketmessage", async (event) => {
				const { source, data } = event;
				for (let i = data % 3; i > 0; i--) await null;
				if (data % 5 === 0) await new Promise((done) => setTimeout(done, data % 4));
				source.data++;
				source.send(data + " " + source.data + " ` + strconv.Itoa(version) + `");
			});`
	}
	a := serve(t, script(1), worker.Options{Workers: 2})
	var crowd sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		c := a.connect()
		crowd.Go(func() { converse(c, stop) })
	}
	for version := 2; version < 12; version++ {
		a.reload(script(version))
		if version%3 == 0 {
			if err := a.rewrite("throw new Error('broken');"); err == nil {
				t.Error("a broken version is refused")
			}
		}
	}
	close(stop)
	crowd.Wait()
}

// converse sends numbers until stop is closed, several before it reads their answers. It checks that each is answered once and in
// order, and never by an older version than the number before.
func converse(c *client, stop <-chan struct{}) {
	const ahead = 5
	last := 0
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		for range ahead {
			_, _ = c.conn.Send(1, strconv.AppendInt(nil, int64(i), 10))
		}
		for k := range ahead {
			got, err := c.next()
			head, version, _ := strings.Cut(got, fmt.Sprintf("%d %d ", i, i*ahead+k+1))
			by, _ := strconv.Atoi(version)
			if err != nil || head != "" || by < last {
				c.t.Errorf("every message is answered once, in order: %d, after version %d; got %q %v", i, last, got, err)
				return
			}
			last = by
		}
	}
}

// held is an application whose events wait until a connection is subscribed to the channel "release".
func held(version string) string {
	return `
		const wait = (what) => new Promise((done) => {
			console.log("` + version + `", what);
			const timer = setInterval(() => {
				if (clients.count({ channel: "release" }) === 0) return;
				clearInterval(timer);
				done();
			}, 1);
		});
		addEventListener("websocketupgrade", async (event) => {
			const conn = event.accept({ data: "` + version + `" });
			conn.send("early");
			if (event.request.url.endsWith("/hold")) await wait("upgrade");
			conn.send("late");
		});
		addEventListener("websocketmessage", async (event) => {
			if (event.data === "hold") await wait("message");
			if (event.data === "work") event.waitUntil(wait("work").then(() => console.log("` + version + ` work done")));
			event.source.send("` + version + ` " + event.data);
		});
		addEventListener("fetch", (event) => event.respondWith(wait("fetch").then(() => new Response("` + version + `"))));`
}

// release ends the waits of held in all versions.
func (a *testApp) release() {
	a.t.Helper()
	for socket := range a.Server().Sockets("") {
		if err := socket.Subscribe("release"); err != nil {
			a.t.Fatal(err)
		}
	}
}

func TestAppReloadFinishesEventsInProgress(t *testing.T) {
	engineOnly(t, seriesOfOne)
	t.Parallel()
	a := serve(t, held("v1"), worker.Options{SleepAfter: time.Millisecond})
	c, other := a.connect(), a.connect()
	for _, each := range []*client{c, other} {
		each.want("early", "late")
	}
	answered := make(chan answer)
	go func() { answered <- a.do("GET", "/", "") }()
	c.send("hold", "after")
	other.send("work")
	other.want("v1 work")
	for _, begun := range []string{"v1 message", "v1 work", "v1 fetch"} {
		a.stdout.line(t, begun)
	}
	a.log.line(t, "worker stays awake", "an event is in progress")
	upgraded := make(chan *client)
	go func() { upgraded <- a.connectTo("/hold") }()
	a.stdout.line(t, "v1 upgrade")

	a.reload(held("v2"))
	other.send("hello")
	other.want("v2 hello")
	if len(c.received) != 0 {
		t.Error("the next event of a connection waits for the event in progress in the old version")
	}
	a.release()
	c.want("v1 hold", "v2 after")
	(<-upgraded).want("early", "late")
	a.stdout.line(t, "v1 work done")
	if got := <-answered; got.body != "v1" {
		t.Errorf("the response to a request is from the version that began it; got %q", got.body)
	}
	a.log.never(t, "level=ERROR")
}

func TestAppReloadBoundsOldVersions(t *testing.T) {
	t.Parallel()
	t.Run("at most four old versions have events in progress", func(t *testing.T) {
		embeddedOnly(t, seriesOfOne)
		t.Parallel()
		a := serve(t, held("v0"), worker.Options{})
		var all []*client
		for i := range 6 {
			c := a.connect()
			c.want("early", "late")
			c.send("hold", "next")
			a.stdout.line(t, fmt.Sprintf("v%d message", i))
			all = append(all, c)
			a.reload(held(fmt.Sprintf("v%d", i+1)))
		}
		a.log.line(t, "events cut off", "too many generations")
		all[0].want("v5 next")
		all[1].want("v6 next")
		a.release()
		for i, c := range all[2:] {
			c.want(fmt.Sprintf("v%d hold", i+2), "v6 next")
		}
		if n := a.log.count("event cut off"); n != 2 {
			t.Errorf("only the oldest events are cut off, and each is logged; got:\n%s", a.log)
		}
	})
	t.Run("an event that is cut off is logged", func(t *testing.T) {
		t.Parallel()
		a := serve(t, held("v0"), worker.Options{})
		c := a.connect()
		c.want("early", "late")
		c.send("hold")
		a.stdout.line(t, "v0 message")
		for i := range 4 {
			other := a.connect()
			other.want("early", "late")
			if i > 0 {
				other.send("hold")
				a.stdout.line(t, fmt.Sprintf("v%d message", i))
			}
			a.reload(held(fmt.Sprintf("v%d", i+1)))
		}
		if n := a.log.count("events cut off"); n != 0 {
			t.Error("a version without events to finish does not count")
		}
		last := a.connect()
		last.want("early", "late")
		last.send("hold")
		a.stdout.line(t, "v4 message")
		a.reload(held("v5"))
		c.send("next")
		c.want("v5 next")
		a.log.line(t, "event cut off", "event=websocketmessage", "connection=")
	})
}

func TestAppReloadInterruptsComputingOldVersions(t *testing.T) {
	engineOnly(t, sentLater)
	t.Parallel()
	a := serve(t, version("v1")+`addEventListener("websocketmessage", (event) => { if (event.data === "loop") { console.log("looping"); for (;;); } });`,
		worker.Options{EventTimeout: 2 * loopTimeout})
	c, other := a.connect(), a.connect()
	c.send("loop", "next")
	c.want("v1 loop v1")
	a.stdout.line(t, "looping")
	a.reload(version("v2"))
	other.send("hello")
	other.want("v2 hello v2") // before the loop is interrupted
	a.log.never(t, "computed for too long")
	c.want("v2 next v2")
	a.log.line(t, "computed for too long", "event=websocketmessage")
	if w := a.Workers()[0]; w.Failures != 0 {
		t.Errorf("the end of an old version does not count as a failure of the worker; got %+v", w)
	}
}

func TestAppReloadReleasesOldEngines(t *testing.T) {
	embeddedOnly(t, ownMemory)
	a := serve(t, version("v0"), worker.Options{Memory: small})
	c := a.connect()
	hello := func(i int) {
		c.send("hello")
		got, err := c.next()
		if err != nil || !strings.HasPrefix(got, fmt.Sprintf("v%d ", i)) {
			t.Errorf("version v%d answers; got %q %v", i, got, err)
		}
	}
	hello(0)
	a.reload(version("v1"))
	hello(1)
	before := runtime.NumGoroutine()
	memory := resident(t)
	for i := range 20 {
		a.reload(version(fmt.Sprintf("v%d", i+2)))
		hello(i + 2)
	}
	a.until("the goroutines of the old engines end", func() bool { return runtime.NumGoroutine() <= before })
	if more := resident(t) - memory; more > 30<<20 {
		t.Errorf("20 reloads do not increase the memory of the process; got %d MiB more", more>>20)
	}
}

func TestAppReloadDuringShutdown(t *testing.T) {
	t.Parallel()
	a := serve(t, version("v1"), worker.Options{})
	writeIn(t, t.TempDir(), "other.js", "")
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() { errs[i] = a.Reload() })
	}
	within(t, "Shutdown returns", func() { _ = a.Shutdown(t.Context()) })
	within(t, "the reloads return", all.Wait)
	for _, err := range errs {
		if err != nil && !isStopped(err) {
			t.Errorf("Reload succeeds or returns ErrStopped; got %v", err)
		}
	}
	if err := a.Reload(); !isStopped(err) {
		t.Errorf("Reload after Shutdown returns ErrStopped; got %v", err)
	}
	if slices.ContainsFunc(a.Workers(), func(w worker.Status) bool { return w.Connections != 0 }) {
		t.Errorf("no connection is left; got %+v", a.Workers())
	}
}

// echoing is a version that answers each message with itself.
const echoing = `addEventListener("websocketupgrade", (event) => { event.accept(); });
	addEventListener("websocketmessage", (event) => event.source.send("v2 " + event.data));`

func TestAppReloadFinishTimeout(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, `
			addEventListener("websocketupgrade", (event) => { event.accept(); });
			addEventListener("websocketmessage", (event) => {
				if (event.data === "never") event.waitUntil(new Promise(() => {}));
				if (event.data === "work") event.waitUntil(new Promise((done) => setTimeout(done, 60000)).then(() => console.log("done")));
				event.source.send(event.data);
			});
			setInterval(() => console.log("tick"), 10000);`, worker.Options{FinishTimeout: 2 * time.Minute})
		c := a.connect()
		c.send("never", "work")
		c.want("never", "work")
		a.reload(echoing)
		pass(90 * time.Second)
		a.stdout.line(t, "done")
		a.log.never(t, "cut off")
		before := a.stdout.count("tick")
		pass(40 * time.Second)
		a.log.line(t, "work of waitUntil was cut off", "promises=1")
		at := a.stdout.count("tick")
		if at == before {
			t.Error("timers of the old version run until FinishTimeout")
		}
		pass(time.Hour)
		if n := a.stdout.count("tick"); n != at {
			t.Errorf("timers do not run after the end of their version; %d more ran", n-at)
		}
		c.send("hello")
		c.want("v2 hello")
		a.log.never(t, "level=ERROR")
	})
}
