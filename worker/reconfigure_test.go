package worker_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// reconfigure reloads the application with other options, on its runtime, and fails the test if one of them cannot change.
func (a *testApp) reconfigure(opts worker.Options) {
	a.t.Helper()
	fixed, err := a.Reconfigure(onRuntime(a.t, opts))
	if err != nil || len(fixed) > 0 {
		a.t.Fatalf("the options can change; got %q, %v", fixed, err)
	}
}

// onRuntime returns options with the runtime under test, as load uses them.
func onRuntime(t testing.TB, opts worker.Options) worker.Options {
	t.Helper()
	opts.Runtime = runtimeOf(t, *runtimeName)
	return opts
}

func TestAppReconfigure(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => event.accept());
		addEventListener("websocketmessage", ({ source }) => source.send(env.NAME));
		addEventListener("fetch", (event) => event.respondWith(new Response(env.NAME)));`, worker.Options{Vars: map[string]any{"NAME": "one"}})
	c := a.connect()
	c.send("who?")
	c.want("one")

	a.reconfigure(worker.Options{
		Vars: map[string]any{"NAME": "two"}, MaxBody: 10,
		Server: linger.Options{MaxConnections: 1, Options: websocket.Options{MaxMessage: 20}},
	})
	c.send("who?")
	c.want("two")
	if got := a.do(http.MethodPost, "/", strings.Repeat("x", 11)); got.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body beyond the new MaxBody gets 413; got %d %s", got.StatusCode, got.body)
	}
	if got := a.Server().Options().MaxConnections; got != 1 {
		t.Errorf("the options of the server change too; got MaxConnections %d", got)
	}
	a.reload(`addEventListener("websocketupgrade", (event) => event.accept());
		addEventListener("websocketmessage", ({ source }) => source.send(env.NAME + " again"));`)
	c.send("who?")
	c.want("two again") // a reload keeps the options
}

func TestAppReconfigureEgress(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	server := otherServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "reached") })
	a := serve(t, fetching(server.URL, `fetch(base).then((r) => r.text(), () => "denied")`), worker.Options{})
	a.get("/", 200, "reached")
	deny, err := worker.ParseEgressRule("deny")
	if err != nil {
		t.Fatal(err)
	}
	a.reconfigure(worker.Options{Egress: []worker.EgressRule{deny}})
	a.get("/", 200, "denied") // although a connection to the server was open
}

func TestAppReconfigureFailure(t *testing.T) {
	t.Parallel()
	const script = `addEventListener("fetch", (event) => event.respondWith(new Response(env.NAME)));`
	a := serve(t, script, worker.Options{Vars: map[string]any{"NAME": "one"}})
	next := onRuntime(t, worker.Options{Vars: map[string]any{"NAME": "two"}, Server: linger.Options{MaxConnections: 7}})
	for what, change := range map[string]func() worker.Options{
		"an option that is wrong":         func() worker.Options { o := next; o.Crons = []string{"never"}; return o },
		"a variable that JSON cannot say": func() worker.Options { o := next; o.Vars = map[string]any{"F": func() {}}; return o },
		"a script that does not load":     func() worker.Options { writeIn(t, strings.TrimSuffix(a.path, "/app.js"), "app.js", "?"); return next },
	} {
		if _, err := a.Reconfigure(change()); err == nil {
			t.Errorf("%s is an error", what)
		}
		a.get("/", 200, "one")
		if got := a.Server().Options().MaxConnections; got == 7 {
			t.Errorf("after %s nothing has changed; got the new MaxConnections", what)
		}
	}
}

func TestAppReconfigureFixed(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => event.respondWith(new Response(env.NAME)));`, worker.Options{})
	next := worker.Options{
		Runtime: worker.Runtime{Name: "node", Path: "/another"}, Workers: 2, Data: "elsewhere", Server: linger.Options{Node: "other"},
		Bindings: worker.Bindings{KV: []worker.KVNamespace{{Name: "KV"}}}, Assets: worker.Assets{Directory: ".", Binding: "FILES"},
		Migrations: []worker.Migration{{Tag: "v1"}}, Vars: map[string]any{"NAME": "changed"},
	}
	fixed, err := a.Reconfigure(next)
	slices.Sort(fixed)
	if want := []string{"Assets.Binding", "Bindings", "Data", "Migrations", "Runtime", "Server.Node", "Workers"}; err != nil || !slices.Equal(fixed, want) {
		t.Errorf("what cannot change is named: %q; got %q, %v", want, fixed, err)
	}
	a.get("/", 200, "changed") // the rest has changed
	if n := len(a.Workers()); n != 1 {
		t.Errorf("there is still one worker; got %d", n)
	}
}

func TestAppReconfigureCrons(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, scheduledScript, worker.Options{Crons: []string{"0 * * * *", "30 * * * *"}, Vars: map[string]any{"NAME": "ann"}})
		time.Sleep(time.Hour + time.Second) // the time in a bubble begins at 2000-01-01 00:00 UTC
		a.reconfigure(worker.Options{Crons: []string{"0 * * * *", "45 * * * *"}, Vars: map[string]any{"NAME": "bob"}})
		time.Sleep(time.Hour)
		const want = "30 * * * * 2000-01-01T00:30:00.000Z ann\n0 * * * * 2000-01-01T01:00:00.000Z ann\n" +
			"45 * * * * 2000-01-01T01:45:00.000Z bob\n0 * * * * 2000-01-01T02:00:00.000Z bob\n"
		if got := a.stdout.String(); got != want {
			t.Errorf("the events are\n%s\ngot\n%s", want, got)
		}
	})
}

func TestAppReconfigureEventTimeout(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, `addEventListener("fetch", (event) => event.respondWith(new Promise(() => {})));`, worker.Options{EventTimeout: time.Second})
		a.reconfigure(worker.Options{EventTimeout: 10 * time.Second})
		began := time.Now()
		a.do(http.MethodGet, "/", "")
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("an event of the new version has the new timeout; it took %v", took)
		}
	})
}

func TestAppReconfigureMaxFetches(t *testing.T) {
	engineOnly(t, ownFetch)
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	server := otherServer(t, func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	a := serve(t, fetching(server.URL, `Promise.all([1, 2, 3].map(() => fetch(base))).then(() => "all")`), worker.Options{MaxFetches: 1})
	a.reconfigure(worker.Options{MaxFetches: 3})
	within(t, "as many fetches as the new option allows are in progress together", func() {
		go func() {
			for range 3 {
				<-arrived
			}
			close(release)
		}()
		a.get("/", 200, "all")
	})
}
