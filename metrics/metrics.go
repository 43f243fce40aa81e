// Package metrics makes Prometheus metrics of a server: counters of what its [linger.Trace] reports, and gauges of what
// [linger.Server.Snapshot] describes, which are read when they are asked for. docs/metrics.md lists them all.
//
// No label is chosen by a peer or an application, so the number of time series has a bound: ids, addresses, URLs and names of
// channels are not among the labels, and close codes without a meaning of their own are counted by their range.
package metrics

import (
	"sync/atomic"

	"github.com/lingerws/linger"
)

// Options are what metrics cannot learn from a server. All of them are optional.
type Options struct {
	Version  string // of the program, for linger_build_info
	Revision string // of its source, for the same
	Engine   string // the JavaScript engine, for the same; "" if there is none

	// Certificates returns the certificates of the TLS server, for their ends. nil means that there are none.
	Certificates func() []Certificate

	// Runtime is what runs the application: the label runtime of linger_event_duration_seconds. "" means "go". Any other one
	// reports its events with [Metrics.Event]; those of the server's handler are not counted besides.
	Runtime string

	Workers    func() []Worker // the status of each worker
	Generation func() int      // the number of the version of the application in use
	Storage    func() Storage  // what the application stores
	Cluster    func() Cluster  // the cluster of which the server is a node; nil if it is alone
}

// Metrics are the metrics of one server.
type Metrics struct {
	common
	server   atomic.Pointer[linger.Server] // nil until Observe
	opts     Options
	counters counters
	events   *eventMetrics
	calls    clusterCalls
	relays   relays
}

// New returns metrics. They need the server's Options.Trace to be [Metrics.Trace], and a call of [Metrics.Observe].
func New(opts Options) *Metrics {
	if opts.Runtime == "" {
		opts.Runtime = runtimeGo
	}
	usual := []string{"upgrade", "message", "close"}
	if opts.Runtime != runtimeGo {
		usual = []string{"websocketupgrade", "websocketmessage", "websocketclose", "fetch"}
	}
	m := &Metrics{
		common: newCommon(buildInfo(opts.Version, opts.Revision, opts.Engine), opts.Certificates),
		opts:   opts, counters: newCounters(), events: newEventMetrics(opts.Runtime, usual...), calls: newClusterCalls(), relays: newRelays(),
	}
	m.begin("origin", "version", "max-connections", "max-per-address", "upgrade-rate", "drain", reasonUnknownHost)
	m.counters.begin()
	m.registry.MustRegister(newServerCollector(m), m.events)
	m.registry.MustRegister(m.counters.all()...)
	if opts.Workers != nil {
		m.registry.MustRegister(m.counters.ofApplication()...)
		m.registry.MustRegister(newApplicationCollector(opts))
	}
	if opts.Cluster != nil {
		m.registry.MustRegister(newClusterCollector(opts.Cluster), m.calls, m.relays.received, m.relays.delivered, m.relays.failed)
	}
	return m
}

// runtimeGo is the runtime of an application in Go, whose events are those of the server's handler.
const runtimeGo = "go"

// Observe sets the server whose state the gauges describe. Before that they are missing.
func (m *Metrics) Observe(s *linger.Server) { m.server.Store(s) }
