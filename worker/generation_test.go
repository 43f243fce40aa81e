package worker_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// version is an application that answers with its name, and records in the data of a connection which versions have handled its
// messages.
func version(name string) string {
	return `
		addEventListener("websocketupgrade", (event) => { event.accept({ data: { seen: [] } }).subscribe("all"); });
		addEventListener("websocketmessage", (event) => {
			const { source } = event;
			source.data.seen.push("` + name + `");
			source.send("` + name + ` " + event.data + " " + source.data.seen);
		});
		addEventListener("fetch", (event) => event.respondWith(new Response("` + name + `")));`
}

func TestAppReloadKeepsConnectionProperties(t *testing.T) {
	t.Parallel()
	const whoami = `
		addEventListener("websocketmessage", ({ source }) => source.send([source.id, source.url, source.protocol, source.readyState, JSON.stringify(source.data)].join(" ")));`
	a := serve(t, `addEventListener("websocketupgrade", (event) => {
			event.accept({ data: { name: "ann", since: new Date(0) }, protocol: "chat.v2" }).subscribe("room");
		});`+whoami, worker.Options{})
	c := a.connect("Sec-WebSocket-Protocol: chat.v2")
	c.send("state?")
	before, err := c.next()
	if err != nil {
		t.Fatal(err)
	}
	a.reload(whoami)
	c.send("state?")
	c.want(before)
	if _, err := a.Server().Publish("room", linger.Text("published")); err != nil {
		t.Error(err)
	}
	c.want("published") // the subscription is kept
	if !strings.Contains(before, "chat.v2 1 ") || !strings.Contains(before, "ann") {
		t.Errorf("a connection has its protocol, state and data; got %s", before)
	}
}

func TestAppReloadSendsEventsToTheNewVersion(t *testing.T) {
	t.Parallel()
	a := serve(t, version("v1"), worker.Options{Workers: 2})
	first, second := a.connect(), a.connect()
	for i := range 5 {
		name := fmt.Sprint("v", i+2)
		a.reload(version(name))
		for _, c := range []*client{first, second} {
			c.send("hello")
			got, err := c.next()
			if err != nil || !strings.HasPrefix(got, name+" hello") {
				t.Errorf("version %s handles the events after the reload; got %q %v", name, got, err)
			}
		}
		a.get("/", 200, name)
		for i, w := range a.Workers() {
			if w.Generation != i+2 && w.Generation == 0 {
				t.Errorf("the status of a worker contains its generation; got %+v", w)
			}
		}
	}
	if w := a.Workers()[1]; w.Generation != 6 || w.State != "running" {
		t.Errorf("the fifth reload makes generation 6; got %+v", w)
	}
	a.log.line(t, "application reloaded", "generation=6", "connections=2")
}

// broken are versions that cannot be loaded, with parts of the error of each.
var broken = map[string]struct {
	script string
	parts  []string
}{
	"syntax error":         {"let a = 1;\nlet = ;", []string{"app.js:2:"}},
	"throw":                {"\nthrow new Error('at load');", []string{"app.js:2:", "at load"}},
	"install rejects":      {"addEventListener('install', (event) => event.waitUntil(\n  Promise.reject(new Error('no install'))));", []string{"app.js:2:", "no install"}},
	"install throws":       {"addEventListener('install', () => {\n\n  null.x;\n});", []string{"app.js:3:", "TypeError"}},
	"activate rejects":     {"addEventListener('activate', async () => {\n  await null; throw new Error('no activate');\n});", []string{"app.js:2:", "no activate"}},
	"install never ends":   {"addEventListener('install', () => new Promise(() => {}));", []string{"install", "did not end within " + loopTimeout.String()}},
	"waitUntil never ends": {"addEventListener('activate', (event) => event.waitUntil(new Promise(() => {})));", []string{"activate", "never ends"}},
	"endless loop":         {"let n = 0;\nfor (;;) n++;", []string{"computed for longer than " + loopTimeout.String()}},
	"endless install":      {"addEventListener('install', () => {\n  for (;;) String(1);\n});", []string{"app.js:2:", "computed for longer than " + loopTimeout.String()}},
	"await never ends":     {"await new Promise(() => {});", []string{"top-level await", "never ends"}},
	"out of memory":        {outOfMemory, []string{"out of memory"}},
}

func TestAppReloadKeepsTheLastVersionOnFailure(t *testing.T) {
	t.Parallel()
	for name, version2 := range broken {
		t.Run(name, func(t *testing.T) {
			if hasAll(strings.Join(version2.parts, " "), []string{"never ends"}) {
				engineOnly(t, ownMessages)
			}
			t.Parallel()
			a := serve(t, version("v1"), worker.Options{EventTimeout: loopTimeout, Memory: small, Workers: 2})
			c := a.connect()
			err := a.rewrite(version2.script)
			problem, ok := errors.AsType[*worker.LoadError](err)
			if !ok || !hasAll(problem.Error(), version2.parts) {
				t.Errorf("the error contains %q; got %v", version2.parts, err)
			}
			c.send("hello")
			c.want("v1 hello v1")
			a.reload(version("v2"))
			c.send("hello")
			c.want("v2 hello v1,v2")
			if w := a.Workers()[0]; w.Generation != 2 || w.Failures != 0 {
				t.Errorf("a version that was not loaded counts neither as a generation nor as a failure of the worker; got %+v", w)
			}
		})
	}
}

func TestAppReloadReportsEveryProblemOfInstall(t *testing.T) {
	engineOnly(t, ownMessages)
	t.Parallel()
	a := serve(t, version("v1"), worker.Options{})
	err := a.rewrite(`
		addEventListener("install", () => { throw new Error("first"); });
		addEventListener("install", () => { throw new Error("second"); });`)
	if problem, ok := errors.AsType[*worker.LoadError](err); !ok || len(problem.Problems) != 2 ||
		!strings.Contains(problem.Error(), "app.js:2:49: Error: first\n") || !strings.Contains(problem.Error(), "app.js:3:") {
		t.Errorf("the error contains the errors of both listeners, with their positions; got %v", err)
	}
}

func TestAppReloadInstallsAndActivatesOnce(t *testing.T) {
	t.Parallel()
	script := func(name string) string {
		return version(name) + `
			for (const type of ["install", "activate"]) addEventListener(type, (event) => {
				console.log("` + name + `", event.type, event.constructor.name, "begins");
				event.waitUntil(new Promise((done) => setTimeout(done, 5)).then(() => console.log("` + name + `", event.type, "ends")));
			});
			addEventListener("websocketmessage", (event) => { if (event.data === "die") for (;;); });`
	}
	a := serve(t, script("v1"), worker.Options{Workers: 3, SleepAfter: 20 * time.Millisecond, EventTimeout: loopTimeout})
	c := a.connect()
	for i := range 3 {
		a.state(i, "asleep")
	}
	c.send("hello") // this wakes the worker
	c.want("v1 hello v1")
	c.send("die")
	c.want("v1 die v1,v1")
	a.log.line(t, "worker replaced")
	a.reload(script("v2"))
	c.send("hello")
	c.want("v2 hello v1,v2")
	want := ""
	for _, name := range []string{"v1", "v2"} {
		for _, kind := range []string{"install", "activate"} {
			want += name + " " + kind + " ExtendableEvent begins\n" + name + " " + kind + " ends\n"
		}
	}
	if got := strings.ReplaceAll(a.stdout.String(), "[worker 0] ", ""); got != want {
		t.Errorf("each version is installed and then activated, once; got\n%s", got)
	}
}

func TestAutoResponseOfVersions(t *testing.T) {
	t.Parallel()
	t.Run("a reload replaces the automatic response", func(t *testing.T) {
		t.Parallel()
		a := serve(t, version("v1")+`setWebSocketAutoResponse("ping", "pong of v1");`, worker.Options{Workers: 2})
		c := a.connect()
		c.send("ping")
		c.want("pong of v1")
		if err := a.rewrite(`setWebSocketAutoResponse("ping", "pong of none"); throw new Error("broken");`); err == nil {
			t.Error("a broken version is refused")
		}
		c.send("ping")
		c.want("pong of v1")
		a.reload(version("v2") + `setWebSocketAutoResponse("ping", "pong of v2");`)
		c.send("ping")
		c.want("pong of v2")
		a.reload(version("v3"))
		c.send("ping")
		c.want("v3 ping v3")
	})
	t.Run("a replaced version does not change the automatic response", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => event.respondWith(new Promise((done) => {
				console.log("begun");
				const timer = setInterval(() => {
					if (clients.count() === 0) return;
					clearInterval(timer);
					setWebSocketAutoResponse("ping", "pong of v1");
					done(new Response("set by v1"));
				}, 1);
			})));`, worker.Options{})
		done := make(chan answer)
		go func() { done <- a.do("GET", "/", "") }()
		a.stdout.line(t, "begun")
		a.reload(version("v2") + `setWebSocketAutoResponse("ping", "pong of v2");`)
		c := a.connect()
		if got := <-done; got.body != "set by v1" {
			t.Errorf("the old version finishes its request; got %q", got.body)
		}
		c.send("ping")
		c.want("pong of v2")
	})
}

func TestAppReloadReadsImportsAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeIn(t, folder, "greeting.ts", `export const greeting: string = "hello";`)
	a := serveFile(t, writeIn(t, folder, "app.js", `
		import { greeting } from "./greeting";
		addEventListener("fetch", (event) => event.respondWith(new Response(greeting)));`), worker.Options{})
	a.get("/", 200, "hello")
	writeIn(t, folder, "greeting.ts", `export const greeting: string = "good evening";`)
	a.get("/", 200, "hello")
	if err := a.Reload(); err != nil {
		t.Fatal(err)
	}
	a.get("/", 200, "good evening")
	files := a.Files()
	if len(files) != 2 || filepath.Base(files[0]) != "app.js" || filepath.Base(files[1]) != "greeting.ts" || !filepath.IsAbs(files[1]) {
		t.Errorf("the files of the application are the script and its imports; got %v", files)
	}
}
