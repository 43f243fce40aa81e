package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// eventMetrics are the metrics of events, by the kind of the event.
type eventMetrics struct {
	kinds                      map[string]*eventKind // of all that are in the set events, and other
	connectionWait, workerWait *histogram
	durations, failures        *prometheus.Desc
	scripted                   bool // there are workers
}

// eventKind has the metrics of one kind of event.
type eventKind struct {
	duration *histogram
	failures atomic.Uint64
	seen     atomic.Bool // there was such an event, or there will be one in every application
}

// Bounds of the buckets: a handler in Go takes microseconds, one that waits for a database milliseconds, and one that fails the event
// timeout of 30 s.
var (
	durationBounds = []time.Duration{
		10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
		50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
		5 * time.Second, 10 * time.Second, 30 * time.Second,
	}
	waitBounds = durationBounds[1:]
)

// newEventMetrics returns the metrics of the events of a runtime. Those of the kinds common are there before the first event.
func newEventMetrics(runtime string, common ...string) *eventMetrics {
	waits := desc("event_wait_seconds", "Time that events have waited before they were handled: in the queue of their connection, and in that of their worker.", "queue")
	e := &eventMetrics{
		kinds:          map[string]*eventKind{},
		connectionWait: newHistogram(waits, waitBounds, "connection"),
		workerWait:     newHistogram(waits, waitBounds, "worker"),
		durations:      desc("event_duration_seconds", "Time in which the application has handled events, promises included.", "event", "runtime"),
		failures:       desc("events_failed_total", "Events whose handler has thrown, panicked or taken too long.", "event"),
		scripted:       runtime != runtimeGo,
	}
	for kind := range events {
		e.kinds[kind] = &eventKind{duration: newHistogram(e.durations, durationBounds, kind, runtime)}
	}
	e.kinds[other] = &eventKind{duration: newHistogram(e.durations, durationBounds, other, runtime)}
	for _, kind := range common {
		e.kinds[kind].seen.Store(true)
	}
	return e
}

// observe counts an event.
func (e *eventMetrics) observe(kind string, duration time.Duration, failed bool) {
	k, known := e.kinds[kind]
	if !known {
		k = e.kinds[other]
	}
	if !k.seen.Load() {
		k.seen.Store(true)
	}
	k.duration.observe(duration)
	if failed {
		k.failures.Add(1)
	}
}

// Describe implements prometheus.Collector.
func (e *eventMetrics) Describe(to chan<- *prometheus.Desc) {
	e.connectionWait.Describe(to)
	to <- e.durations
	to <- e.failures
}

// Collect implements prometheus.Collector.
func (e *eventMetrics) Collect(to chan<- prometheus.Metric) {
	e.connectionWait.Collect(to)
	if e.scripted {
		e.workerWait.Collect(to)
	}
	for kind, k := range e.kinds {
		if k.seen.Load() {
			k.duration.Collect(to)
			to <- prometheus.MustNewConstMetric(e.failures, prometheus.CounterValue, float64(k.failures.Load()), kind)
		}
	}
}
