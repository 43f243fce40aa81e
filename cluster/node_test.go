package cluster_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/cluster"
	"github.com/lingerws/linger/internal/clustertest"
)

func TestNodeWithExternalServer(t *testing.T) {
	t.Parallel()
	urls := []string{natsServer(t, -1, t.TempDir()).ClientURL()}
	a := join(t, cluster.Options{Node: "a", URLs: urls})
	b := join(t, cluster.Options{Node: "b", URLs: urls})
	untilNodes(t, a, "a", "b")
	untilNodes(t, b, "a", "b")
	contract(t, a, b)
}

func TestNodeWithEmbeddedServers(t *testing.T) {
	t.Parallel()
	nodes, _ := threeNodes(t, false)
	contract(t, nodes[0], nodes[1])

	// The leader leaves as planned, and passes the lead on, so the others need not wait for the time after which an election begins.
	until(t, "there is a leader", func() bool { return nodes[0].Status().Storage.Leader != "" })
	leader := slices.IndexFunc(nodes, func(n *cluster.Node) bool { return n.Node() == nodes[0].Status().Storage.Leader })
	leave(t, nodes[leader])
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begin := time.Now()
	if _, err := nodes[(leader+1)%3].Store().Create(ctx, "after", nil); err != nil {
		t.Errorf("an entry is not made after the leader has left: %v", err)
	}
	t.Logf("the first entry after the leader has left took %s", time.Since(begin))
}

// threeNodes returns three nodes with embedded servers. The first one joins none, and the others join it; or all come at the same time, and join
// all, themselves included.
func threeNodes(t *testing.T, together bool) (nodes []*cluster.Node, options []cluster.Options) {
	t.Helper()
	addresses := []string{freeAddress(t), freeAddress(t), freeAddress(t)}
	for i, name := range []string{"a", "b", "c"} {
		opts := cluster.Options{Node: name, Listen: addresses[i], Dir: t.TempDir(), Secret: "hidden"}
		switch {
		case together:
			opts.Join = addresses
		case i > 0:
			opts.Join = addresses[:1]
		}
		options = append(options, opts)
	}
	nodes = make([]*cluster.Node, len(options))
	var joining sync.WaitGroup
	for i, opts := range options {
		start := func() { nodes[i] = join(t, opts) }
		if together {
			joining.Go(start)
		} else {
			start()
		}
	}
	joining.Wait()
	for _, n := range nodes {
		if n == nil {
			t.FailNow()
		}
		untilNodes(t, n, "a", "b", "c")
	}
	return nodes, options
}

// TestNodeAlone has a single node whose embedded server stores.
func TestNodeAlone(t *testing.T) {
	t.Parallel()
	opts := cluster.Options{Node: "a", Listen: freeAddress(t), Dir: t.TempDir(), Size: 1}
	a := join(t, opts)
	clustertest.Store(t, a.Store(), a.Store())
	opts.Replace = true
	fresh := join(t, opts)
	fresh.TakeOver()
	leave(t, a)
	clustertest.Log(t, fresh.Log(), fresh.Log())
}

func contract(t *testing.T, a, b *cluster.Node) {
	t.Run("Records", func(t *testing.T) { clustertest.Records(t, a, b) })
	t.Run("Store", func(t *testing.T) { clustertest.Store(t, a.Store(), b.Store()) })
	t.Run("Log", func(t *testing.T) { clustertest.Log(t, a.Log(), b.Log()) })
}
