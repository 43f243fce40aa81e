package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/lingerws/linger/admin"
)

// clusterCommand shows the cluster of a running server.
type clusterCommand struct {
	clientFlags `embed:""`
}

// Run prints the nodes, and the state of the link to them.
func (c *clusterCommand) Run(out *streams) error {
	var status admin.ClusterStatus
	if err := c.request(http.MethodGet, "/v1/cluster", nil, nil, &status); err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(&status)
	}
	if status.Link == nil {
		out.out.printf("node %s is alone: linger run --cluster or --cluster-listen makes a server a node of a cluster\n", status.Node)
		return nil
	}
	out.out.printf("%s\n%s", linkTable(status.Link), nodeTable(status))
	return nil
}

// linkTable returns the state of the link.
func linkTable(link *admin.ClusterLink) *table {
	state, drops := "connected to "+link.Server, make([]string, 0, len(link.Drops))
	switch {
	case !link.Connected:
		state = "not connected"
	case link.Refused > 0:
		state += fmt.Sprintf(", which has refused %d subscriptions or records", link.Refused)
	}
	for _, d := range link.Drops {
		if d.Count > 0 {
			drops = append(drops, fmt.Sprintf("%d %s", d.Count, d.Reason))
		}
	}
	storage := "not ready"
	if link.Storage.Ready {
		storage = fmt.Sprintf("ready, leader %s, %d replicas", orDash(link.Storage.Leader), link.Storage.Replicas)
	}
	t := newTable("cluster", link.Cluster)
	t.row("link", state)
	t.row("sent", clusterTrafficText(link.Sent))
	t.row("received", clusterTrafficText(link.Received))
	t.row("pending", bytesText(float64(link.Pending)))
	t.row("dropped", orDash(strings.Join(drops, ", ")))
	t.row("storage", storage)
	o, w := &link.Objects, &link.Objects.WebSockets
	t.row("calls", fmt.Sprintf("%d sent to objects, %d received, %d moved, %d failed", o.Sent, o.Received, o.Moved, o.Failed))
	t.row("WebSockets", fmt.Sprintf("%d with objects of other nodes, %d of other nodes, %d closed", w.Connections, w.Objects, w.Unplaced+w.Slow))
	return t
}

func clusterTrafficText(t admin.ClusterTraffic) string {
	return fmt.Sprintf("%d records, %s", t.Records, bytesText(float64(t.Bytes)))
}

// nodeTable returns the nodes. The asterisk marks the one that was asked.
func nodeTable(status admin.ClusterStatus) *table {
	t := newTable("NODE", "CONNECTIONS", "OBJECTS", "ROUND TRIP", "VERSION")
	for _, n := range status.Nodes {
		name := n.Node
		if name == status.Node {
			name += "*"
		}
		if !n.Answered {
			t.row(name, "-", "-", "no answer", "-")
			continue
		}
		t.row(name, n.Connections, n.Objects, roundTripText(n.RoundTrip), orDash(n.Version))
	}
	return t
}
