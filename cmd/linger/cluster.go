package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/cluster"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/worker"
)

// clusterNode is a node whose name as a field is not that of its method.
type clusterNode = cluster.Node

// member is the membership of a server in a cluster. A nil member is that of a server which is alone.
type member struct {
	*clusterNode
	shared *worker.Shared
	called func(took time.Duration, err error) // counts calls to other nodes; set by observe
	log    *slog.Logger
}

const (
	// joinTimeout bounds the wait for the cluster at the start.
	joinTimeout = 30 * time.Second

	// leaveTimeout bounds the wait for what the node sends when it leaves.
	leaveTimeout = 5 * time.Second
)

// joinCluster makes this process a node of the cluster of the flags. The result is nil if they have none.
func (c *runCommand) joinCluster(old *predecessor, log *slog.Logger) (*member, error) {
	if !c.isMember() {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinTimeout)
	defer cancel()
	log.Info("joining the cluster", "cluster", c.ClusterName)
	node, err := cluster.Join(ctx, c.clusterOptions(old != nil, log))
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("cannot join the cluster: it could not be reached in %v; check its address, its secret and its certificates: %w", joinTimeout, err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot join the cluster: %w", err)
	}
	log.Info("joined the cluster", "cluster", c.ClusterName, "node", node.Node(), "nodes", len(node.Nodes()))
	return &member{clusterNode: node, shared: c.shared(node), called: func(time.Duration, error) {}, log: log}, nil
}

// clusterOptions converts the flags to the options of package cluster.
func (c *runCommand) clusterOptions(replace bool, log *slog.Logger) cluster.Options {
	o := cluster.Options{
		Node: c.Node, Name: c.ClusterName, Version: versionNumber(), URLs: toStrings(c.Cluster), Listen: string(c.ClusterListen), Join: toStrings(c.ClusterJoin),
		Advertise: string(c.ClusterAdvertise), CertFile: c.ClusterTLSCert, KeyFile: c.ClusterTLSKey, CAFile: c.ClusterTLSCA, CredsFile: c.ClusterCreds,
		Secret: c.ClusterSecret, Replace: replace, Logger: log,
	}
	if o.Listen != "" {
		o.Size, o.Dir = c.ClusterSize, c.ClusterDir
		if o.Dir == "" {
			o.Dir = filepath.Join(c.Data, "cluster")
		}
	} else {
		o.Replicas = min(c.ClusterSize, 3)
	}
	return o
}

// shared returns what the nodes share for Durable Objects.
func (c *runCommand) shared(node *cluster.Node) *worker.Shared {
	s := &worker.Shared{Store: node.Store(), Log: node.Log(), Lease: time.Duration(c.ClusterLease)}
	if c.ClusterDurability == "sync" {
		s.Durability = worker.Sync
	}
	return s
}

// Call implements linger.Cluster, and measures the call.
func (m *member) Call(ctx context.Context, node, service string, record []byte) ([]byte, error) {
	began := time.Now()
	response, err := m.clusterNode.Call(ctx, node, service, record)
	m.called(time.Since(began), err)
	return response, err
}

// apply makes an application one of the cluster. It may be called on nil.
func (m *member) apply(o *worker.Options) {
	if m != nil {
		o.Server.Cluster, o.Shared = m, m.shared
	}
}

// takeOver moves the services of the node from the process that this one replaces. It may be called on nil.
func (m *member) takeOver() {
	if m != nil {
		m.TakeOver()
	}
}

// leave leaves the cluster. It may be called on nil.
func (m *member) leave() {
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	if err := m.Close(ctx); err != nil {
		m.log.Warn("the node has not left the cluster in time: the others notice its end after some seconds", "error", err)
	}
}

// link returns the state of the link for the administration, nil without a cluster. objects returns what the application does for its objects.
func (m *member) link(objects func() worker.ClusterStatus) func() admin.ClusterLink {
	if m == nil {
		return nil
	}
	return func() admin.ClusterLink {
		s := m.Status()
		link := admin.ClusterLink{
			Cluster: s.Cluster, Connected: s.Connected, Server: s.Server, Refused: s.Refused, Pending: s.Pending, Drops: []admin.ClusterDrop{},
			Sent:     admin.ClusterTraffic{Records: s.RecordsOut, Bytes: s.BytesOut},
			Received: admin.ClusterTraffic{Records: s.RecordsIn, Bytes: s.BytesIn},
			Storage:  admin.ClusterStorage{Ready: s.Storage.Ready, Leader: s.Storage.Leader, Replicas: s.Storage.Replicas},
			Objects:  clusterObjects(objects()),
		}
		drops := drops(s.Dropped)
		for _, reason := range metrics.ClusterDropReasons() {
			link.Drops = append(link.Drops, admin.ClusterDrop{Reason: reason, Count: drops[reason]})
		}
		return link
	}
}

// clusterObjects returns what an application does for the objects of its cluster, for the administration.
func clusterObjects(s worker.ClusterStatus) admin.ClusterObjects {
	return admin.ClusterObjects{
		Sent: s.Sent, Received: s.Received, Moved: s.Moved, Failed: s.Failed, Dropped: s.Dropped, AlarmsDropped: s.AlarmsDropped,
		WebSockets: admin.ClusterWebSockets(s.WebSockets),
	}
}

// drops returns the numbers of dropped records by the reasons that metrics have.
func drops(d cluster.Dropped) map[string]uint64 {
	return map[string]uint64{
		"full": d.Full, "unsent": d.Unsent, "overrun": d.Overrun, "malformed": d.Malformed, "disordered": d.Disordered, "incomplete": d.Incomplete,
		"oversized": d.Oversized, "unserved": d.Unserved,
	}
}

// measure returns the state of the cluster for the metrics, nil without one. objects returns what the application does for its objects.
func (m *member) measure(objects func() metrics.ClusterObjects) func() metrics.Cluster {
	if m == nil {
		return nil
	}
	return func() metrics.Cluster {
		s := m.Status()
		return metrics.Cluster{
			Connected: s.Connected, Nodes: len(m.Nodes()), Pending: s.Pending, Dropped: drops(s.Dropped), StorageReady: s.Storage.Ready,
			Sent:     metrics.ClusterTraffic{Records: s.RecordsOut, Bytes: s.BytesOut},
			Received: metrics.ClusterTraffic{Records: s.RecordsIn, Bytes: s.BytesIn},
			Objects:  objects(),
		}
	}
}
