package worker_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker"
)

// The objects of a node stay there while its process is replaced, and calls from other nodes do not fail.
func TestClusterHandover(t *testing.T) {
	t.Parallel()
	c := memcluster.New()
	script := roomOf(`
		async add() { const n = ((await this.ctx.storage.get("n")) ?? 0) + 1; await this.ctx.storage.put("n", n); return n; }`)
	serveOn := func(node *memcluster.Node, serveScript func(opts worker.Options) *testApp) *testApp {
		t.Cleanup(node.Leave)
		opts := storageOptions(t.TempDir())
		opts.Server.Cluster = node
		opts.Shared = &worker.Shared{Store: node.Store(), Log: node.Store()}
		return serveScript(opts)
	}
	begin := func(opts worker.Options) *testApp { return serve(t, script, opts) }
	var data string
	a := serveOn(c.Join("a"), func(opts worker.Options) *testApp { data = opts.Data; return begin(opts) })
	b := serveOn(c.Join("b"), begin)
	const rooms = 8
	for i := range rooms {
		a.get(fmt.Sprintf("/r%d/add", i), 200, "1")
	}
	owners := ownersOf(c)
	if !strings.Contains(owners, "\na") || !strings.Contains(owners, "\nb") {
		t.Fatalf("both nodes own objects; got %q", owners)
	}

	var stop atomic.Bool
	counted := make(chan int)
	go func() {
		n := 1
		for ; !stop.Load(); n++ {
			for i := range rooms {
				if got := b.do(http.MethodGet, fmt.Sprintf("/r%d/add", i), ""); got.body != fmt.Sprint(n+1) {
					t.Errorf("call %d of room %d is answered with %s %q", n+1, i, got.Status, got.body)
				}
			}
		}
		counted <- n
	}()
	next := serveOn(c.Replace("a"), func(opts worker.Options) *testApp { opts.Data = data; return a.successor(script, opts) })
	h := a.handOver(next, linger.HandoverOptions{}, linger.ReceiveOptions{Started: func() { takeOver(next) }})
	h.end()
	stop.Store(true)
	var n int
	within(t, "the calls of the other node end", func() { n = <-counted })
	for i := range rooms {
		next.get(fmt.Sprintf("/r%d/add", i), 200, fmt.Sprint(n+1))
	}
	if got := ownersOf(c); got != owners {
		t.Errorf("the owners of the objects are %q after the hand-over, and were %q before", got, owners)
	}
}

// takeOver makes an application the process of its node that has the services.
func takeOver(a *testApp) {
	if node, ok := a.Server().Cluster().(*memcluster.Node); ok {
		node.TakeOver()
	}
}
