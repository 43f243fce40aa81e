package metrics

import "github.com/prometheus/client_golang/prometheus"

// handovers are the metrics of hand-overs to another process, and from one.
type handovers struct {
	ended       *prometheus.CounterVec
	connections prometheus.Counter
	inProgress  prometheus.Gauge
}

func newHandovers() handovers {
	h := handovers{
		ended: counterVec("handovers_total",
			"Hand-overs between two processes: those after which this process has taken over from another one (taken), and those that have failed, so that this one went on (failed).", "result"),
		connections: counter("handover_connections_total", "Connections that this process has taken over from another one."),
		inProgress: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "handover_in_progress", Help: "Whether this process is handing over to another one, or another one to it (1 or 0).",
		}),
	}
	for _, result := range []string{"taken", "failed"} {
		h.ended.WithLabelValues(result)
	}
	return h
}

func (h *handovers) register(to *prometheus.Registry) {
	to.MustRegister(h.ended, h.connections, h.inProgress)
}

// HandoverBegun counts the beginning of a hand-over to another process, or the moment at which this one has taken over and the other one
// still has connections.
func (c *common) HandoverBegun() { c.handovers.inProgress.Set(1) }

// HandoverFailed counts a hand-over that has failed: this process goes on.
func (c *common) HandoverFailed() {
	c.handovers.inProgress.Set(0)
	c.handovers.ended.WithLabelValues("failed").Inc()
}

// HandoverTaken counts a hand-over to this process, of which the other one has nothing left, and the connections that have come with it.
func (c *common) HandoverTaken(connections int) {
	c.handovers.inProgress.Set(0)
	c.handovers.ended.WithLabelValues("taken").Inc()
	c.handovers.connections.Add(float64(connections))
}
