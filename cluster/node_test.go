package cluster_test

import (
	"testing"

	"github.com/lingerws/linger/cluster"
	"github.com/lingerws/linger/internal/clustertest"
)

func TestNodeWithExternalServer(t *testing.T) {
	urls := []string{natsServer(t, -1, t.TempDir()).ClientURL()}
	a := join(t, cluster.Options{Node: "a", URLs: urls})
	b := join(t, cluster.Options{Node: "b", URLs: urls})
	untilNodes(t, a, "a", "b")
	untilNodes(t, b, "a", "b")
	contract(t, a, b)
}

func TestNodeWithEmbeddedServers(t *testing.T) {
	addresses := []string{freeAddress(t), freeAddress(t), freeAddress(t)}
	options := func(i int) cluster.Options {
		return cluster.Options{Node: string("abc"[i]), Listen: addresses[i], Dir: t.TempDir(), Size: 3, Secret: "hidden"}
	}
	first, second, third := options(0), options(1), options(2)
	second.Join, third.Join = addresses[:1], addresses[:1]
	a, b, c := join(t, first), join(t, second), join(t, third)
	for _, n := range []*cluster.Node{a, b, c} {
		untilNodes(t, n, "a", "b", "c")
	}
	contract(t, a, b)
}

func contract(t *testing.T, a, b *cluster.Node) {
	t.Run("Records", func(t *testing.T) { clustertest.Records(t, a, b) })
	t.Run("Store", func(t *testing.T) { clustertest.Store(t, a.Store(), b.Store()) })
	t.Run("Log", func(t *testing.T) { clustertest.Log(t, a.Log(), b.Log()) })
}
