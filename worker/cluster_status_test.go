package worker_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/worker"
)

// TestClusterStatus reads what nodes report about calls and WebSockets whose object is on another node, before and after the end of that node.
func TestClusterStatus(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		c, nodes, clients, owner := chatNodes(t)
		lost, a, b := nodes[owner], nodes[(owner+1)%3], nodes[(owner+2)%3]
		for _, service := range []string{"objects", "sockets"} {
			if err := a.node.Send(lost.node.Node(), service, []byte("\xff")); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		for _, n := range []*nodeApp{a, b} {
			got := n.Cluster()
			if w := got.WebSockets; got.Sent == 0 || got.Received != 0 || w.Connections != 1 || w.Objects != 0 || w.Sent != 1 || w.Received != 0 {
				t.Errorf("a node without the object has sent the request and an event of its connection; got %+v", got)
			}
		}
		got, w := lost.Cluster(), lost.Cluster().WebSockets
		if got.Received != a.Cluster().Sent+b.Cluster().Sent || got.Dropped != 1 || w.Connections != 0 || w.Objects != 2 || w.Received != 2 || w.Dropped != 1 {
			t.Errorf("the owner has received two requests and two events, and dropped two records; got %+v", got)
		}
		c.CutStore(lost.node.Node(), true)
		lost.node.Leave()
		for _, n := range []int{(owner + 1) % 3, (owner + 2) % 3} {
			clients[n].send("1")
			clients[n].want("1")
		}
		clients[owner].want("closed 1013 the object is not available")
		time.Sleep(time.Minute)
		all := worker.ClusterWebSockets{}
		for _, n := range []*nodeApp{a, b} {
			w := n.Cluster().WebSockets
			all.Moved, all.Interrupted, all.LostStreams = all.Moved+w.Moved, all.Interrupted+w.Interrupted, all.LostStreams+w.LostStreams
		}
		if all.Moved < 2 || all.Interrupted != 2 || all.LostStreams < 2 {
			t.Errorf("two connections have lost their owner after an event, and have another one; got %+v", all)
		}
		if got := lost.Cluster().WebSockets; got.Unplaced != 1 {
			t.Errorf("the node that is cut off has closed a connection; got %+v", got)
		}
	})
}
