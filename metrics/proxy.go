package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// ProxyOptions are what the metrics of a proxy need. All of them but State are optional.
type ProxyOptions struct {
	Version  string // of the program, for linger_build_info
	Revision string // of its source, for the same

	// Certificates returns the certificates of the TLS server, for their ends. nil means that there are none.
	Certificates func() []Certificate

	// State returns the state of the proxy. It is called when the metrics are read.
	State func() ProxyState
}

// ProxyState is the state of a proxy at one moment.
type ProxyState struct {
	Pairs                     int     // clients that are connected to a backend
	FromClients, FromBackends Traffic // forwarded since the start

	Ready bool
	Drain linger.DrainStatus
}

// Traffic counts messages and the bytes of their payloads.
type Traffic struct{ Messages, Bytes int64 }

// Proxy are the metrics of a proxy.
type Proxy struct {
	common
	opened prometheus.Counter
	closed *prometheus.CounterVec
}

// The values of the labels side and initiator of linger_proxy_connections_closed_total.
var (
	sides      = [...]string{"client", "backend"}
	initiators = newSet("client", "backend", "proxy")
)

// NewProxy returns the metrics of a proxy, whose trace has to call Opened, Refused and Closed.
func NewProxy(opts ProxyOptions) *Proxy {
	p := &Proxy{
		common: newCommon(buildInfo(opts.Version, opts.Revision, ""), opts.Certificates),
		opened: counter("proxy_pairs_opened_total", "Clients that were connected to a backend."),
		closed: counterVec("proxy_connections_closed_total",
			"Connections of pairs that have ended, by their side, the code of the first Close (1006 without one), the cause, and what has ended the pair first: client, backend or proxy.",
			"side", "code", "initiator", "cause"),
	}
	p.begin("origin", "version", "backend", "unreachable", "timeout", "invalid-response", "drain", reasonUnknownHost)
	for _, side := range sides {
		p.closed.WithLabelValues(side, "1000", "client", string(protocol.CauseClose))
	}
	p.registry.MustRegister(p.opened, p.closed, newProxyCollector(opts.State))
	return p
}

// Opened counts a client that was connected to a backend.
func (p *Proxy) Opened() { p.opened.Inc() }

// Refused counts an upgrade request that was not connected to a backend, by a reason of proxy.Trace, or "unknown-host".
func (p *Proxy) Refused(reason string) { p.countRefusal(reason) }

// Closed counts the end of both connections of a pair, which the initiator has ended first: "client", "backend" or "proxy".
func (p *Proxy) Closed(client, backend driver.Outcome, initiator string) {
	for i, end := range []driver.Outcome{client, backend} {
		p.closed.WithLabelValues(sides[i], codeOf(end), initiators.label(initiator), causes.label(string(end.Cause))).Inc()
	}
}

// proxyCollector collects what is computed from the state of a proxy.
type proxyCollector struct {
	state  func() ProxyState
	gauges gauges[ProxyState]
}

func newProxyCollector(state func() ProxyState) *proxyCollector {
	c := &proxyCollector{state: state}
	c.gauges.add(prometheus.GaugeValue, desc("proxy_pairs", "Clients that are connected to a backend."),
		func(s ProxyState) float64 { return float64(s.Pairs) })
	messages := desc("proxy_messages_total", "Messages that were forwarded, by the side that has sent them.", "side")
	bytes := desc("proxy_message_bytes_total", "Bytes of the payloads of messages that were forwarded, without compression, by the side that has sent them.", "side")
	for i, of := range []func(ProxyState) Traffic{
		func(s ProxyState) Traffic { return s.FromClients },
		func(s ProxyState) Traffic { return s.FromBackends },
	} {
		c.gauges.add(prometheus.CounterValue, messages, func(s ProxyState) float64 { return float64(of(s).Messages) }, sides[i])
		c.gauges.add(prometheus.CounterValue, bytes, func(s ProxyState) float64 { return float64(of(s).Bytes) }, sides[i])
	}
	addDrain(&c.gauges, func(s ProxyState) readiness { return readiness{s.Ready, s.Drain} })
	return c
}

// Describe implements prometheus.Collector.
func (c *proxyCollector) Describe(to chan<- *prometheus.Desc) { c.gauges.describe(to) }

// Collect implements prometheus.Collector.
func (c *proxyCollector) Collect(to chan<- prometheus.Metric) { c.gauges.collect(to, c.state()) }
