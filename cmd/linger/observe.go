package main

import (
	"cmp"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/worker"
)

// measurements are the metrics of an application, which the administration serves.
type measurements struct {
	metrics   *metrics.Metrics
	app       *worker.App // nil before handler is called
	listeners *listeners  // nil before handler is called
}

// entryCounter counts what is refused before it is a request, and hand-overs. *metrics.Metrics is one.
type entryCounter interface {
	TLSFailure()
	HeaderRefused(reason string)
	HandoverBegun()
	HandoverFailed()
	HandoverTaken(connections int)
}

// uncounted is the entryCounter of a server without metrics.
type uncounted struct{}

func (uncounted) TLSFailure()          {}
func (uncounted) HeaderRefused(string) {}
func (uncounted) HandoverBegun()       {}
func (uncounted) HandoverFailed()      {}
func (uncounted) HandoverTaken(int)    {}

// newMeasurements returns the metrics of an application with options.
func newMeasurements(o *worker.Options) *measurements {
	m := &measurements{}
	node, _ := o.Server.Cluster.(*member) // nil without a cluster
	m.metrics = metrics.New(metrics.Options{
		Version: versionNumber(), Revision: revision(), Engine: worker.EngineVersion, Runtime: cmp.Or(o.Runtime.Name, string(embedded)),
		Workers:      m.workers,
		Certificates: func() []metrics.Certificate { return m.listeners.ends() },
		Generation:   func() int { return m.app.Generation() },
		Storage: func() metrics.Storage {
			now := m.app.Storage()
			return metrics.Storage{Databases: now.Databases, Queued: now.Queued, Commits: now.Commits, Syncs: now.Syncs}
		},
		Cluster: node.measure(m.objects),
	})
	if node != nil {
		node.called = m.metrics.ClusterCall
	}
	return m
}

// objects returns what the application does for the objects of its cluster.
func (m *measurements) objects() metrics.ClusterObjects {
	s := m.app.Cluster()
	return metrics.ClusterObjects{
		Owned: s.Owned, LeaseRemaining: s.LeaseRemaining, Placed: s.Placements, TakenOver: s.Takeovers, Lost: s.LeasesLost,
		ShippedBytes: s.ShippedBytes, Pending: s.PendingBytes, Oldest: s.PendingAge, Restored: s.Restored,
		Sent: s.Sent, Received: s.Received, Moved: s.Moved, Failed: s.Failed, Dropped: s.Dropped, AlarmsDropped: s.AlarmsDropped,
		WebSockets: metrics.ClusterWebSockets(s.WebSockets),
	}
}

// observe adds what the metrics count to the options of an application.
func (m *measurements) observe(o *worker.Options) {
	o.Server.Trace = linger.Traces(o.Server.Trace, m.metrics.Trace())
	o.Trace = worker.Traces(o.Trace, &worker.Trace{
		Handled:  m.metrics.Event,
		Replaced: func(_ int, reason, _ string) { m.metrics.Restart(reason) },
		Reloaded: func(_ int, _ time.Duration, err error) { m.metrics.Reload(err) },
		Failed:   func(worker.Failure) { m.metrics.Failure() },
	})
}

// handler returns the handler that serves the metrics of the application, which has been loaded, and of its listeners.
func (m *measurements) handler(app *worker.App, ls *listeners) http.Handler {
	m.app, m.listeners = app, ls
	m.metrics.Observe(app.Server())
	return m.metrics.Handler()
}

// workers returns the status of the workers in the form of the metrics.
func (m *measurements) workers() []metrics.Worker {
	list := m.app.Workers()
	workers := make([]metrics.Worker, 0, len(list))
	for _, s := range list {
		workers = append(workers, metrics.Worker{
			State: s.State, Queued: s.Queued, Waited: s.Waited, Objects: s.Objects, Sleeps: s.Sleeps, Wakes: s.Wakes, DroppedPosts: s.DroppedPosts,
		})
	}
	return workers
}

// revision returns the revision of the source that the Go tool has recorded in the binary, or "" if there is none.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
