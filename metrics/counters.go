package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/lingerws/linger/protocol"
)

// counters are the metrics that change when something happens. Each that has labels has a series from the start, so that an
// increase from 0 to 1 is seen, and that dashboards find it.
type counters struct {
	opened    prometheus.Counter
	closed    *prometheus.CounterVec
	upgrades  *prometheus.CounterVec
	violation *prometheus.CounterVec

	messages, bytes messageCounters
	published       prometheus.Counter
	delivered       prometheus.Counter
	full            *prometheus.CounterVec
	roundTrip       prometheus.Histogram

	application applicationCounters
}

// applicationCounters are the counters of an application in JavaScript.
type applicationCounters struct {
	failures prometheus.Counter
	restarts *prometheus.CounterVec
	reloads  *prometheus.CounterVec
}

// messageCounters count messages, or their bytes, without a search for labels.
type messageCounters struct {
	vec                          *prometheus.CounterVec
	receivedText, receivedBinary prometheus.Counter
	sentText, sentBinary         prometheus.Counter
}

// roundTripBuckets are the upper bounds of the buckets of round trips, in seconds.
var roundTripBuckets = []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

func newCounters() counters {
	return counters{
		opened: counter("connections_opened_total", "Connections whose opening handshake was completed."),
		closed: counterVec("connections_closed_total",
			"Connections that have ended, by the code of the first Close (1006 without one), the side that closed first, and the cause.",
			"code", "initiator", "cause"),
		upgrades: counterVec("upgrades_total",
			"Upgrade requests that the application has handled: accepted, answered with another response, or failed.", "result"),
		violation: counterVec("violations_total",
			"Connections that failed because the peer has broken a rule of the protocol or a limit, by the rule.", "violation"),
		messages:  newMessageCounters("messages_total", "Messages received from peers and queued for them."),
		bytes:     newMessageCounters("message_bytes_total", "Bytes of the payloads of messages, without compression."),
		published: counter("publishes_total", "Messages that were published on channels."),
		delivered: counter("deliveries_total", "Messages that publications have queued for subscribers."),
		full: counterVec("send_queue_full_total",
			"Messages that met a full send queue, because the peer reads too slowly, by the policy that was applied.", "policy"),
		roundTrip: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "keepalive_round_trip_seconds", Help: "Time between a keep-alive ping and its pong.", Buckets: roundTripBuckets,
		}),
		application: applicationCounters{
			failures: counter("application_failures_total",
				"Failures of the application that were logged as errors, outside of events too."),
			restarts: counterVec("worker_restarts_total",
				"Engines and child processes of workers that have failed and were replaced, by the reason.", "reason"),
			reloads: counterVec("reloads_total",
				"Reloads of the application; after one that failed, the last version stays in use.", "result"),
		},
	}
}

// all returns the counters of a server.
func (c *counters) all() []prometheus.Collector {
	return []prometheus.Collector{
		c.opened, c.closed, c.upgrades, c.violation, c.messages.vec, c.bytes.vec, c.published, c.delivered, c.full, c.roundTrip,
	}
}

// ofApplication returns the counters of an application in JavaScript.
func (c *counters) ofApplication() []prometheus.Collector {
	return []prometheus.Collector{c.application.failures, c.application.restarts, c.application.reloads}
}

const namespace = "linger"

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counterVec(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func newMessageCounters(name, help string) messageCounters {
	vec := counterVec(name, help, "direction", "kind")
	return messageCounters{
		vec:            vec,
		receivedText:   vec.WithLabelValues("received", "text"),
		receivedBinary: vec.WithLabelValues("received", "binary"),
		sentText:       vec.WithLabelValues("sent", "text"),
		sentBinary:     vec.WithLabelValues("sent", "binary"),
	}
}

// received returns the counter of received messages of a kind.
func (c *messageCounters) received(binary bool) prometheus.Counter {
	if binary {
		return c.receivedBinary
	}
	return c.receivedText
}

// sent returns the counter of sent messages of a kind.
func (c *messageCounters) sent(binary bool) prometheus.Counter {
	if binary {
		return c.sentBinary
	}
	return c.sentText
}

// begin makes the first series of each metric with labels.
func (c *counters) begin() {
	for _, initiator := range []string{"client", "server"} {
		c.closed.WithLabelValues("1000", initiator, string(protocol.CauseClose))
	}
	for _, result := range []string{upgradeAccepted, upgradeAnswered, upgradeFailed} {
		c.upgrades.WithLabelValues(result)
	}
	c.violation.WithLabelValues("message.size")
	for _, policy := range policies {
		c.full.WithLabelValues(policy.String())
	}
	for _, reason := range []string{"timeout", "stuck", "memory", "exit", "crash", "load"} {
		c.application.restarts.WithLabelValues(reason)
	}
	c.application.reloads.WithLabelValues(reloadSucceeded)
	c.application.reloads.WithLabelValues(reloadFailed)
}
