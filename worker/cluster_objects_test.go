package worker_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker"
)

// nodeApp is an application on a node of a cluster in memory.
type nodeApp struct {
	*testApp
	node *memcluster.Node
}

// serveNode serves a script on a new node.
func serveNode(t testing.TB, c *memcluster.Cluster, name, script string, opts worker.Options) *nodeApp {
	t.Helper()
	node := c.Join(name)
	t.Cleanup(node.Leave)
	opts.Server.Cluster, opts.Vars = node, map[string]any{"NODE": name}
	opts.Shared = &worker.Shared{Store: node.Store(), Log: node.Store(), Durability: worker.Sync}
	return &nodeApp{serveInMemory(t, script, opts), node}
}

// serveNodes serves a script on three new nodes.
func serveNodes(t testing.TB, script string, opts worker.Options) (*memcluster.Cluster, []*nodeApp) {
	t.Helper()
	c := memcluster.New()
	var nodes []*nodeApp
	for _, name := range []string{"a", "b", "c"} {
		nodes = append(nodes, serveNode(t, c, name, script, opts))
	}
	return c, nodes
}

func TestClusterObject(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, nodes := serveNodes(t, rpcScript(`
			async count() { return (this.n = (this.n ?? 0) + 1); }
		`, `
			count: (room) => room.count(),
			inc: async (room, env, ctx, request) => env.ROOM.getByName(new URL(request.url).search).count(),
		`), rpcOptions(1))
		const calls = 30
		seen := map[string]bool{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range calls {
			all.Go(func() {
				got := nodes[i%3].do(http.MethodGet, "/count", "")
				mu.Lock()
				defer mu.Unlock()
				if seen[got.body] {
					t.Errorf("the answer %s was given twice", got.body)
				}
				seen[got.body] = true
			})
		}
		all.Wait()
		for i := range calls {
			if !seen[fmt.Sprint(i+1)] {
				t.Errorf("no call is answered with %d; the answers are %v", i+1, seen)
			}
		}
	})
}
