package main

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/memcluster"
)

// TestClusterCommand prints the cluster of a node, of which another node has no administration.
func TestClusterCommand(t *testing.T) {
	t.Parallel()
	cluster := memcluster.New()
	node, other := cluster.Join("a"), cluster.Join("b")
	defer node.Leave()
	defer other.Leave()
	log := slog.New(slog.DiscardHandler)
	server := linger.NewServer(linger.HandlerFuncs{}, linger.Options{Cluster: node, Logger: log})
	handler := admin.New(admin.Options{Server: server, Logger: log, Version: "v1", ClusterLink: func() admin.ClusterLink {
		return admin.ClusterLink{
			Cluster: "prod", Connected: true, Server: "nats://h:4222", Pending: 2048, Sent: admin.ClusterTraffic{Records: 7, Bytes: 1024},
			Drops: []admin.ClusterDrop{{Reason: "full", Count: 3}, {Reason: "size"}}, Storage: admin.ClusterStorage{Ready: true, Leader: "b", Replicas: 3},
			Objects: admin.ClusterObjects{
				Sent: 11, Received: 12, Moved: 13, Failed: 14, WebSockets: admin.ClusterWebSockets{Connections: 15, Objects: 16, Unplaced: 17, Slow: 18},
			},
		}
	}})
	api := httptest.NewServer(handler)
	defer api.Close()
	defer func() { _ = handler.Shutdown(t.Context()) }()
	a := &administered{Server: server, t: t, handler: handler, address: strings.TrimPrefix(api.URL, "http://")}
	a.wants(`^cluster +prod
link +connected to nats://h:4222
sent +7 records, 1.0KiB
received +0 records, 0B
pending +2.0KiB
dropped +3 full
storage +ready, leader b, 3 replicas
calls +11 sent to objects, 12 received, 13 moved, 14 failed
WebSockets +15 with objects of other nodes, 16 of other nodes, 35 closed

NODE +CONNECTIONS +OBJECTS +ROUND TRIP +VERSION
a\* +0 +0 +- +v1
b +- +- +no answer +-
$`, "cluster")
	a.wants(`"node":"a","nodes":\[\{"node":"a",`, "cluster", "--json")
}

// TestClusterCommandAlone prints that a server is not a node of a cluster.
func TestClusterCommandAlone(t *testing.T) {
	t.Parallel()
	administer(t, "").wants("^node test is alone: ", "cluster")
}
