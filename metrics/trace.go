package metrics

import (
	"net/http"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket/driver"
)

// The values of the label result.
const (
	upgradeAccepted = "accepted"
	upgradeAnswered = "answered"
	upgradeFailed   = "failed"

	reloadSucceeded = "succeeded"
	reloadFailed    = "failed"
)

// Trace returns the functions that count what happens on the connections, for linger.Options.Trace.
func (m *Metrics) Trace() *linger.Trace {
	c := &m.counters
	return &linger.Trace{
		Opened:  func(*linger.Socket) { c.opened.Inc() },
		Refused: func(_ *http.Request, _ int, reason string) { m.countRefusal(reason) },
		Received: func(_ *linger.Socket, p linger.Payload) {
			c.messages.received(p.Binary).Inc()
			c.bytes.received(p.Binary).Add(float64(len(p.Data)))
		},
		Sent: func(_ *linger.Socket, p linger.Payload) {
			c.messages.sent(p.Binary).Inc()
			c.bytes.sent(p.Binary).Add(float64(len(p.Data)))
		},
		Published: func(_ string, _ linger.Payload, receivers int) {
			c.published.Inc()
			c.delivered.Add(float64(receivers))
		},
		Relayed: func(_ string, _ linger.Payload, receivers int) {
			m.relays.received.Inc()
			m.relays.delivered.Add(float64(receivers))
		},
		RelayFailed: m.relays.relayFailed,

		Handled: m.handled,
		Slow:    func(_ *linger.Socket, p linger.Policy) { c.full.WithLabelValues(p.String()).Inc() },
		Pong:    func(_ *linger.Socket, took time.Duration) { c.roundTrip.Observe(took.Seconds()) },
		Closed:  func(_ *linger.Socket, end driver.Outcome) { c.countEnd(end) },
	}
}

// countEnd counts the end of a connection.
func (c *counters) countEnd(end driver.Outcome) {
	c.closed.WithLabelValues(codeOf(end), end.Initiator(), causes.label(string(end.Cause))).Inc()
	if end.Violation != nil {
		c.violation.WithLabelValues(end.Violation.ID).Inc()
	}
}

// handled counts an event of the server. A script has its own events for it, which are counted by Event.
func (m *Metrics) handled(s *linger.Socket, event string, times linger.EventTimes) {
	if event == "upgrade" {
		m.counters.upgrades.WithLabelValues(resultOf(s, times)).Inc()
	} else {
		m.events.connectionWait.observe(times.Waited)
	}
	if m.opts.Runtime == runtimeGo {
		m.events.observe(event, times.Duration, times.Failed)
	}
}

func resultOf(s *linger.Socket, times linger.EventTimes) string {
	switch {
	case times.Failed:
		return upgradeFailed
	case s == nil:
		return upgradeAnswered
	}
	return upgradeAccepted
}

// Event counts an event of a script: its kind, how long it waited for its worker, how long it was handled, and whether it failed.
func (m *Metrics) Event(kind string, waited, duration time.Duration, failed bool) {
	m.events.workerWait.observe(waited)
	m.events.observe(kind, duration, failed)
}

// Failure counts a failure of a script.
func (m *Metrics) Failure() { m.counters.application.failures.Inc() }

// Restart counts the replacement of a worker's engine, by a reason of worker.Trace.
func (m *Metrics) Restart(reason string) {
	m.counters.application.restarts.WithLabelValues(restarts.label(reason)).Inc()
}

// Reload counts a reload of a script, which has failed with an error or succeeded.
func (m *Metrics) Reload(err error) {
	result := reloadSucceeded
	if err != nil {
		result = reloadFailed
	}
	m.counters.application.reloads.WithLabelValues(result).Inc()
}
