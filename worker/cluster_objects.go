package worker

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/loglimit"
	"github.com/lingerws/linger/worker/internal/script"
)

// objectService is the service of a node that gets the events of its objects from other nodes.
const objectService = "objects"

// clusterObjects places the objects of an application on the nodes of its cluster, and exchanges their events with the other nodes.
type clusterObjects struct {
	app     *App
	node    string
	cluster linger.Cluster
	leases  *lease.Manager // set when started is closed; nil before start
	alarms  *clusterAlarms

	draining  bool        // the server is drained, so the objects leave; only run uses it
	suspended atomic.Bool // the lease is with another process
	inherited string      // the incarnation with which another process had the lease; set before start

	starting sync.Mutex // held by start and end
	started  chan struct{}
	process  uint64 // random

	ctx    context.Context //nolint:containedctx // it ends with the application
	cancel context.CancelFunc
	stop   []func() // end what start has begun; guarded by starting

	numbers atomic.Uint64 // the last number of a call or a stream
	counts  clusterCounts
	limit   loglimit.Limiter[string]

	mu          sync.Mutex
	routes      map[objectKey]*route
	sessions    map[string]*session
	lastSession uint64 // the last number of a session
}

// clusterCounts are the counters of ClusterStatus.
type clusterCounts struct {
	owned                         atomic.Int64
	sent, received, moved, failed atomic.Uint64
	dropped                       atomic.Uint64
}

const (
	maxRoutes      = 65536           // the objects of other nodes whose owners are kept in memory; others are looked up for each event
	checkAfter     = 5 * time.Second // the age of a call at which the other node is asked about it, and the time between two checks
	routeIdle      = 30 * time.Second
	objectIdle     = time.Minute      // the time without events after which an object that was evicted is released
	maxSendTime    = time.Minute      // the time in which a long record is sent
	logPeriod      = 10 * time.Second // of similar log lines
	logLines       = 3
	firstLease     = 2 * time.Second  // how long the start waits for the lease; then it goes on, and the lease is taken in the background
	clusterTimeout = 10 * time.Second // bounds each of the steps in which the application ends, and in which an object leaves
)

// newClusterObjects returns the objects of an application with Options.Shared.
func newClusterObjects(a *App) *clusterObjects {
	ctx, cancel := context.WithCancel(context.Background())
	cluster := a.server.Cluster()
	var process [8]byte
	_, _ = rand.Read(process[:]) // never fails
	return &clusterObjects{
		alarms: newClusterAlarms(a),
		app:    a, node: cluster.Node(), cluster: cluster, process: binary.BigEndian.Uint64(process[:]) | 1, ctx: ctx, cancel: cancel, started: make(chan struct{}),
		limit:  loglimit.Limiter[string]{Period: logPeriod, Lines: logLines},
		routes: map[objectKey]*route{}, sessions: map[string]*session{},
	}
}

// start takes the lease of the node, and serves other nodes from now on. If the store does not answer, the lease is taken later, and objects wait for that.
func (all *clusterObjects) start() error {
	all.starting.Lock()
	defer all.starting.Unlock()
	if all.ctx.Err() != nil {
		return ErrStopped
	}
	wait := firstLease
	if !all.app.stores {
		wait = 0 // the application has no objects
	}
	ctx, cancel := context.WithTimeout(all.ctx, wait)
	defer cancel()
	shared := all.app.opts.Shared
	all.app.replicas.alarmSet = all.alarms.set
	all.leases = lease.New(lease.Options{
		Store: shared.Store, Node: all.node, TTL: shared.Lease, Nodes: all.cluster.Nodes, Lost: all.lost, Ended: all.alarms.nodeEnded, Logger: all.app.opts.Logger, Incarnation: all.inherited,
	})
	switch err := all.leases.Start(ctx); {
	case errors.Is(err, lease.ErrNameTaken):
		return err
	case err != nil && all.app.stores:
		all.report("the node has no lease yet and goes on trying; events of Durable Objects wait for that", "", "error", err)
	}
	close(all.started)
	stop, err := all.cluster.Serve(objectService, all.serve)
	if err != nil {
		return err
	}
	all.stop = append(all.stop, stop, all.cluster.Watch(all.changed))
	go all.run()
	go all.alarms.run(all.ctx)
	return nil
}

// errNoCluster is the error of Options.Shared without a cluster.
var errNoCluster = problem("Options.Shared needs Options.Server.Cluster, which connects the nodes that share the objects: set both or none")

// joinCluster prepares what the objects of several nodes need, if the application has Options.Shared.
func (a *App) joinCluster() error {
	a.replicas = newReplicas(a)
	if a.opts.Shared == nil {
		return nil
	}
	if a.opts.Server.Cluster == nil {
		return errNoCluster
	}
	a.cluster = newClusterObjects(a)
	a.sockets = newClusterSockets(a, a.server.Cluster(), a.cluster, a.opts.Shared.Lease)
	return nil
}

// startCluster makes this node an owner of objects, if the application has Options.Shared.
func (a *App) startCluster() error {
	if a.cluster == nil {
		return nil
	}
	if err := a.cluster.start(); err != nil {
		return fmt.Errorf("the node cannot take its lease for Durable Objects: %w", err)
	}
	return a.sockets.start()
}

// leaveCluster gives all objects up as planned, while their events in progress can finish.
func (a *App) leaveCluster() {
	if a.cluster == nil || !closed(a.cluster.started) {
		return
	}
	inTime(a.cluster.leaveAll)
}

// endCluster ends what startCluster has begun.
func (a *App) endCluster() {
	if a.cluster != nil {
		a.cluster.end()
		a.sockets.end()
	}
}

// end gives up all objects of this node and its lease. The workers have ended, or start has returned an error.
func (all *clusterObjects) end() {
	if !closed(all.started) {
		all.cancel() // start does not wait for the lease any more
	}
	all.starting.Lock()
	defer all.starting.Unlock()
	for _, stop := range all.stop {
		stop()
	}
	if closed(all.started) {
		inTime(all.leaveAll)
		inTime(all.alarms.write)
	}
	if all.leases != nil {
		inTime(all.closeLease)
	}
	all.cancel()
	all.refuse(objectUnplaced)
	all.mu.Lock()
	sessions := slices.Collect(maps.Values(all.sessions))
	all.mu.Unlock()
	for _, p := range sessions {
		_ = p.send(&objectRecord{kind: recordLeft}) // otherwise the node is found missing later
		p.end()
	}
	all.limit.Flush()
}

// inTime calls a step of the end of an application with a bound of its own, so that one that takes long does not leave the next without time.
func inTime(step func(ctx context.Context)) {
	ctx, cancel := context.WithTimeout(context.Background(), clusterTimeout)
	defer cancel()
	step(ctx)
}

// closeLease gives up the lease of the node.
func (all *clusterObjects) closeLease(ctx context.Context) {
	if err := all.leases.Close(ctx); err != nil {
		all.report("the lease of the node was not given up; other nodes take over its objects when it has lapsed", "", "error", err)
	}
}

// run checks what waits, until the application ends.
func (all *clusterObjects) run() {
	clock := time.NewTicker(checkAfter)
	defer clock.Stop()
	for {
		select {
		case <-all.ctx.Done():
			return
		case now := <-clock.C:
			all.check(now)
		}
	}
}

// check looks for what has waited for too long, and for what is not needed any more.
func (all *clusterObjects) check(now time.Time) {
	all.changed()
	all.followDrain()
	all.mu.Lock()
	sessions := slices.Collect(maps.Values(all.sessions))
	routes := slices.Collect(maps.Values(all.routes))
	idle := map[*route]bool{}
	for _, r := range routes {
		idle[r] = r.uses == 0 && now.Sub(r.used) >= routeIdle
	}
	all.mu.Unlock()
	for _, p := range sessions {
		p.check(now)
	}
	for _, r := range routes {
		r.expire(now)
		if idle[r] {
			all.retire(r, now)
		}
	}
}

// retire forgets a route that was not used for some time, and releases its object if it is here and was evicted.
func (all *clusterObjects) retire(r *route, now time.Time) {
	r.mu.Lock()
	state, o := r.state, r.object
	r.mu.Unlock()
	if state == away || state == unplaced {
		all.forget(r)
	}
	if state == here {
		all.mu.Lock()
		long := r.uses == 0 && now.Sub(r.used) >= objectIdle
		all.mu.Unlock()
		if long && o.isUnused() {
			go func() {
				ctx, cancel := context.WithTimeout(all.ctx, clusterTimeout)
				defer cancel()
				all.leave(ctx, r)
			}()
		}
	}
}

// forget removes a route that is not used.
func (all *clusterObjects) forget(r *route) {
	all.mu.Lock()
	defer all.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.uses == 0 && (r.state == away || r.state == unplaced) {
		delete(all.routes, objectKey{r.ref.Class, r.ref.ID})
	}
}

// receiver returns the receiver of an event for an object. done must be called.
func (all *clusterObjects) receiver(ref script.ObjectRef) *delivery {
	return &delivery{route: all.use(ref)}
}

// use returns the route of an object and counts one more use of it. done must be called.
func (all *clusterObjects) use(ref script.ObjectRef) *route {
	all.mu.Lock()
	defer all.mu.Unlock()
	key := objectKey{ref.Class, ref.ID}
	r := all.routes[key]
	if r == nil {
		r = &route{all: all, ref: ref, key: leaseKey(ref)}
		all.routes[key] = r
	}
	if r.ref.Name == "" && ref.Name != "" {
		r.mu.Lock()
		r.ref.Name = ref.Name
		r.mu.Unlock()
	}
	r.uses++
	return r
}

// done ends a use of a route.
func (all *clusterObjects) done(r *route) {
	all.mu.Lock()
	r.uses--
	r.used = time.Now()
	many := r.uses == 0 && len(all.routes) > maxRoutes
	all.mu.Unlock()
	if many {
		all.forget(r)
	}
}

// leaseKey returns the key of the lease of an object.
func leaseKey(ref script.ObjectRef) string { return lease.ObjectKey("object/", ref.Class, ref.ID) }

// holds returns the fencing token of an object, and reports whether this node owns it.
func (all *clusterObjects) holds(ref script.ObjectRef) (token uint64, ok bool) {
	if !closed(all.started) {
		return 0, false
	}
	return all.leases.Holds(leaseKey(ref))
}

// place returns the node that owns an object, which this node takes if it should have it. It blocks until that is known, with the storage of the object restored.
func (all *clusterObjects) place(ctx context.Context, ref script.ObjectRef) (node string, err error) {
	d := all.receiver(ref)
	defer d.done()
	found := make(chan string, 1)
	d.event = &event{}
	d.located = func(node string) { found <- node }
	d.until = time.Now().Add(all.app.config().opts.EventTimeout)
	if failure := d.route.add(d); failure != "" {
		return "", errors.New(failure)
	}
	select {
	case node := <-found:
		if node == "" {
			return "", errUnplaced
		}
		return node, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// unsettle makes the next event of an object look for its owner again, unless this node owns it.
func (all *clusterObjects) unsettle(ref script.ObjectRef) {
	r := all.use(ref)
	defer all.done(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == away {
		r.state = unplaced
		r.run()
	}
}

// errUnplaced is the error of an object for which no owner was found in time.
var errUnplaced = errors.New("worker: no node could take the object in time: the store of the cluster does not answer, or the owner has ended and its lease has not lapsed; retry")

// session returns the session with another node.
func (all *clusterObjects) session(node string) *session {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.sessionLocked(node)
}

func (all *clusterObjects) sessionLocked(node string) *session {
	p := all.sessions[node]
	if p == nil {
		all.lastSession++
		p = newSession(all, node, sessionID{all.process, all.lastSession}, nil)
		all.sessions[node] = p
	}
	return p
}

// nextNumber returns a number for a call or a stream.
func (all *clusterObjects) nextNumber() uint64 { return all.numbers.Add(1) }

// serve handles a record of another node. It does not block.
func (all *clusterObjects) serve(from string, record []byte, _ func([]byte)) {
	r, err := parseObjectRecord(record)
	if err != nil {
		all.counts.dropped.Add(1)
		all.report("a record of another node was dropped", from, "error", err)
		return
	}
	all.mu.Lock()
	p := all.sessionLocked(from)
	var last *session
	switch p.receive(r) {
	case outdated:
		all.mu.Unlock()
		all.counts.dropped.Add(1)
		return
	case renewed:
		last, p = p, p.successor(r)
		all.sessions[from] = p
	case current:
	}
	all.mu.Unlock()
	if last != nil {
		last.end()
	}
	p.handle(r)
}

// changed ends the sessions with nodes that have left the cluster.
func (all *clusterObjects) changed() {
	nodes := all.cluster.Nodes()
	var gone []*session
	all.mu.Lock()
	for node, p := range all.sessions {
		if !slices.Contains(nodes, node) || p.hasEnded() {
			delete(all.sessions, node)
			gone = append(gone, p)
		}
	}
	all.mu.Unlock()
	for _, p := range gone {
		p.end()
	}
}

// lost gives up all objects, because the lease of this node has lapsed.
func (all *clusterObjects) lost() {
	for _, r := range all.allRoutes() {
		r.lose()
	}
}

// allRoutes returns the routes.
func (all *clusterObjects) allRoutes() []*route {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Collect(maps.Values(all.routes))
}

// report logs what concerns another node; "" for none. Similar lines are limited.
func (all *clusterObjects) report(text, node string, attrs ...any) {
	if node != "" {
		attrs = append(attrs, "node", node)
	}
	logger := all.app.opts.Logger
	if all.limit.Allow(text, func(suppressed int) { logger.Warn(text, "more", suppressed) }) {
		logger.Log(context.Background(), slog.LevelWarn, text, attrs...)
	}
}

// reportPlacing logs why an object could not be placed.
func (all *clusterObjects) reportPlacing(ref script.ObjectRef, err error) {
	all.report("a Durable Object could not be placed; it is tried again", "", "class", ref.Class, "object", ref.ID, "error", err)
}
