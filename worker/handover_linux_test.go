package worker_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// handingOver is a hand-over from one application to another one in this process.
type handingOver struct {
	from, to *testApp
	ended    chan struct{} // closed when Handover has returned
	report   linger.HandoverReport
	err      error
}

// newLink returns both ends of a link.
func newLink(t testing.TB) (ours, theirs *net.UnixConn) {
	t.Helper()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ends := [2]*net.UnixConn{}
	for i, fd := range pair {
		file := os.NewFile(uintptr(fd), "link")
		conn, err := net.FileConn(file)
		_ = file.Close()
		if err != nil {
			t.Fatal(err)
		}
		ends[i], _ = conn.(*net.UnixConn)
	}
	return ends[0], ends[1]
}

// successor loads a script, in place of that of the application, as the new process of a hand-over does, and serves it on a port of its own.
func (a *testApp) successor(script string, opts worker.Options) *testApp {
	a.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	path := writeIn(a.t, mkdir(a.t, filepath.Dir(a.path), "next"), filepath.Base(a.path), script)
	dial := func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
	return serveLoaded(a.t, l, dial, path, opts, worker.LoadForHandover)
}

// handOver begins a hand-over, and returns when the new application serves.
func (a *testApp) handOver(to *testApp, give linger.HandoverOptions, take linger.ReceiveOptions) *handingOver {
	a.t.Helper()
	h := &handingOver{from: a, to: to, ended: make(chan struct{})}
	ours, theirs := newLink(a.t)
	go func() {
		defer close(h.ended)
		h.report, h.err = a.Handover(context.Background(), ours, give)
	}()
	if err := to.Receive(a.t.Context(), theirs, take); err != nil {
		<-h.ended
		a.t.Fatalf("the new application takes over; Receive returned %v, and Handover %v", err, h.err)
	}
	return h
}

// end waits for the end of the hand-over.
func (h *handingOver) end() linger.HandoverReport {
	h.from.t.Helper()
	within(h.from.t, "the hand-over ends", func() { <-h.ended })
	if h.err != nil || !h.report.Committed {
		h.from.t.Fatalf("the hand-over is complete; got %+v with error %v", h.report, h.err)
	}
	return h.report
}

// functional returns an application with the functional events, whose answers have its version.
func functional(version string) string {
	return `
		let release;
		const released = new Promise((done) => (release = done));
		addEventListener("fetch", (event) => {
			release();
			event.respondWith(new Response("released"));
		});
		addEventListener("websocketupgrade", (event) => {
			const tied = event.request.url.endsWith("/tied");
			const conn = event.accept({ data: { count: 0 }, ...(tied ? { reload: "close" } : {}) });
			conn.subscribe("news");
			conn.send("hello from ` + version + `");
		});
		addEventListener("websocketmessage", async ({ source, data }) => {
			if (data === "slow") {
				console.log("slow begins");
				await released;
			}
			if (data === "news") return clients.publish("news", "news of " + source.data.count);
			source.data = { count: source.data.count + 1 };
			source.send([data, source.data.count, "` + version + `"].join(" "));
		});
		addEventListener("websocketclose", ({ code }) => console.log("closed", code));`
}

func TestHandoverOfFunctionalConnections(t *testing.T) {
	t.Parallel()
	a := serve(t, functional("v1"), worker.Options{})
	c, other, tied, slow := a.connect(), a.connect(), a.connectTo("/tied"), a.connect()
	for _, each := range []*client{c, other, tied, slow} {
		each.want("hello from v1")
	}
	c.send("a", "b")
	c.want("a 1 v1", "b 2 v1")
	slow.send("slow")
	a.stdout.line(t, "slow begins")
	slow.send("next")
	if m := a.Movable(); m.Move != 3 || len(m.Close) != 1 {
		t.Errorf("three connections would move, and one be closed; got %+v", m)
	}
	b := a.successor(functional("v2"), worker.Options{Workers: 2})
	h := a.handOver(b, linger.HandoverOptions{}, linger.ReceiveOptions{})
	tied.want("closed 1012 service restart")
	c.send("c")
	c.want("c 3 v2")
	c.send("news")
	for _, each := range []*client{c, other, slow} { // that of slow is sent by the old application
		each.want("news of 3")
	}
	b.connect().want("hello from v2")
	a.get("/", 200, "released")
	slow.want("slow 1 v1", "next 2 v2")
	if report := h.end(); report.Moved != 3 {
		t.Errorf("three connections have moved; got %+v", report)
	}
	if err := a.Reload(); !errors.Is(err, worker.ErrHandingOver) {
		t.Errorf("an application that was handed over cannot be loaded again; got %v", err)
	}
	c.close(4001, "bye")
	c.want("closed 4001 bye")
	b.stdout.line(t, "closed 4001")
	a.log.never(t, "level=ERROR")
}

func TestHandoverOfHibernatableWebSockets(t *testing.T) {
	t.Parallel()
	opts := chatOptions
	opts.Data = t.TempDir()
	a := serve(t, chatScript, opts)
	var crowd []*client
	for _, name := range []string{"a", "b", "c", "d"} {
		crowd = append(crowd, a.connectTo("/one?tag=x&tag="+name+"&name="+name))
	}
	crowd[0].send("=ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong')), 'set'")
	crowd[0].want("set")
	crowd[0].send(
		"ping", "=ctx.setHibernatableWebSocketEventTimeout(1234)", "=ctx.storage.put('key', new Map([['a', 1]]))", "stored",
		"=room.timer = setInterval(() => {}, 1000), 'timer'",
	)
	crowd[0].want("pong", "stored", "timer")
	plain := a.connectTo("/one?plain")
	plain.send("hello")
	plain.want("plain hello")

	b := a.successor(chatScript, opts)
	h := a.handOver(b, linger.HandoverOptions{}, linger.ReceiveOptions{})
	plain.want("closed 1012 service restart")
	if report := h.end(); report.Moved != len(crowd) {
		t.Errorf("%d connections have moved; got %+v", len(crowd), report)
	}
	crowd[0].send(
		"ping", "=ctx.getWebSocketAutoResponseTimestamp(ws).constructor.name", "=ctx.getHibernatableWebSocketEventTimeout()",
		"=ctx.storage.get('key').then((map) => map.get('a'))", "=ctx.getTags(ws)", "=room.timer",
		"=ctx.getWebSockets('x').map((one) => one.deserializeAttachment().name)", "=ctx.getWebSockets().length",
	)
	crowd[0].want("pong", "Date", "1234", "1", "x,a", "a,b,c,d", "4")
	crowd[3].send("=ctx.getWebSockets('a')[0].send('from d')")
	crowd[0].want("from d")
	later := b.connectTo("/one?tag=x&name=e")
	later.send("=ctx.getWebSockets('x').map((one) => one.deserializeAttachment().name)")
	later.want("a,b,c,d,e")
	crowd[1].close(4001, "bye")
	crowd[1].want("closed 4001 bye")
	b.stdout.line(t, `close [4001,"bye",true] 2 b`)
	if n := b.stdout.count("constructed one"); n != 1 {
		t.Errorf("the new application constructs the object once; got %d", n)
	}
	a.log.never(t, "level=ERROR")
	b.log.never(t, "level=ERROR")
}

func TestHandoverOfAlarms(t *testing.T) {
	t.Parallel()
	opts := storageOptions(t.TempDir())
	a := serve(t, roomOf(countingRoom), opts)
	a.get("/one/wake/200", 200, "true")
	b := a.successor(roomOf(countingRoom), opts)
	alarmIsDue := func(context.Context) error {
		time.Sleep(300 * time.Millisecond)
		return nil
	}
	a.handOver(b, linger.HandoverOptions{Yield: alarmIsDue}, linger.ReceiveOptions{}).end()
	b.until("the new application delivers the alarm", func() bool { return a.stdout.count("alarm of one")+b.stdout.count("alarm of one") > 0 })
	b.get("/one/count", 200, "1")
	b.get("/one/alarms", 200, "[1,null]")
}

func TestHandoverOfStorage(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	signal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer signal.Close()
	script := `
		import { env } from "linger";
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", async ({ source, data }) => {
			const [what, key, value] = data.split(" ");
			try {
				if (what === "late") {
					console.log("late begins");
					await fetch("` + signal.URL + `");
				}
				if (what === "put") await env.KV.put(key, value);
				source.send(await env.KV.get(key));
			} catch (error) {
				source.send(error.name + ": " + error.message);
			}
		});
		addEventListener("fetch", (event) => event.respondWith(env.KV.get("key").then((value) => new Response(value))));`
	opts := worker.Options{Data: t.TempDir(), Bindings: worker.Bindings{KV: []worker.KVNamespace{{Name: "KV"}}}}
	a := serve(t, script, opts)
	c, late := a.connect(), a.connect()
	c.send("put key value")
	c.want("value")
	late.send("late key")
	a.stdout.line(t, "late begins")
	late.send("get key")
	b := a.successor(script, opts)
	held := make(chan answer, 1)
	request := func(context.Context) error {
		go func() { held <- a.do("GET", "/", "") }()
		c.send("put key changed")
		return nil
	}
	h := a.handOver(b, linger.HandoverOptions{Yield: request}, linger.ReceiveOptions{})
	c.want("changed")
	if got := <-held; got.StatusCode != 503 || got.Header.Get("Retry-After") != "1" {
		t.Errorf("a request that comes to the old process meanwhile is refused, to be sent again; got %d %v", got.StatusCode, got.Header)
	}
	close(release)
	late.want("Error: The storage has moved to the new process of an upgrade, and this event was still in progress in the old one: send the request again.", "changed")
	h.end()
	b.get("/", 200, "changed")
}

func TestHandoverResetsObjectsThatAreBusy(t *testing.T) {
	t.Parallel()
	opts := chatOptions
	opts.Data = t.TempDir()
	a := serve(t, chatScript, opts)
	busy, quick := a.connectTo("/busy?name=busy"), a.connectTo("/quick?name=quick")
	busy.send("=console.log('busy begins'), new Promise(() => {})", "=ctx.getTags(ws).length")
	quick.send("=ctx.storage.put('key', 1), new Promise((done) => setTimeout(done, 500)).then(() => 'done')", "=ctx.storage.get('key')")
	a.stdout.line(t, "busy begins")
	b := a.successor(chatScript, opts)
	h := a.handOver(b, linger.HandoverOptions{}, linger.ReceiveOptions{})
	quick.want("1", "done")
	busy.want("0")
	busy.send("=1 + 1")
	busy.want("2")
	h.end()
	a.log.line(t, "Durable Object reset because it moves to a new process.")
}

func TestHandoverDeliversTheEndOfConnections(t *testing.T) {
	t.Parallel()
	opts := chatOptions
	opts.Data = t.TempDir()
	a := serve(t, chatScript, opts)
	gone, c := a.connectTo("/one?name=gone&tag=x"), a.connectTo("/one?name=c&tag=x")
	b := a.successor(chatScript, opts)
	whenFrozen := func(phase string, _ int) {
		if phase == "freeze" { // the objects are at rest
			gone.conn.CloseNow()
			a.log.line(t, "connection ended")
		}
	}
	a.handOver(b, linger.HandoverOptions{Progress: whenFrozen}, linger.ReceiveOptions{}).end()
	b.stdout.line(t, `close [1006,"WebSocket disconnected without sending Close frame.",false] 2 gone`)
	c.send("=ctx.getWebSockets('x').map((one) => one.deserializeAttachment().name)")
	c.want("c")
	if n := a.stdout.count("close ["); n != 0 {
		t.Errorf("the close event is handled once; got %s", a.stdout)
	}
}

func TestHandoverFails(t *testing.T) {
	t.Parallel()
	opts := chatOptions
	opts.Data = t.TempDir()
	for name, take := range map[string]linger.ReceiveOptions{
		"before the new process has the storage": {State: func([]byte) error { return errors.New("no") }},
		"when it has to take the storage":        {Take: func(context.Context) error { return errors.New("no") }},
	} {
		t.Run(name, func(t *testing.T) {
			opts := opts
			opts.Data = t.TempDir()
			a := serve(t, chatScript, opts)
			c := a.connectTo("/one?name=c&tag=x")
			c.send("=ctx.storage.put('key', 41)", "stored")
			c.want("stored")
			b := a.successor(chatScript, opts)
			ours, theirs := newLink(t)
			failed := make(chan error, 1)
			go func() { failed <- b.Receive(t.Context(), theirs, take) }()
			report, err := a.Handover(t.Context(), ours, linger.HandoverOptions{})
			if err == nil || report.Committed {
				t.Fatalf("the hand-over fails; got %+v", report)
			}
			if err := <-failed; err == nil {
				t.Error("Receive fails too")
			}
			c.send("=ctx.storage.get('key')", "=ctx.getTags(ws)")
			c.want("41", "x")
			if err := a.Reload(); err != nil {
				t.Errorf("the application can be loaded again; got %v", err)
			}
			c.send("=ctx.storage.get('key')")
			c.want("41")
		})
	}
	t.Run("data in a temporary directory cannot be handed over", func(t *testing.T) {
		a := serve(t, chatScript, chatOptions)
		ours, theirs := newLink(t)
		defer func() { _ = theirs.Close() }()
		if _, err := a.Handover(t.Context(), ours, linger.HandoverOptions{}); err == nil || !strings.Contains(err.Error(), "set Options.Data") {
			t.Errorf("the error says what to do; got %v", err)
		}
	})
}
