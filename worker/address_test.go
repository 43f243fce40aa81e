package worker_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// forged are forwarding fields that the client itself sends.
var forged = []string{"X-Forwarded-For: 9.9.9.9, 1.2.3.4", "CF-Connecting-IP: 5.6.7.8", "cf-connecting-ip: 5.6.7.9"}

// trusting has a server without trusted proxies and one that trusts its clients as proxies, with the remote address of each.
var trusting = map[string]struct {
	proxies []netip.Prefix
	want    string
}{
	"untrusted": {nil, "127.0.0.1"},
	"trusted":   {[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "1.2.3.4"},
}

func TestRemoteAddress(t *testing.T) {
	t.Parallel()
	for name, c := range trusting {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `
				const seen = (where) => [where.remoteAddress, (where.headers ?? where.request.headers).get("cf-connecting-ip")];
				addEventListener("fetch", (event) => event.respondWith(Response.json(seen(event))));
				addEventListener("websocketupgrade", (event) => {
					const conn = event.accept();
					conn.send(JSON.stringify([...seen(event), ...seen(conn)]));
				});
				addEventListener("websocketmessage", ({ source }) => source.send(JSON.stringify(seen(source))));
				addEventListener("websocketclose", async ({ source }) => {
					const now = seen(source);
					await null;
					console.log(JSON.stringify([...now, ...seen(source)]));
				});`, worker.Options{Server: linger.Options{TrustedProxies: c.proxies}})
			one := `"` + c.want + `"`
			twice := "[" + one + "," + one + "]"
			got := a.do("GET", "/", "", "X-Forwarded-For", "9.9.9.9, 1.2.3.4", "CF-Connecting-IP", "5.6.7.8")
			if got.body != twice {
				t.Errorf("the fetch event has the client's address, also as CF-Connecting-IP: %s; got %s", twice, got.body)
			}
			conn := a.connect(forged...)
			four := "[" + strings.Repeat(one+",", 3) + one + "]"
			conn.want(four)
			conn.send("again")
			conn.want(twice)
			conn.close(1000, "")
			a.stdout.line(t, four)
		})
	}
}

func TestConnectionHeadersSurviveReloadSleepAndCrash(t *testing.T) {
	t.Parallel()
	const script = `
		const text = (headers) => JSON.stringify([...headers].filter(([name]) => name !== "sec-websocket-key"));
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", ({ source, data }) => {
			if (data === "loop") for (;;);
			if (data === "change") {
				try { source.headers.set("a", "b"); } catch (error) { return source.send(error.name); }
			}
			source.send(text(source.headers) + " " + (source.headers === source.headers));
		});`
	a := serve(t, script, worker.Options{EventTimeout: loopTimeout, SleepAfter: time.Millisecond})
	c := a.connect("Cookie: a=1", "X-Empty:", "X-Two: one", "X-Two: two", "Origin: http://linger.test")
	want := `[["cf-connecting-ip","127.0.0.1"],["connection","Upgrade"],["cookie","a=1"],["host","linger.test"],["origin","http://linger.test"],` +
		`["sec-websocket-version","13"],["upgrade","websocket"],["x-empty",""],["x-two","one, two"]] true`
	c.send("first")
	c.want(want)
	c.send("change")
	c.want("TypeError")
	a.reload(script)
	c.send("after a reload")
	c.want(want)
	a.state(0, "asleep")
	c.send("after sleep")
	c.want(want)
	c.send("loop", "after a crash")
	c.want(want)
}

func TestConnectionHeadersAfterClose(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		let kept;
		addEventListener("websocketupgrade", (event) => { kept = event.accept(); });
		addEventListener("fetch", (event) => event.respondWith(Response.json([[...kept.headers], kept.remoteAddress])));`, worker.Options{})
	c := a.connect()
	c.close(1000, "")
	c.want("closed 1000")
	a.until("the connection is removed", func() bool { return a.Server().Count() == 0 })
	a.get("/", 200, `[[],""]`)
}

func TestRemoteAddressIsEmpty(t *testing.T) {
	t.Parallel()
	t.Run("of an event that a script creates", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => {
				const made = new FetchEvent("made", { request: event.request });
				event.respondWith(Response.json(made.remoteAddress));
			});`, worker.Options{})
		a.get("/", 200, `""`)
	})
	t.Run("of a peer without an address", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("fetch", (event) => event.respondWith(Response.json([event.remoteAddress, event.request.headers.has("cf-connecting-ip")])));`, worker.Options{})
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "@" // as net/http sets it for a Unix socket
		r.Header.Set("CF-Connecting-IP", "5.6.7.8")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if got := w.Body.String(); got != `["",false]` {
			t.Errorf(`a peer without an address has the remote address "", and its CF-Connecting-IP is removed; got %s`, got)
		}
	})
}
