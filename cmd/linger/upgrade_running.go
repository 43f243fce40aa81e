package main

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/worker"
)

// moving is an application whose connections move to another process.
type moving struct{ app *worker.App }

// handOver implements transferable.
func (m moving) handOver(ctx context.Context, t transfer) (transferReport, error) {
	r, err := m.app.Handover(ctx, t.link, linger.HandoverOptions{
		Version: t.version, Timeout: time.Duration(t.limits.HandoverTimeout), Drain: time.Duration(t.limits.HandoverDrain), Linger: time.Duration(t.limits.HandoverLinger),
		Pause: t.pause, Resume: t.resume, Committed: t.committed, Requests: t.requests, Progress: t.progress, Kill: t.kill, Exited: t.exited,
	})
	return transferReport{
		version: r.Version, committed: r.Committed, moved: r.Moved, fixed: reasons(r.Stayed, ""), givenUp: r.GivenUp, rounds: r.Rounds, lost: r.Lost,
		pause: r.Pause, total: r.Total,
	}, err
}

// fixed implements transferable.
func (m moving) fixed() (movable int, fixed []admin.UpgradeFixed) {
	result := m.app.Movable()
	return result.Move, append(reasons(result.Stay, "stays until it ends: "), reasons(result.Close, "is closed with 1012: ")...)
}

// left implements transferable.
func (m moving) left() int { return m.app.Server().Count() }

// reasons returns numbers of connections in the form of the administration, ordered by the reason.
func reasons(connections map[string]int, prefix string) []admin.UpgradeFixed {
	list := []admin.UpgradeFixed{}
	for reason, n := range connections {
		list = append(list, admin.UpgradeFixed{Reason: prefix + reason, Connections: n})
	}
	slices.SortFunc(list, func(a, b admin.UpgradeFixed) int { return strings.Compare(a.Reason, b.Reason) })
	return list
}

// transferable returns what an upgrade hands over.
func (r *running) transferable() transferable { return moving{r.app} }

// handoverFlags returns the flags for upgrades in force.
func (r *running) handoverFlags() handoverFlags { return r.current.Load().handoverFlags }

// receive takes over from an old process.
func (r *running) receive(ctx context.Context, link *net.UnixConn, old *predecessor) error {
	return r.app.Receive(ctx, link, linger.ReceiveOptions{
		Version: versionNumber(), Terms: old.terms, Started: r.started.member.takeOver, Ended: old.ended,
	})
}

// retryReload reloads after an upgrade has failed, if a reload was refused because of it.
func (r *running) retryReload() {
	if r.refused.Swap(false) {
		r.reloadSoon()
	}
}

// loader returns what loads the application of this process. It may be called on nil.
func (p *predecessor) loader() loader {
	if p == nil {
		return worker.Load
	}
	return worker.LoadForHandover
}

// observe counts the connections that move to this process. It may be called on nil.
func (p *predecessor) observe(o *worker.Options) {
	if p == nil {
		return
	}
	o.Server.Trace = linger.Traces(o.Server.Trace, &linger.Trace{MovedIn: func(*linger.Socket) { p.moved.Add(1) }})
}

// movedIn is the number of connections that have moved to this process.
type movedIn = atomic.Int64

// reasonProxy is why the connections of a proxy do not move.
const reasonProxy = "stays until it ends: the connections of linger proxy do not move"

// transferable returns what an upgrade hands over.
func (r *runningProxy) transferable() transferable {
	return staying{server: drainableProxy{r.proxy}, reason: reasonProxy}
}

// handoverFlags returns the flags for upgrades in force.
func (r *runningProxy) handoverFlags() handoverFlags { return r.current.Load().handoverFlags }

// receive takes over from an old process.
func (r *runningProxy) receive(ctx context.Context, link *net.UnixConn, old *predecessor) error {
	return receiveListeners(ctx, link, old)
}
