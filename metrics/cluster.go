package metrics

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/lingerws/linger"
)

// Cluster is the state of a server as a node of a cluster. Numbers of what has happened count since the start.
type Cluster struct {
	Connected      bool
	Nodes          int   // that are connected, this one included
	Pending        int64 // bytes that wait to be sent
	Sent, Received ClusterTraffic
	Dropped        map[string]uint64 // records by the reason, one of [ClusterDropReasons]
	StorageReady   bool              // the owners and the logs of objects can be read and changed

	Objects ClusterObjects
}

// ClusterTraffic is a number of records and of their bytes.
type ClusterTraffic struct{ Records, Bytes uint64 }

// ClusterObjects is what a node does for the Durable Objects of its cluster.
type ClusterObjects struct {
	Owned          int           // objects that this node owns
	LeaseRemaining time.Duration // until the node has to stop its objects, unless it renews its lease
	Pending        int64         // bytes of transactions that the log of the cluster has not acknowledged
	Oldest         time.Duration // the age of the first of them

	Placed, TakenOver, Lost uint64 // objects: for which a node was found, that were taken from a node that has ended, that were given up without a lease
	ShippedBytes            uint64 // that the log of the cluster has acknowledged
	Restored                uint64 // objects: whose database was restored from the log

	Sent, Received uint64 // calls and requests: that were sent to other nodes, and that other nodes have sent
	Moved, Failed  uint64 // those that were sent again, because the other node did not have the object any more; those that have no answer
	Dropped        uint64 // records of other nodes
	AlarmsDropped  uint64 // alarms that were not written to the store of the cluster

	WebSockets ClusterWebSockets
}

// ClusterWebSockets are the WebSockets of Durable Objects whose connection and object are on different nodes.
type ClusterWebSockets struct {
	Connections, Objects int // those whose connection is on this node, and those whose object is

	Sent, Received uint64 // events: that were sent to the owners of objects, and that other nodes have sent
	Interrupted    uint64 // events that the owner had begun when it was lost
	Moved          uint64 // how often a connection was attached to another owner
	Unplaced, Slow uint64 // connections that were closed: no node had the object in time; they read too slowly
	LostStreams    uint64 // streams to other nodes that have ended
	Dropped        uint64 // records of other nodes
}

// ClusterDropReasons are the reasons for which a node drops records: the queue to the cluster is full; the link was broken for too long; the queue
// from the cluster is full; a record is not valid; it came twice or too late; a part of it was lost; it is too large; nothing receives it any more.
func ClusterDropReasons() []string {
	return []string{"full", "unsent", "overrun", "malformed", "disordered", "incomplete", "oversized", "unserved"}
}

// clusterCollector collects the gauges and counters of a cluster.
type clusterCollector struct {
	state  func() Cluster
	gauges gauges[*Cluster]
}

func newClusterCollector(state func() Cluster) *clusterCollector {
	c := &clusterCollector{state: state}
	c.addLink()
	c.addObjects()
	c.addEvents()
	c.addWebSockets()
	return c
}

func (c *clusterCollector) add(kind prometheus.ValueType, name, help string, value func(*Cluster) float64) {
	c.gauges.add(kind, desc(name, help), value)
}

// count adds a counter. label has the value of a label, if d has one.
func (c *clusterCollector) count(d *prometheus.Desc, value func(*Cluster) uint64, label ...string) {
	c.gauges.add(prometheus.CounterValue, d, func(s *Cluster) float64 { return float64(value(s)) }, label...)
}

// addLink adds what describes the link to the other nodes.
func (c *clusterCollector) addLink() {
	c.add(prometheus.GaugeValue, "cluster_connected", "1 if this node is connected to the cluster, 0 if its channels and objects reach no other node.",
		func(s *Cluster) float64 { return oneIf(s.Connected) })
	c.add(prometheus.GaugeValue, "cluster_nodes", "Nodes of the cluster that are connected, this one included.",
		func(s *Cluster) float64 { return float64(s.Nodes) })
	c.add(prometheus.GaugeValue, "cluster_pending_bytes", "Bytes of records that wait to be sent to other nodes.",
		func(s *Cluster) float64 { return float64(s.Pending) })
	c.add(prometheus.GaugeValue, "cluster_storage_ready", "1 if the owners and the logs of Durable Objects can be read and changed: a majority of the servers that store them is connected.",
		func(s *Cluster) float64 { return oneIf(s.StorageReady) })
	records := desc("cluster_records_total", "Records that this node has sent to other nodes, and received from them.", "direction")
	bytes := desc("cluster_bytes_total", "Bytes of the records that this node has sent to other nodes, and received from them.", "direction")
	for direction, traffic := range map[string]func(*Cluster) ClusterTraffic{
		"sent":     func(s *Cluster) ClusterTraffic { return s.Sent },
		"received": func(s *Cluster) ClusterTraffic { return s.Received },
	} {
		c.gauges.add(prometheus.CounterValue, records, func(s *Cluster) float64 { return float64(traffic(s).Records) }, direction)
		c.gauges.add(prometheus.CounterValue, bytes, func(s *Cluster) float64 { return float64(traffic(s).Bytes) }, direction)
	}
	dropped := desc("cluster_records_dropped_total", "Records that this node has dropped instead of sending or handling them, by the reason.", "reason")
	for _, reason := range ClusterDropReasons() {
		c.gauges.add(prometheus.CounterValue, dropped, func(s *Cluster) float64 { return float64(s.Dropped[reason]) }, reason)
	}
}

// addObjects adds what describes the objects of the cluster.
func (c *clusterCollector) addObjects() {
	c.add(prometheus.GaugeValue, "cluster_objects_owned", "Durable Objects that this node owns in the cluster.",
		func(s *Cluster) float64 { return float64(s.Objects.Owned) })
	c.add(prometheus.GaugeValue, "cluster_lease_remaining_seconds", "Time until this node has to stop its Durable Objects, unless it renews its lease; 0 without one.",
		func(s *Cluster) float64 { return s.Objects.LeaseRemaining.Seconds() })
	c.add(prometheus.GaugeValue, "cluster_log_pending_bytes", "Bytes of transactions of Durable Objects that the log of the cluster has not acknowledged.",
		func(s *Cluster) float64 { return float64(s.Objects.Pending) })
	c.add(prometheus.GaugeValue, "cluster_log_lag_seconds", "Age of the first transaction that the log of the cluster has not acknowledged.",
		func(s *Cluster) float64 { return s.Objects.Oldest.Seconds() })
	c.add(prometheus.CounterValue, "cluster_log_bytes_total", "Bytes of transactions that the log of the cluster has acknowledged.",
		func(s *Cluster) float64 { return float64(s.Objects.ShippedBytes) })
	c.add(prometheus.CounterValue, "cluster_objects_placed_total", "Durable Objects for which this node has found the owner.",
		func(s *Cluster) float64 { return float64(s.Objects.Placed) })
	c.add(prometheus.CounterValue, "cluster_objects_taken_over_total", "Durable Objects that this node has taken over from a node that has ended.",
		func(s *Cluster) float64 { return float64(s.Objects.TakenOver) })
	c.add(prometheus.CounterValue, "cluster_leases_lost_total", "How often this node has lost its lease, and stopped all of its Durable Objects.",
		func(s *Cluster) float64 { return float64(s.Objects.Lost) })
	c.add(prometheus.CounterValue, "cluster_objects_restored_total", "Durable Objects whose database this node has restored from the log of the cluster.",
		func(s *Cluster) float64 { return float64(s.Objects.Restored) })
}

// addEvents adds what describes the calls and requests between nodes.
func (c *clusterCollector) addEvents() {
	events := desc("cluster_object_events_total", "Calls and requests for Durable Objects that this node has sent to other nodes, and received from them.", "direction")
	c.count(events, func(s *Cluster) uint64 { return s.Objects.Sent }, "sent")
	c.count(events, func(s *Cluster) uint64 { return s.Objects.Received }, "received")
	c.count(desc("cluster_object_events_moved_total", "Calls and requests that this node has sent again, because the other node did not have the Durable Object any more."),
		func(s *Cluster) uint64 { return s.Objects.Moved })
	c.count(desc("cluster_object_events_failed_total", "Calls and requests of this node without an answer: the other node was lost, or no node could take the Durable Object in time."),
		func(s *Cluster) uint64 { return s.Objects.Failed })
	dropped := desc("cluster_object_records_dropped_total", "Records of other nodes about Durable Objects, or about their WebSockets, that this node has dropped because it cannot read them, or because they are late.", "service")
	c.count(dropped, func(s *Cluster) uint64 { return s.Objects.Dropped }, "objects")
	c.count(dropped, func(s *Cluster) uint64 { return s.Objects.WebSockets.Dropped }, "sockets")
	c.count(desc("cluster_alarms_dropped_total", "Alarms of Durable Objects that this node has not stored in the cluster, because too many waited: they are late if the node ends."),
		func(s *Cluster) uint64 { return s.Objects.AlarmsDropped })
}

// addWebSockets adds what describes the WebSockets between nodes.
func (c *clusterCollector) addWebSockets() {
	open := desc("cluster_websockets", "WebSockets of Durable Objects whose connection and object are on different nodes, by what this node has.", "side")
	c.gauges.add(prometheus.GaugeValue, open, func(s *Cluster) float64 { return float64(s.Objects.WebSockets.Connections) }, "connection")
	c.gauges.add(prometheus.GaugeValue, open, func(s *Cluster) float64 { return float64(s.Objects.WebSockets.Objects) }, "object")
	events := desc("cluster_websocket_events_total", "Events of WebSockets that this node has sent to the nodes of their Durable Objects, and received from other nodes.", "direction")
	c.count(events, func(s *Cluster) uint64 { return s.Objects.WebSockets.Sent }, "sent")
	c.count(events, func(s *Cluster) uint64 { return s.Objects.WebSockets.Received }, "received")
	c.count(desc("cluster_websocket_events_interrupted_total", "Events of WebSockets that another node had begun when it was lost, so that they may not have been completed."),
		func(s *Cluster) uint64 { return s.Objects.WebSockets.Interrupted })
	c.count(desc("cluster_websockets_moved_total", "How often a connection of this node was attached to another owner of its Durable Object."),
		func(s *Cluster) uint64 { return s.Objects.WebSockets.Moved })
	closed := desc("cluster_websockets_closed_total", "Connections with a Durable Object on another node that were closed because no node had the object in time, or because they read too slowly, by the reason.", "reason")
	c.count(closed, func(s *Cluster) uint64 { return s.Objects.WebSockets.Unplaced }, "unplaced")
	c.count(closed, func(s *Cluster) uint64 { return s.Objects.WebSockets.Slow }, "slow")
	c.count(desc("cluster_streams_lost_total", "Streams of WebSockets between this node and another one that have ended, because the other node did not answer or has restarted."),
		func(s *Cluster) uint64 { return s.Objects.WebSockets.LostStreams })
}

// Describe implements prometheus.Collector.
func (c *clusterCollector) Describe(to chan<- *prometheus.Desc) { c.gauges.describe(to) }

// Collect implements prometheus.Collector.
func (c *clusterCollector) Collect(to chan<- prometheus.Metric) {
	state := c.state()
	c.gauges.collect(to, &state)
}

// callBounds are the upper bounds of the buckets of calls to other nodes.
var callBounds = []time.Duration{
	500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// clusterCalls are the durations of calls to other nodes.
type clusterCalls struct{ answered, failed *histogram }

func newClusterCalls() clusterCalls {
	d := desc("cluster_call_duration_seconds", "Time in which other nodes have answered calls, or after which the calls have failed.", "result")
	return clusterCalls{newHistogram(d, callBounds, "answered"), newHistogram(d, callBounds, "failed")}
}

// relays count the publications of other nodes, and those that could not be sent to them.
type relays struct {
	received, delivered prometheus.Counter
	failed              *prometheus.CounterVec
}

func newRelays() relays {
	r := relays{
		received:  counter("cluster_publications_total", "Messages that other nodes have published on channels, and that have arrived here."),
		delivered: counter("cluster_deliveries_total", "Messages that publications of other nodes have queued for subscribers."),
		failed:    counterVec("cluster_publications_failed_total", "Messages that could not be sent to the subscribers on other nodes, or that could not be read here, by the reason.", "reason"),
	}
	for _, reason := range []string{"full", "oversized", "malformed"} {
		r.failed.WithLabelValues(reason)
	}
	return r
}

// relayFailed counts a publication that could not be sent or read.
func (r *relays) relayFailed(_ string, err error) {
	reason := "malformed"
	switch {
	case errors.Is(err, linger.ErrClusterFull):
		reason = "full"
	case errors.Is(err, linger.ErrRecordSize):
		reason = "oversized"
	}
	r.failed.WithLabelValues(reason).Inc()
}

// ClusterCall counts a call to another node, which needs Options.Cluster.
func (m *Metrics) ClusterCall(took time.Duration, err error) {
	if err != nil {
		m.calls.failed.observe(took)
		return
	}
	m.calls.answered.observe(took)
}

// Describe implements prometheus.Collector.
func (c clusterCalls) Describe(to chan<- *prometheus.Desc) { c.answered.Describe(to) }

// Collect implements prometheus.Collector.
func (c clusterCalls) Collect(to chan<- prometheus.Metric) {
	c.answered.Collect(to)
	c.failed.Collect(to)
}
