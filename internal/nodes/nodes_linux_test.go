package nodes

import (
	"flag"
	"strings"
	"testing"
	"time"
)

// long is the time for which TestNodes goes on with random faults.
var long = flag.Duration("nodes.faults", 0, "the time for which TestNodes goes on with random faults, such as 10m; give a longer -timeout too")

// presenceBound is the time after the end of all faults within which presence is right on all nodes.
const presenceBound = 15 * time.Second

// TestNodes has traffic on 300 connections while a link is cut in one direction, and the node that leads the storage is killed and started again; with
// -nodes.faults then also while random faults come and go.
func TestNodes(t *testing.T) {
	nodes := newNodes(t, 3)
	for _, n := range nodes {
		n.start()
	}
	awaitCluster(t, nodes, 3)
	c := newCrowd(t, nodes, 300)
	c.begin()
	c.soundTime(nodes, 3*time.Second)
	c.endure(nodes, cutOneWay(nodes[0], nodes[1]))
	c.endure(nodes, killed(leaderOf(nodes)))
	for began := time.Now(); time.Since(began) < *long; {
		c.endure(nodes, randomFault(nodes))
		c.awaitPresence(presenceBound)
	}
	c.soundTime(nodes, 3*time.Second)
	c.awaitPresence(presenceBound)
	c.finish()
}

// soundTime has traffic for a time without faults, when all nodes see each other.
func (c *crowd) soundTime(nodes []*node, length time.Duration) {
	awaitCluster(c.t, nodes, len(nodes))
	c.ledger.begin()
	time.Sleep(length)
	c.ledger.end()
}

// endure has a fault for its time, and returns when all nodes see each other again.
func (c *crowd) endure(nodes []*node, f fault) {
	c.t.Helper()
	began := time.Now()
	f.begin(c.t)
	time.Sleep(f.length)
	f.end(c.t)
	ended := time.Now()
	awaitCluster(c.t, nodes, len(nodes))
	c.t.Logf("%s: from %s for %v, and %v until all nodes see each other", f.name, began.Format(time.StampMilli), ended.Sub(began).Round(time.Millisecond), time.Since(ended).Round(time.Millisecond))
}

// TestNodesRestart restarts each node in turn, as an upgrade of all machines does. No request that another node has sent to an object fails. It is
// a part of the runs with -nodes.faults.
func TestNodesRestart(t *testing.T) {
	if *long == 0 {
		t.Skip("skipped: it takes half a minute; give -nodes.faults")
	}
	nodes := newNodes(t, 3)
	for _, n := range nodes {
		n.start()
	}
	awaitCluster(t, nodes, 3)
	c := newCrowd(t, nodes, 300)
	c.begin()
	c.soundTime(nodes, 3*time.Second)
	for _, n := range nodes {
		c.endure(nodes, restarted(n))
	}
	c.soundTime(nodes, 3*time.Second)
	c.finish()
	for text, count := range c.ledger.failures {
		if strings.HasPrefix(text, "add:") {
			t.Errorf("%d requests to objects have failed while nodes were restarted: %s", count, text)
		}
	}
}
