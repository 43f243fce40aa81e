package worker_test

import (
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
)

// chatNodes serves chatScript on three nodes, and returns a client of the object "one" on each, and the index of the node that has the object.
func chatNodes(t *testing.T) (c *memcluster.Cluster, nodes []*nodeApp, clients []*client, owner int) {
	t.Helper()
	c, nodes = serveNodes(t, chatScript, chatOptions)
	for i, n := range nodes {
		clients = append(clients, n.connectTo("/one?name="+string(rune('a'+i))+"&tag=all"))
		clients[i].send("=ctx.getWebSockets('all').length")
		clients[i].want(itoa(i + 1))
	}
	owner = -1
	for i, n := range nodes {
		if n.stdout.count("constructed one") > 0 {
			if owner >= 0 {
				t.Errorf("one node has the object; got %d and %d", owner, i)
			}
			owner = i
		}
	}
	return c, nodes, clients, owner
}

func TestClusterObjectWebSocket(t *testing.T) {
	embeddedOnly(t, fakeTime)
	t.Run("all nodes", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			_, _, clients, _ := chatNodes(t)
			for i, c := range clients {
				c.send("=void ctx.getWebSockets().forEach((one) => one.send('from ' + ws.deserializeAttachment().name))")
				for _, other := range clients {
					other.want("from " + string(rune('a'+i)))
				}
			}
			clients[0].close(4001, "bye")
			clients[0].want("closed 4001 bye")
			clients[1].send("=ctx.getWebSockets().length")
			clients[1].want("2")
		})
	})
	t.Run("a script talks with the object", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			_, nodes := serveNodes(t, offerScript(`
				const ws = await open(env);
				ws.accept();
				ws.send("a");
				const { data } = await next(ws, "message");
				ws.send("close");
				const { code, reason, wasClean } = await next(ws, "close");
				return Response.json([data, code, reason, wasClean]);`), offerOptions)
			for _, n := range nodes {
				n.get("/", 200, `["echo a",4002,"object",true]`)
			}
		})
	})
	t.Run("the owner is shut down", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			_, nodes, clients, owner := chatNodes(t)
			a, b := clients[(owner+1)%3], clients[(owner+2)%3]
			for i := range 100 {
				a.send(itoa(i))
				if i == 50 {
					go func() { _ = nodes[owner].Shutdown(t.Context()) }()
				}
			}
			for i := range 100 {
				a.want(itoa(i))
			}
			clients[owner].want("closed 1001 server shutting down")
			time.Sleep(time.Minute)
			b.send("=[ws.deserializeAttachment().name, ctx.getWebSockets('all').length].join(' ')")
			b.want(string(rune('a'+(owner+2)%3)) + " 2")
		})
	})
	t.Run("the owner is lost", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			c, nodes, clients, owner := chatNodes(t)
			a, b := clients[(owner+1)%3], clients[(owner+2)%3]
			c.CutStore(nodes[owner].node.Node(), true)
			nodes[owner].node.Leave()
			began := time.Now()
			a.send("1")
			b.send("2")
			a.want("1")
			b.want("2")
			if took := time.Since(began); took > 40*time.Second {
				t.Errorf("the next owner gets the WebSockets within 40 s; it took %v", took)
			}
			clients[owner].want("closed 1013 the object is not available")
		})
	})
}
