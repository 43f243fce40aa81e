package metrics

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Certificate is a certificate of the TLS server before the requests.
type Certificate struct {
	Name     string    // the first DNS name in it
	NotAfter time.Time // its end
}

// common are the metrics that servers and proxies have in common: of the program, of what is refused before it is a connection, and of
// certificates.
type common struct {
	registry    *prometheus.Registry
	refused     *prometheus.CounterVec
	tlsFailures prometheus.Counter
	headers     *prometheus.CounterVec
	handovers   handovers
}

// The values of the label reason of linger_proxy_protocol_refused_total.
var headerReasons = newSet("missing", "incomplete", "timeout", "invalid")

// newCommon returns metrics with a registry of their own. build is linger_build_info. certificates may be nil.
func newCommon(build prometheus.Collector, certificates func() []Certificate) common {
	c := common{
		registry: prometheus.NewRegistry(),
		refused: counterVec("handshakes_refused_total",
			"Upgrade requests that were answered without the application, or without a connection to a backend, by the reason.", "reason"),
		tlsFailures: counter("tls_handshakes_failed_total",
			"TLS handshakes of clients that have failed; those of port scans and health checks that send nothing are among them."),
		headers: counterVec("proxy_protocol_refused_total",
			"Connections of load balancers that were closed because of their header of the PROXY protocol, by what is wrong with it.", "reason"),
		handovers: newHandovers(),
	}
	for reason := range headerReasons {
		c.headers.WithLabelValues(reason)
	}
	c.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		build,
		c.refused, c.tlsFailures, c.headers,
	)
	c.handovers.register(c.registry)
	if certificates != nil {
		c.registry.MustRegister(certificateCollector(certificates))
	}
	return c
}

// begin makes the series of refusals for reasons, so that an increase from 0 to 1 is seen.
func (c *common) begin(reasons ...string) {
	for _, reason := range reasons {
		c.refused.WithLabelValues(reason)
	}
}

// countRefusal counts an upgrade request that was refused.
func (c *common) countRefusal(reason string) { c.refused.WithLabelValues(reasons.label(reason)).Inc() }

// TLSFailure counts a TLS handshake that has failed.
func (c *common) TLSFailure() { c.tlsFailures.Inc() }

// HeaderRefused counts a connection that was closed because of its header of the PROXY protocol. The reason is "missing",
// "incomplete", "timeout" or "invalid".
func (c *common) HeaderRefused(reason string) {
	c.headers.WithLabelValues(headerReasons.label(reason)).Inc()
}

// Handler serves the metrics in the format that the request asks for: that of OpenMetrics or of Prometheus. At most four requests
// are answered at a time; others get 503.
func (c *common) Handler() http.Handler {
	return promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: 4,
		Timeout:             10 * time.Second,
		ErrorHandling:       promhttp.ContinueOnError, // what one collector cannot read does not hide the rest
	})
}

// Gatherer returns the metrics, for programs that serve or send them in another way.
func (c *common) Gatherer() prometheus.Gatherer { return c.registry }

// buildInfo returns the metric linger_build_info, which is always 1.
func buildInfo(version, revision, engine string) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "linger_build_info",
		Help: "Always 1; the labels are the versions of Linger, of Go and of the JavaScript engine.",
		ConstLabels: prometheus.Labels{
			"version": version, "revision": revision, "goversion": runtime.Version(), "engine": engine,
		},
	})
	info.Set(1)
	return info
}

// maxCertificates bounds the series of linger_tls_certificate_expiry_timestamp_seconds. Those that end first have one.
const maxCertificates = 100

// certificateCollector collects the ends of certificates.
type certificateCollector func() []Certificate

var certificateExpiry = desc("tls_certificate_expiry_timestamp_seconds",
	"End of each certificate in Unix time, by its first name; of the 100 that end first.", "name")

// Describe implements prometheus.Collector.
func (certificateCollector) Describe(to chan<- *prometheus.Desc) { to <- certificateExpiry }

// Collect implements prometheus.Collector. Of certificates with the same name the one that ends first counts.
func (c certificateCollector) Collect(to chan<- prometheus.Metric) {
	list := slices.SortedFunc(slices.Values(c()), func(a, b Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
	seen := set{}
	for _, certificate := range list {
		name := strings.ToValidUTF8(certificate.Name, "\uFFFD") // others are not allowed in labels
		if _, again := seen[name]; again || len(seen) == maxCertificates {
			continue
		}
		seen[name] = struct{}{}
		to <- prometheus.MustNewConstMetric(certificateExpiry, prometheus.GaugeValue, float64(certificate.NotAfter.Unix()), name)
	}
}
