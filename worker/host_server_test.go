package worker_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// first waits for a client's first text: its id, where the application sends it.
func (c *client) first() string {
	c.t.Helper()
	got, err := c.next()
	if err != nil {
		c.t.Fatalf("the client hears something; got %v", err)
	}
	return got
}

const introduced = `const conn = event.accept({ data: { n: 0 } }); conn.subscribe("room"); conn.send(conn.id);`

func TestClientsReachesConnectionsOfEveryWorker(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{Workers: 2})
	c, other := a.connect(), a.connect()
	id, otherID := c.first(), other.first()
	c.says(`const conn = await clients.get("`+otherID+`");
		conn.send("hello"); conn.data = { n: conn.data.n + 1 };
		return [conn instanceof WebSocketConnection, conn === source, conn.id, conn.url, conn.readyState, conn.data.n]`,
		`[true,false,"`+otherID+`","http://linger.test/chat?room=1",1,1]`)
	other.want("hello")
	other.says(`return source.data`, `{"n":1}`)
	c.says(`const conn = await clients.get("`+otherID+`"); conn.close(4001, "from outside"); return "asked"`, "asked")
	other.want("closed 4001 from outside")
	a.until("the connection has left", func() bool { return a.Server().Count() == 1 })
	c.says(`return [await clients.get("`+otherID+`"), await clients.get("never"), await clients.get(undefined)].join()`, ",,")
	c.says(`return [(await clients.get("`+id+`")).id === source.id, clients instanceof Clients, attempt(() => new Clients())]`, `[true,true,"TypeError"]`)
	c.says(`return clients.get().catch((e) => e.name)`, "TypeError")
}

// Others may change the data at any time, so a handle that belongs to no event of the
// connection keeps nothing of it.
func TestAHandleFromClientsKeepsNoDataOfItsOwn(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{})
	c, other := a.connect(), a.connect()
	_, otherID := c.first(), other.first()
	c.says(`globalThis.kept = await clients.get("`+otherID+`"); kept.data.n = 7; return kept.data`, `{"n":0}`)
	other.says(`source.data.n = 5; return "changed"`, "changed")
	c.says(`return kept.data`, `{"n":5}`)
}

func TestMatchAllListsWebSocketsOnlyWhenAskedTo(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{Workers: 2})
	c, other := a.connect(), a.connect()
	ids := []string{c.first(), other.first()}
	slices.Sort(ids)
	c.says(`const ids = async (options) => (await clients.matchAll(options)).map((c) => c.id).sort();
		source.subscribe("mine");
		return [await ids({ type: "websocket" }), await ids({ type: "all" }), await ids({ type: "websocket", channel: "room" })].map(String)`,
		`["`+strings.Repeat(strings.Join(ids, ",")+`","`, 2)+strings.Join(ids, ",")+`"]`)
	c.says(`const all = [await clients.matchAll(), await clients.matchAll({}), await clients.matchAll({ type: "window" }),
		await clients.matchAll({ type: "websocket", channel: "nobody" }), await clients.matchAll({ type: "websocket", channel: "mine" })];
		return [all.map((a) => a.length), all[4][0].id === source.id]`, `[[0,0,0,0,1],true]`)
	c.says(`return [clients.count(), clients.count({ channel: "room" }), clients.count({ channel: "mine" }), clients.count({ channel: "nobody" })]`, `[2,2,1,0]`)
}

func TestPublishLeavesOutWhomItIsTold(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{Workers: 2})
	c, other, third := a.connect(), a.connect(), a.connect()
	_, otherID, _ := c.first(), other.first(), third.first()
	c.says(`return clients.publish("room", "to all")`, "to all", "3")
	c.says(`return clients.publish("room", "to others", { except: source })`, "2")
	c.says(`return clients.publish("room", new Uint8Array([1, 2]).subarray(1), { except: [source, await clients.get("`+otherID+`")] })`, "1")
	c.says(`return clients.publish("room", new ArrayBuffer(1), { except: [] })`, "bytes [0]", "3")
	c.says(`return [clients.publish("nobody", "x"), clients.publish("room", "a\ud800", {except: source})]`, `[0,2]`)
	other.want("to all", "to others", "bytes [0]", "a\uFFFD")
	third.want("to all", "to others", "bytes [2]", "bytes [0]", "a\uFFFD")
	c.says(`return [attempt(() => clients.publish("", "x")), attempt(() => clients.publish("x".repeat(257), "x")), attempt(() => clients.publish("room", {})),
		attempt(() => clients.publish("room")), attempt(() => clients.publish("room", "x", { except: "`+otherID+`" }))]`,
		`["RangeError","RangeError","TypeError","TypeError","TypeError"]`)
}

func TestTheAutomaticAnswerNeedsNoEvent(t *testing.T) {
	t.Parallel()
	a := serveOn(t, `event.accept();`, worker.Options{Workers: 2})
	c, other := a.connect(), a.connect()
	c.says(`setWebSocketAutoResponse("return 1", "two"); return "set"`, "set")
	before := a.Workers()
	for _, each := range []*client{c, other} {
		each.says(`return 1`, "two")
		each.says(`return 1 `, "1") // not exactly the request
		each.sendBytes([]byte(`return 2`)...)
		each.want("2")
	}
	for i, w := range a.Workers() {
		if w.Events != before[i].Events+2 {
			t.Errorf("an automatic answer is no event; got %+v, before %+v", w, before[i])
		}
	}
	c.says(`return [attempt(() => setWebSocketAutoResponse("x".repeat(2049), "")), attempt(() => setWebSocketAutoResponse("x", "x".repeat(2049)))]`, `["RangeError","RangeError"]`)
	c.says(`return 1`, "two") // what was refused changes nothing
	c.says(`setWebSocketAutoResponse("é\ud800", "never"); return 2`, "2")
	c.says(`setWebSocketAutoResponse(); return "unset"`, "unset")
	c.says(`return 1`, "1")
}

func TestADrainEventTellsThatThereIsRoomAgain(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const chunk = "x".repeat(1 << 19);
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", ({ source }) => {
			while (source.bufferedAmount < 1 << 24) source.send(chunk);
			for (let i = 0; i < 10; i++) source.send("dropped");
			console.log("full");
		});
		addEventListener("websocketdrain", async (event) => {
			await null;
			const { source, type, bubbles } = event;
			event.waitUntil(Promise.resolve());
			source.send([type, bubbles, source.bufferedAmount, source.readyState].join(" "));
		});`, worker.Options{Server: linger.Options{SendQueue: beyondKernel, Policy: linger.PolicyDrop}})
	c := a.connect()
	for round := range 2 {
		c.conn.Pause()
		c.send("fill")
		a.until("the queue is full", func() bool { return a.stdout.count("full") == round+1 })
		c.conn.Resume()
		c.wantLast("websocketdrain false 0 1")
	}
	if n := len(c.heard); n != 0 {
		t.Errorf("a queue that has emptied is told once; got %d more", n)
	}
}
