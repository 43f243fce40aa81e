package main

import (
	"net/http"

	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/proxy"
)

// proxyMeasurements are the metrics of a proxy, which the administration serves. Without one they are nil.
type proxyMeasurements struct {
	metrics   *metrics.Proxy
	proxy     drainableProxy // without a handler before handler is called
	listeners *listeners     // nil before handler is called
}

// newProxyMeasurements returns the metrics of a proxy.
func newProxyMeasurements() *proxyMeasurements {
	m := &proxyMeasurements{}
	m.metrics = metrics.NewProxy(metrics.ProxyOptions{
		Version: versionNumber(), Revision: revision(),
		Certificates: func() []metrics.Certificate { return m.listeners.ends() },
		State:        m.state,
	})
	return m
}

// trace returns what counts the pairs and the refusals of a proxy.
func (m *proxyMeasurements) trace() *proxy.Trace {
	return &proxy.Trace{
		Opened:  m.metrics.Opened,
		Refused: func(_ *http.Request, _ int, reason string) { m.metrics.Refused(reason) },
		Closed:  func(e proxy.Ends) { m.metrics.Closed(e.Client, e.Backend, e.Initiator) },
	}
}

// state returns the state of the proxy in the form of the metrics.
func (m *proxyMeasurements) state() metrics.ProxyState {
	now := m.proxy.Snapshot()
	return metrics.ProxyState{
		Pairs: now.Pairs, FromClients: metrics.Traffic(now.FromClients), FromBackends: metrics.Traffic(now.FromBackends),
		Ready: m.proxy.Ready(), Drain: m.proxy.DrainStatus(),
	}
}

// hostRefused counts a request that was refused because of its host.
func (m *proxyMeasurements) hostRefused(*http.Request) {
	if m != nil {
		m.metrics.Refused(reasonUnknownHost)
	}
}

// handler returns the handler that serves the metrics of a proxy and of its listeners.
func (m *proxyMeasurements) handler(h *proxy.Handler, ls *listeners) http.Handler {
	if m == nil {
		return nil
	}
	m.proxy, m.listeners = drainableProxy{h}, ls
	return m.metrics.Handler()
}
