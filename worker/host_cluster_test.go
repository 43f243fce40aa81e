package worker_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker"
)

// serveConsoles serves a console on each node of a cluster in memory.
func serveConsoles(t *testing.T, accept string, names ...string) []*testApp {
	t.Helper()
	cluster := memcluster.New()
	var apps []*testApp
	for _, name := range names {
		member := cluster.Join(name)
		t.Cleanup(member.Leave)
		apps = append(apps, serveOn(t, accept, worker.Options{Server: linger.Options{Cluster: member}}))
	}
	return apps
}

func TestClientsOfOtherNodes(t *testing.T) {
	t.Parallel()
	apps := serveConsoles(t, introduced, "a", "b")
	c, other := apps[0].connect(), apps[1].connect()
	id, otherID := c.firstText(), other.firstText()
	c.eval(`const conn = await clients.get("`+otherID+`");
		conn.send("hello"); conn.subscribe("mine"); conn.data = { n: conn.data.n + 1 };
		return [conn instanceof WebSocketConnection, conn.id, conn.url, conn.protocol, conn.remoteAddress, conn.headers.get("host"), conn.readyState, conn.bufferedAmount, conn.data.n]`,
		`[true,"`+otherID+`","http://linger.test/chat?room=1","","127.0.0.1","linger.test",1,0,1]`)
	other.want("hello")
	other.eval(`return [source.data.n, clients.count({ channel: "mine" })]`, `[1,1]`)
	c.eval(`const conn = await clients.get("`+otherID+`"); conn.unsubscribe("mine"); return [conn.data.n, await clients.countAll({ channel: "mine" })]`,
		`[1,{"count":0,"missing":[]}]`)
	c.eval(`return clients.publish("room", "not for b", { except: await clients.get("`+otherID+`") })`, "not for b", "1")
	c.eval(`return clients.publish("room", "for all")`, "for all", "1")
	other.want("for all")
	c.eval(`return [clients.count(), await clients.countAll(), await clients.countAll({ channel: "room" })]`,
		`[1,{"count":2,"missing":[]},{"count":2,"missing":[]}]`)
	both := []string{id, otherID}
	slices.Sort(both)
	c.eval(`const list = async (options) => {
			const ids = [];
			let cursor;
			do {
				const page = await clients.matchAll({ type: "websocket", ...options, cursor });
				ids.push(...page.map((conn) => conn.id));
				({ cursor } = page);
			} while (cursor);
			return ids.join();
		};
		return [await list(), await list({ limit: 1 }), await list({ channel: "empty" })]`,
		`["`+strings.Join(both, ",")+`","`+strings.Join(both, ",")+`",""]`)
	c.eval(`return [await clients.matchAll({ type: "websocket", cursor: "x" }).catch((e) => e.name), await clients.matchAll({ type: "all", limit: 0 }).catch((e) => e.name),
		await clients.get("a.never"), await clients.get("b.never"), await clients.get("x.never").catch((e) => e.name), await clients.presence("").catch((e) => e.name)]`,
		`["RangeError","RangeError",null,null,"NetworkError","RangeError"]`)
	c.eval(`const conn = await clients.get("`+otherID+`"); conn.close(4001, "from outside"); return "closing"`, "closing")
	other.want("closed 4001 from outside")
	apps[1].until("the connection is removed", func() bool { return apps[1].Server().Count() == 0 })
	c.eval(`return [await clients.get("`+otherID+`")].join()`, "")
}

// Each client gets what the listeners of all nodes publish about a change once.
func TestPresenceOfAllNodes(t *testing.T) {
	t.Parallel()
	apps := serveConsoles(t, introduced+`}); addEventListener("websocketpresence", (event) => {
		const names = (list) => list.map(({ data, node }) => (data?.name ?? data) + "@" + node).join();
		event.publish(event.channel + " +" + names(event.joined) + " -" + names(event.left));`, "a", "b")
	c, other := apps[0].connect(), apps[1].connect()
	_, otherID := c.firstText(), other.firstText()
	c.eval(`await clients.presence("room"); return "ready"`, "ready")
	other.eval(`await clients.presence("room"); return "ready"`, "ready")
	c.eval(`source.subscribe("room", { presence: { name: "Ada" } });`)
	c.want("room +Ada@a -")
	other.want("room +Ada@a -")
	c.eval(`(await clients.get("` + otherID + `")).subscribe("room", { presence: "Bob" });`)
	c.want("room +Bob@b -")
	other.want("room +Bob@b -")
	c.eval(`const list = await clients.presence("room"); return [list.map(({ data, node }) => [node, data]), list.missing]`,
		`[[["a",{"name":"Ada"}],["b","Bob"]],[]]`)
	other.eval(`source.subscribe("room", { presence: "Eve" }); source.subscribe("room")`)
	c.want("room +Eve@b -")
	other.want("room +Eve@b -")
	c.eval(`source.unsubscribe("room");`)
	other.want("room + -Ada@a")
	other.eval(`return [attempt(() => source.subscribe("room", { presence: "x".repeat(1024) })), attempt(() => source.subscribe("", { presence: 1 }))]`,
		`["DataCloneError!","RangeError"]`)
}

func TestPresenceAlone(t *testing.T) {
	t.Parallel()
	a := serveOn(t, introduced, worker.Options{})
	c := a.connect()
	id := c.firstText()
	c.eval(`source.subscribe("here", { presence: null }); return [await clients.presence("here"), (await clients.presence("none")).missing]`,
		`[[{"id":"`+id+`","node":"`+a.Server().Node()+`","data":null}],[]]`)
	c.eval(`const page = await clients.matchAll({ type: "websocket", limit: 5 }); return [page.length, page.cursor, page.missing, page[0].id === source.id]`, `[1,null,[],true]`)
}
