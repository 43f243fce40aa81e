package worker_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// firstText waits for the first text that a client receives: its id, if the application sends it.
func (c *client) firstText() string {
	c.t.Helper()
	got, err := c.next()
	if err != nil {
		c.t.Fatalf("the client receives a text; got %v", err)
	}
	return got
}

// introduced is the body of an upgrade listener that accepts and sends the connection's id.
const introduced = `const conn = event.accept({ data: { n: 0 } }); conn.subscribe("room"); conn.send(conn.id);`

func TestClientsGetReachesConnectionsOfEveryWorker(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{Workers: 2})
	c, other := a.connect(), a.connect()
	id, otherID := c.firstText(), other.firstText()
	c.eval(`const conn = await clients.get("`+otherID+`");
		conn.send("hello"); conn.data = { n: conn.data.n + 1 };
		return [conn instanceof WebSocketConnection, conn === source, conn.id, conn.url, conn.readyState, conn.data.n]`,
		`[true,false,"`+otherID+`","http://linger.test/chat?room=1",1,1]`)
	other.want("hello")
	other.eval(`return source.data`, `{"n":1}`)
	c.eval(`const conn = await clients.get("`+otherID+`"); conn.close(4001, "from outside"); return "closing"`, "closing")
	other.want("closed 4001 from outside")
	a.until("the connection is removed", func() bool { return a.Server().Count() == 1 })
	c.eval(`return [await clients.get("`+otherID+`"), await clients.get("never"), await clients.get(undefined)].join()`, ",,")
	c.eval(`return [(await clients.get("`+id+`")).id === source.id, clients instanceof Clients, attempt(() => new Clients())]`, `[true,true,"TypeError"]`)
	c.eval(`return clients.get().catch((e) => e.name)`, "TypeError")
}

// Events of the connection may change its data at any time, so an object from clients.get, which does not belong to one of
// them, keeps no copy of the data.
func TestClientsGetKeepsNoCopyOfData(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{})
	c, other := a.connect(), a.connect()
	_, otherID := c.firstText(), other.firstText()
	c.eval(`globalThis.kept = await clients.get("`+otherID+`"); kept.data.n = 7; return kept.data`, `{"n":0}`)
	other.eval(`source.data.n = 5; return "changed"`, "changed")
	c.eval(`return kept.data`, `{"n":5}`)
}

func TestClientsMatchAllListsWebSocketsOnRequestOnly(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{Workers: 2})
	c, other := a.connect(), a.connect()
	ids := []string{c.firstText(), other.firstText()}
	slices.Sort(ids)
	c.eval(`const ids = async (options) => (await clients.matchAll(options)).map((c) => c.id).sort();
		source.subscribe("mine");
		return [await ids({ type: "websocket" }), await ids({ type: "all" }), await ids({ type: "websocket", channel: "room" })].map(String)`,
		`["`+strings.Repeat(strings.Join(ids, ",")+`","`, 2)+strings.Join(ids, ",")+`"]`)
	c.eval(`const all = [await clients.matchAll(), await clients.matchAll({}), await clients.matchAll({ type: "window" }),
		await clients.matchAll({ type: "websocket", channel: "empty" }), await clients.matchAll({ type: "websocket", channel: "mine" })];
		return [all.map((a) => a.length), all[4][0].id === source.id]`, `[[0,0,0,0,1],true]`)
	c.eval(`return [clients.count(), clients.count({ channel: "room" }), clients.count({ channel: "mine" }), clients.count({ channel: "empty" })]`, `[2,2,1,0]`)
}

func TestClientsPublishExcept(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{Workers: 2})
	c, other, third := a.connect(), a.connect(), a.connect()
	_, otherID, _ := c.firstText(), other.firstText(), third.firstText()
	c.eval(`return clients.publish("room", "to all")`, "to all", "3")
	c.eval(`return clients.publish("room", "to others", { except: source })`, "2")
	c.eval(`return clients.publish("room", new Uint8Array([1, 2]).subarray(1), { except: [source, await clients.get("`+otherID+`")] })`, "1")
	c.eval(`return clients.publish("room", new ArrayBuffer(1), { except: [] })`, "bytes [0]", "3")
	c.eval(`return [clients.publish("empty", "x"), clients.publish("room", "a\ud800", {except: source})]`, `[0,2]`)
	other.want("to all", "to others", "bytes [0]", "a\uFFFD")
	third.want("to all", "to others", "bytes [2]", "bytes [0]", "a\uFFFD")
	c.eval(`return [attempt(() => clients.publish("", "x")), attempt(() => clients.publish("x".repeat(257), "x")), attempt(() => clients.publish("room", {})),
		attempt(() => clients.publish("room")), attempt(() => clients.publish("room", "x", { except: "`+otherID+`" }))]`,
		`["RangeError","RangeError","TypeError","TypeError","TypeError"]`)
}

func TestAutoResponseNeedsNoEvent(t *testing.T) {
	t.Parallel()
	a := serveOn(t, `event.accept();`, worker.Options{Workers: 2})
	c, other := a.connect(), a.connect()
	c.eval(`setWebSocketAutoResponse("return 1", "two"); return "set"`, "set")
	before := a.Workers()
	for _, each := range []*client{c, other} {
		each.eval(`return 1`, "two")
		each.eval(`return 1 `, "1") // not exactly the request
		each.sendBytes([]byte(`return 2`)...)
		each.want("2")
	}
	for i, w := range a.Workers() {
		if w.Events != before[i].Events+2 {
			t.Errorf("an automatic response does not count as an event; got %+v, before %+v", w, before[i])
		}
	}
	c.eval(`return [attempt(() => setWebSocketAutoResponse("x".repeat(2049), "")), attempt(() => setWebSocketAutoResponse("x", "x".repeat(2049)))]`, `["RangeError","RangeError"]`)
	c.eval(`return 1`, "two") // a refused value changes nothing
	c.eval(`setWebSocketAutoResponse("é\ud800", "never"); return 2`, "2")
	c.eval(`setWebSocketAutoResponse(); return "unset"`, "unset")
	c.eval(`return 1`, "1")
}

func TestDrainEventAfterAFullSendQueue(t *testing.T) {
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
	if n := len(c.received); n != 0 {
		t.Errorf("there is one drain event for each time the queue has emptied; got %d more", n)
	}
}
