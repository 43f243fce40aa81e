package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/lingerws/linger"
)

// gauge is a metric that is computed from a state of type T when the metrics are read.
type gauge[T any] struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(T) float64
	label []string // the value of its label, if it has one
}

// gauges are the metrics of one state.
type gauges[T any] []gauge[T]

// add adds a metric. label has the value of a label, if desc has one.
func (g *gauges[T]) add(kind prometheus.ValueType, desc *prometheus.Desc, value func(T) float64, label ...string) {
	*g = append(*g, gauge[T]{desc: desc, kind: kind, value: value, label: label})
}

// describe sends the descriptions.
func (g gauges[T]) describe(to chan<- *prometheus.Desc) {
	for _, one := range g {
		to <- one.desc
	}
}

// collect sends the values for a state.
func (g gauges[T]) collect(to chan<- prometheus.Metric, state T) {
	for _, one := range g {
		to <- prometheus.MustNewConstMetric(one.desc, one.kind, one.value(state), one.label...)
	}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// serverState is what the gauges of a server are computed from.
type serverState struct {
	linger.Snapshot
	readiness
}

// serverCollector collects the gauges of a server.
type serverCollector struct {
	metrics *Metrics
	gauges  gauges[*serverState]
}

func newServerCollector(m *Metrics) *serverCollector {
	c := &serverCollector{metrics: m}
	simple := func(name, help string, value func(*serverState) float64) {
		c.gauges.add(prometheus.GaugeValue, desc(name, help), value)
	}
	c.addConnections()
	simple("upgrades_in_progress", "Upgrade requests whose handshake is in progress.", func(s *serverState) float64 { return float64(s.Upgrading) })
	simple("send_queue_bytes", "Bytes of frames that wait to be written, of all connections.", func(s *serverState) float64 { return float64(s.SendQueueBytes) })
	simple("send_queue_largest_bytes", "Bytes of frames that wait to be written on the connection that has most of them.", func(s *serverState) float64 { return float64(s.LargestSendQueue) })
	simple("connections_busy", "Connections of which an event is in progress or waits for the handler.", func(s *serverState) float64 { return float64(s.InProgress) })
	simple("event_queue_events", "Events that wait in the queues of their connections.", func(s *serverState) float64 { return float64(s.Waiting) })
	simple("event_queue_oldest_seconds", "Age of the event that has waited for longest in the queue of its connection.", func(s *serverState) float64 { return s.LongestWait.Seconds() })
	simple("channels", "Channels that have a subscriber.", func(s *serverState) float64 { return float64(s.Channels) })
	simple("subscriptions", "Subscriptions of all connections to channels.", func(s *serverState) float64 { return float64(s.Subscriptions) })
	simple("presence_members", "Memberships of the connections of this server in the presence of channels.", func(s *serverState) float64 { return float64(s.PresenceMembers) })
	simple("buffered_bytes", "Bytes that all connections hold: messages that wait to be sent or handled, and parts of messages.", func(s *serverState) float64 { return float64(s.Memory) })
	simple("buffered_limit_bytes", "Bound of linger_buffered_bytes, beyond which connections are closed; 0 without a bound.", func(s *serverState) float64 { return float64(s.MaxMemory) })
	addDrain(&c.gauges, func(s *serverState) readiness { return s.readiness })
	return c
}

// addConnections adds the connections by their state.
func (c *serverCollector) addConnections() {
	connections := desc("connections", "Connections by their state: opening (without the 101 yet), open, closing, closed (the close event is not handled yet).", "state")
	for state, value := range map[string]func(*serverState) int{
		"opening": func(s *serverState) int { return s.Opening },
		"open":    func(s *serverState) int { return s.Open },
		"closing": func(s *serverState) int { return s.Closing },
		"closed":  func(s *serverState) int { return s.Closed },
	} {
		c.gauges.add(prometheus.GaugeValue, connections, func(s *serverState) float64 { return float64(value(s)) }, state)
	}
}

// readiness is whether a server or a proxy accepts connections, and the progress of its drain.
type readiness struct {
	ready bool
	drain linger.DrainStatus
}

// draining reports whether a drain is in progress.
func (r readiness) draining() bool {
	return r.drain.State == linger.DrainWaiting || r.drain.State == linger.DrainClosing
}

// addDrain adds the readiness in a state.
func addDrain[T any](to *gauges[T], of func(T) readiness) {
	add := func(name, help string, value func(readiness) float64) {
		to.add(prometheus.GaugeValue, desc(name, help), func(state T) float64 { return value(of(state)) })
	}
	add("ready", "1 if the server accepts connections, 0 from the beginning of a drain of all connections or of a shutdown.",
		func(r readiness) float64 { return oneIf(r.ready) })
	add("draining", "1 while a drain is in progress, of all connections or of a share.",
		func(r readiness) float64 { return oneIf(r.draining()) })
	add("drain_connections", "Connections that the drain in progress, or the last one, has to end.",
		func(r readiness) float64 { return float64(r.drain.Total) })
	add("drain_connections_left", "Those of linger_drain_connections that have not ended.",
		func(r readiness) float64 { return float64(r.drain.Left) })
	add("drain_connections_closed", "Those of linger_drain_connections that the drain has closed; the others have ended by themselves.",
		func(r readiness) float64 { return float64(r.drain.Closed) })
	add("drain_rate", "Connections that the drain closes per second.",
		func(r readiness) float64 { return r.drain.Rate })
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (c *serverCollector) Describe(to chan<- *prometheus.Desc) { c.gauges.describe(to) }

// Collect implements prometheus.Collector.
func (c *serverCollector) Collect(to chan<- prometheus.Metric) {
	server := c.metrics.server.Load()
	if server == nil {
		return
	}
	c.gauges.collect(to, &serverState{Snapshot: server.Snapshot(), readiness: readiness{server.Ready(), server.DrainStatus()}})
}
