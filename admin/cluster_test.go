package admin_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
)

// TestCluster asks a node for its cluster, in which one node answers, one has no administration, and one answers with something else.
func TestCluster(t *testing.T) {
	t.Parallel()
	cluster := memcluster.New()
	link := admin.ClusterLink{
		Cluster: "test", Connected: true, Server: "nats://h:4222", Pending: 5, Sent: admin.ClusterTraffic{Records: 1, Bytes: 2},
		Drops: []admin.ClusterDrop{{Reason: "full", Count: 3}}, Storage: admin.ClusterStorage{Ready: true, Leader: "b", Replicas: 3},
		Objects: admin.ClusterObjects{Sent: 4, AlarmsDropped: 5, WebSockets: admin.ClusterWebSockets{Connections: 6, LostStreams: 7}},
	}
	member := func(name string) *fixture {
		node := cluster.Join(name)
		t.Cleanup(node.Leave)
		return start(t, func(o *linger.Options, a *admin.Options) {
			o.Cluster, a.ClusterLink = node, func() admin.ClusterLink { return link }
			a.Workers = func() []admin.Worker { return []admin.Worker{{Objects: 2}, {Objects: 3}} }
		})
	}
	a, b := member("a"), member("b")
	b.client("/")
	b.only()
	silent, wrong := cluster.Join("silent"), cluster.Join("wrong")
	defer silent.Leave()
	defer wrong.Leave()
	if _, err := wrong.Serve("status", func(_ string, _ []byte, respond func([]byte)) { respond([]byte("\xff")) }); err != nil {
		t.Fatal(err)
	}
	got := get[admin.ClusterStatus](a, "/v1/cluster")
	if got.Node != "a" || got.Link == nil || got.Link.Storage != link.Storage || got.Link.Objects != link.Objects || !slices.Equal(got.Link.Drops, link.Drops) {
		t.Errorf("the cluster has the link of this node; got %+v", got)
	}
	for i := range got.Nodes {
		if n := &got.Nodes[i]; n.RoundTrip > 0 {
			n.RoundTrip = 1
		}
	}
	want := []admin.ClusterNode{
		{Node: "a", Answered: true, Version: "v1", Objects: 5},
		{Node: "b", Answered: true, Version: "v1", Connections: 1, Objects: 5, RoundTrip: 1},
		{Node: "silent"},
		{Node: "wrong"},
	}
	if !slices.Equal(got.Nodes, want) {
		t.Errorf("the nodes are\n%+v; got\n%+v", want, got.Nodes)
	}
}

// TestClusterAlone asks a server that is not a node of a cluster.
func TestClusterAlone(t *testing.T) {
	t.Parallel()
	got := get[admin.ClusterStatus](start(t, nil), "/v1/cluster")
	if want := []admin.ClusterNode{{Node: "test", Answered: true, Version: "v1"}}; got.Link != nil || !slices.Equal(got.Nodes, want) {
		t.Errorf("a server alone has no link, and the nodes %+v; got %+v", want, got)
	}
}

// TestClusterUnknownQuestion asks a node for something that its version does not have.
func TestClusterUnknownQuestion(t *testing.T) {
	t.Parallel()
	cluster := memcluster.New()
	node, other := cluster.Join("a"), cluster.Join("b")
	defer node.Leave()
	defer other.Leave()
	start(t, func(o *linger.Options, _ *admin.Options) { o.Cluster = node })
	for _, record := range [][]byte{nil, wire.AppendUint(nil, 1, 77), []byte("\xff\xff")} {
		if answer, err := other.Call(t.Context(), "a", "status", record); err != nil || len(answer) > 0 {
			t.Errorf("the record %q gets an empty response; got %q and %v", record, answer, err)
		}
	}
}
