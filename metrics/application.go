package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Worker is the status of a worker: the fields of worker.Status that metrics use.
type Worker struct {
	State   string // "running", "asleep" or "backing off"
	Queued  int
	Waited  time.Duration
	Objects int

	Sleeps, Wakes, DroppedPosts uint64
}

// Storage is the status of what an application stores: the fields of worker.StorageStatus.
type Storage struct {
	Databases      int
	Queued         int64
	Commits, Syncs uint64
}

// restarts are the values of the label reason of linger_worker_restarts_total.
var restarts = newSet("timeout", "stuck", "memory", "exit", "crash", "load")

// workerStates are the values of the label state of linger_workers, by those of Worker.State.
var workerStates = map[string]string{"running": "running", "asleep": "asleep", "backing off": "backing_off"}

// applicationState is what the gauges of an application are computed from.
type applicationState struct {
	workers    []Worker
	generation int
	storage    Storage
}

// sum returns the sum of a number of all workers.
func (s *applicationState) sum(number func(Worker) uint64) float64 {
	var sum uint64
	for _, w := range s.workers {
		sum += number(w)
	}
	return float64(sum)
}

// applicationCollector collects the gauges of an application in JavaScript.
type applicationCollector struct {
	opts   Options
	gauges gauges[*applicationState]
}

func newApplicationCollector(opts Options) *applicationCollector {
	c := &applicationCollector{opts: opts}
	add := func(kind prometheus.ValueType, name, help string, value func(*applicationState) float64) {
		c.gauges.add(kind, desc(name, help), value)
	}
	states := desc("workers", "Workers by their state; one that backs off refuses requests, because its engines have failed repeatedly.", "state")
	for state, label := range workerStates {
		c.gauges.add(prometheus.GaugeValue, states, func(s *applicationState) float64 {
			return s.sum(func(w Worker) uint64 { return uint64(oneIf(w.State == state)) })
		}, label)
	}
	add(prometheus.GaugeValue, "worker_queue_events", "Events that wait for a worker.",
		func(s *applicationState) float64 { return s.sum(func(w Worker) uint64 { return uint64(w.Queued) }) }) //nolint:gosec // is not negative
	add(prometheus.GaugeValue, "worker_queue_oldest_seconds", "Age of the event that has waited for its worker for longest.",
		(*applicationState).longestWait)
	add(prometheus.GaugeValue, "objects", "Durable Objects in memory.",
		func(s *applicationState) float64 { return s.sum(func(w Worker) uint64 { return uint64(w.Objects) }) }) //nolint:gosec // is not negative
	add(prometheus.CounterValue, "object_wakes_total", "Durable Objects that were constructed for an event.",
		func(s *applicationState) float64 { return s.sum(func(w Worker) uint64 { return w.Wakes }) })
	add(prometheus.CounterValue, "worker_sleeps_total", "How often workers have fallen asleep because they had nothing to do.",
		func(s *applicationState) float64 { return s.sum(func(w Worker) uint64 { return w.Sleeps }) })
	add(prometheus.CounterValue, "worker_posts_dropped_total", "Messages of BroadcastChannels that were dropped because a worker was too busy.",
		func(s *applicationState) float64 { return s.sum(func(w Worker) uint64 { return w.DroppedPosts }) })
	if opts.Generation != nil {
		add(prometheus.GaugeValue, "generation", "Number of the version of the application in use, counted from 1.",
			func(s *applicationState) float64 { return float64(s.generation) })
	}
	if opts.Storage != nil {
		c.addStorage(add)
	}
	return c
}

// addStorage adds the status of what the application stores.
func (c *applicationCollector) addStorage(add func(kind prometheus.ValueType, name, help string, value func(*applicationState) float64)) {
	add(prometheus.GaugeValue, "storage_databases", "Databases of Durable Objects and namespaces that are open.",
		func(s *applicationState) float64 { return float64(s.storage.Databases) })
	add(prometheus.GaugeValue, "storage_queued_bytes", "Bytes of transactions that wait for the disk.",
		func(s *applicationState) float64 { return float64(s.storage.Queued) })
	add(prometheus.CounterValue, "storage_commits_total", "Transactions that were made durable.",
		func(s *applicationState) float64 { return float64(s.storage.Commits) })
	add(prometheus.CounterValue, "storage_syncs_total", "Syncs of the log that the transactions took.",
		func(s *applicationState) float64 { return float64(s.storage.Syncs) })
}

// longestWait returns the age in seconds of the event that has waited for longest.
func (s *applicationState) longestWait() float64 {
	var longest time.Duration
	for _, w := range s.workers {
		longest = max(longest, w.Waited)
	}
	return longest.Seconds()
}

// Describe implements prometheus.Collector.
func (c *applicationCollector) Describe(to chan<- *prometheus.Desc) { c.gauges.describe(to) }

// Collect implements prometheus.Collector.
func (c *applicationCollector) Collect(to chan<- prometheus.Metric) {
	state := &applicationState{workers: c.opts.Workers()}
	if c.opts.Generation != nil {
		state.generation = c.opts.Generation()
	}
	if c.opts.Storage != nil {
		state.storage = c.opts.Storage()
	}
	c.gauges.collect(to, state)
}
