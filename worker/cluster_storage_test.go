package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker"
)

// countingScript has an object that counts in its storage.
var countingScript = rpcScript(`
	async count() {
		const n = (await this.ctx.storage.get("n") ?? 0) + 1;
		await this.ctx.storage.put("n", n);
		return n;
	}
`, `
	count: (room) => room.count(),
`)

// serveDurable serves a script on three new nodes whose objects wait for the log.
func serveDurable(t testing.TB, durability worker.Durability) (*memcluster.Cluster, []*nodeApp) {
	t.Helper()
	c := memcluster.New()
	var nodes []*nodeApp
	for _, name := range []string{"a", "b", "c"} {
		nodes = append(nodes, joinDurable(t, c, name, durability, rpcOptions(1)))
	}
	return c, nodes
}

// joinDurable serves the counting script on a new node.
func joinDurable(t testing.TB, c *memcluster.Cluster, name string, durability worker.Durability, opts worker.Options) *nodeApp {
	t.Helper()
	node := c.Join(name)
	t.Cleanup(node.Leave)
	opts.Server.Cluster = node
	opts.Shared = &worker.Shared{Store: node.Store(), Log: node.Store(), Durability: durability}
	return &nodeApp{serveInMemory(t, countingScript, opts), node}
}

// counted calls count on a node until it succeeds, and expects a result.
func (n *nodeApp) counted(want int) {
	n.t.Helper()
	n.get("/count", 200, fmt.Sprint(want))
}

// owner returns the node that has the only object.
func owner(t testing.TB, c *memcluster.Cluster, nodes []*nodeApp) *nodeApp {
	t.Helper()
	entries := c.Entries("object/")
	if len(entries) != 1 {
		t.Fatalf("%d objects have owners, expected 1", len(entries))
	}
	for _, n := range nodes {
		if wire.Lines(entries[0].Value)[0] == fmt.Sprintf("1 %q", n.node.Node()) {
			return n
		}
	}
	t.Fatalf("no node is named in %q", wire.Lines(entries[0].Value))
	return nil
}

// without returns the nodes but one.
func without(nodes []*nodeApp, one *nodeApp) (others []*nodeApp) {
	for _, n := range nodes {
		if n != one {
			others = append(others, n)
		}
	}
	return others
}

func TestClusterStorageFollowsItsObject(t *testing.T) {
	for name, durability := range map[string]worker.Durability{"async": worker.Async, "sync": worker.Sync} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c, nodes := serveDurable(t, durability)
				for i := range 9 {
					nodes[i%3].counted(i + 1)
				}
				first := owner(t, c, nodes)
				time.Sleep(time.Second) // for what is not in the log yet
				c.CutStore(first.node.Node(), true)
				first.node.Leave()
				nodes = without(nodes, first)
				time.Sleep(time.Minute) // the lease of the node lapses
				nodes[0].counted(10)
				nodes[1].counted(11)

				second := owner(t, c, nodes)
				if err := second.Shutdown(t.Context()); err != nil { // a planned move
					t.Fatal(err)
				}
				second.node.Leave()
				without(nodes, second)[0].counted(12)
			})
		})
	}
}

func TestClusterStorageSyncWaitsForTheLog(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c, nodes := serveDurable(t, worker.Sync)
		nodes[0].counted(1)
		first := owner(t, c, nodes)
		c.CutStore(first.node.Node(), true)
		answered := make(chan answer)
		go func() { answered <- first.do("GET", "/count", "") }()
		select {
		case got := <-answered:
			t.Errorf("the call is answered with %q, although the log does not have what it has written", got.body)
		case <-time.After(3 * time.Second):
		}
		c.CutStore(first.node.Node(), false)
		if got := <-answered; got.body != "2" {
			t.Errorf("the call is answered with %q when the log is back, expected 2", got.body)
		}
	})
}

// A migration that deletes a class does so on every node, also where its objects have never been.
func TestClusterStorageOfADeletedClass(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		a := joinDurable(t, c, "a", worker.Sync, rpcOptions(1))
		a.counted(1)
		a.counted(2)
		if err := a.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.node.Leave()
		opts := rpcOptions(1)
		b := joinDurable(t, c, "b", worker.Sync, opts)
		b.counted(3)
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.node.Leave()
		opts.Migrations = []worker.Migration{{Tag: "v1", New: []string{"Room"}}, {Tag: "v2", Deleted: []string{"Room"}}, {Tag: "v3", New: []string{"Room"}}}
		joinDurable(t, c, "c", worker.Sync, opts).counted(1)
	})
}

func TestClusterWarnsOfBindingsOfOneNode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts := rpcOptions(1)
		opts.Bindings.KV = []worker.KVNamespace{{Name: "KV", ID: "kv"}}
		opts.Bindings.D1 = []worker.D1Database{{Name: "DB", ID: "db"}}
		a := joinDurable(t, memcluster.New(), "a", worker.Async, opts)
		if log := a.log.String(); strings.Count(log, "each node has KV namespaces and D1 databases of its own") != 1 || !strings.Contains(log, `bindings="[KV DB]"`) {
			t.Errorf("the log has one warning about the KV namespace and the D1 database:\n%s", log)
		}
	})
}
