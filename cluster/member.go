package cluster

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// members are the processes of the cluster, by their heartbeats. All changes are made on the goroutine of run.
type members struct {
	node    *Node
	beats   chan beat     // that have arrived; what it cannot take is dropped, and the next beat comes a second later
	changes chan struct{} // has room for one value; sent when this process has to send a beat at once
	names   atomic.Pointer[[]string]

	mu      sync.RWMutex
	term    uint64
	active  bool      // this process serves the services of its node
	joined  bool      // Join has returned it
	lastOwn time.Time // when another process of this node has sent a beat, while this one replaces it

	// This process replaces another one of its node, which has not ended yet, or may not have.
	replacing bool
	others    map[address]*member
	servers   map[string]address // the process of each other node that serves
	watchers  map[*watcher]struct{}
	taken     chan struct{} // closed when another process that does not replace this one has its name
}

type member struct {
	beat
	lastSeen time.Time
}

type watcher struct{ changed func() }

// maxMembers bounds the processes of a cluster that are known.
const maxMembers = 2000

func (ms *members) init(n *Node) {
	ms.node = n
	ms.beats, ms.changes, ms.taken = make(chan beat, 1024), make(chan struct{}, 1), make(chan struct{})
	ms.others, ms.servers, ms.watchers = map[address]*member{}, map[string]address{}, map[*watcher]struct{}{}
	ms.active, ms.replacing = !n.opts.Replace, n.opts.Replace
	ms.lastOwn = time.Now()
	ms.names.Store(&[]string{n.self.node})
}

// Node implements [linger.Cluster].
func (n *Node) Node() string { return n.self.node }

// Nodes implements [linger.Cluster]. A node is missing after five seconds without a heartbeat, or when it has left.
func (n *Node) Nodes() []string { return slices.Clone(*n.members.names.Load()) }

// Watch implements [linger.Cluster]. If a node joins again before its end was noticed, changed is called twice.
func (n *Node) Watch(changed func()) (stop func()) {
	w := &watcher{changed}
	n.members.mu.Lock()
	defer n.members.mu.Unlock()
	n.members.watchers[w] = struct{}{}
	return func() {
		n.members.mu.Lock()
		defer n.members.mu.Unlock()
		delete(n.members.watchers, w)
	}
}

// TakeOver moves the services of the node to this process, which has joined with Options.Replace. Nodes that have been
// notified of that send no more records for services to the process that it replaces. An embedded server takes over the address and the folder of the other process when that has
// ended. TakeOver does not wait for any of that.
func (n *Node) TakeOver() {
	n.taking.Do(func() {
		n.activate()
		n.records.call(func(c *nats.Conn) {
			_ = c.FlushTimeout(time.Second) // the server knows the subscriptions before the others send to them
			n.members.mu.Lock()
			n.members.active = true
			n.members.mu.Unlock()
			n.members.announce()
		})
		if n.server != nil && n.opts.Replace {
			n.running.Go(n.takeOverServer)
		}
	})
}

func (n *Node) takeOverServer() {
	if err := n.server.takeOver(n.storage.context); err != nil && n.storage.context.Err() == nil {
		n.logger.Error("the embedded NATS server did not take over the address and the folder of the other process", "error", err)
	}
}

// announce sends a beat soon.
func (ms *members) announce() {
	select {
	case ms.changes <- struct{}{}:
	default:
	}
}

// serving returns the process of another node that serves.
func (ms *members) serving(node string) (address, bool) {
	ms.mu.RLock()
	defer ms.mu.RUnlock()
	a, ok := ms.servers[node]
	return a, ok
}

// arrived queues a beat.
func (ms *members) arrived(m *nats.Msg) {
	b, ok := parseBeat(m.Data)
	if !ok {
		ms.node.drop(faultMalformed, m.Subject)
		return
	}
	select {
	case ms.beats <- b:
	default:
		ms.node.drop(faultOverrun, m.Subject)
	}
}

// run handles beats, and sends those of this process, until the node ends.
func (ms *members) run() {
	ticker := time.NewTicker(heartbeatInterval)
	defer ticker.Stop()
	for {
		select {
		case b := <-ms.beats:
			ms.handle(b)
		case <-ms.changes:
			ms.send(beatAlive)
		case <-ticker.C:
			ms.send(beatAlive)
			ms.expire()
		case <-ms.node.ended:
			return
		}
	}
}

// send queues a beat of this process.
func (ms *members) send(kind beatKind) {
	n := ms.node
	ms.mu.RLock()
	b := beat{from: n.self, kind: kind, term: ms.term, serving: ms.active, replace: ms.replacing, joined: ms.joined, version: n.opts.Version}
	ms.mu.RUnlock()
	// The error means that the queue is full or the link broken, so the others do not see this node, which is right.
	_ = n.control.send(outgoing{message: nats.Msg{Subject: n.subjects.members(), Data: b.record()}})
}

// handle takes in a beat.
func (ms *members) handle(b beat) {
	n := ms.node
	if b.from == n.self {
		return
	}
	if b.kind == beatLeave {
		ms.remove(b.from)
		return
	}
	if b.kind == beatHello {
		ms.send(beatAlive)
	}
	if b.from.node == n.self.node {
		ms.handleOwn(b)
		return
	}
	ms.mu.Lock()
	known, full := ms.others[b.from] != nil, len(ms.others) >= maxMembers
	ms.mu.Unlock()
	if !known && full {
		n.warn(kindMembers, "there are too many nodes, one is ignored", "node", b.from.node)
		return
	}
	if !known && !b.replace {
		ms.removeNode(b.from.node) // it has ended and joined again
	}
	ms.change(func() bool {
		last := ms.others[b.from]
		ms.others[b.from] = &member{b, time.Now()}
		return last == nil || last.serving != b.serving || last.term != b.term
	})
}

// handleOwn takes in a beat of another process that has the name of this node. That is not a fault if one of them replaces the other.
func (ms *members) handleOwn(b beat) {
	n := ms.node
	ms.mu.Lock()
	defer ms.mu.Unlock()
	switch {
	case ms.replacing:
		ms.lastOwn = time.Now()
		if !ms.active || b.serving && !b.replace {
			ms.term = max(ms.term, b.term+1)
		}
	case ms.joined && !b.replace && b.joined:
		n.warn(kindMembers, "another process of the cluster has the name of this node; end one of them")
	case !ms.joined && (b.joined || b.from.incarnation < n.self.incarnation): // of two that join at the same time, the one with the higher incarnation gives up
		select {
		case <-ms.taken:
		default:
			close(ms.taken)
		}
	}
}

// expire removes the processes that have sent nothing for missingAfter.
func (ms *members) expire() {
	ms.mu.Lock()
	if ms.active && time.Since(ms.lastOwn) > missingAfter {
		ms.replacing = false
	}
	var gone []address
	for a, m := range ms.others {
		if time.Since(m.lastSeen) > missingAfter {
			gone = append(gone, a)
		}
	}
	ms.mu.Unlock()
	for _, a := range gone {
		ms.remove(a)
	}
}

// removeNode removes all processes of a node.
func (ms *members) removeNode(node string) {
	ms.mu.RLock()
	var gone []address
	for a := range ms.others {
		if a.node == node {
			gone = append(gone, a)
		}
	}
	ms.mu.RUnlock()
	for _, a := range gone {
		ms.remove(a)
	}
}

// remove removes a process that has ended, and ends what waits for it.
func (ms *members) remove(a address) {
	ms.change(func() bool {
		known := ms.others[a] != nil
		delete(ms.others, a)
		return known
	})
	ms.node.forget(a)
}

// change changes others, and calls the watchers if that has changed the nodes. do reports whether it may have.
func (ms *members) change(do func() bool) {
	ms.mu.Lock()
	if !do() {
		ms.mu.Unlock()
		return
	}
	clear(ms.servers)
	names := []string{ms.node.self.node}
	for a, m := range ms.others {
		names = append(names, a.node)
		if s, ok := ms.servers[a.node]; m.serving && (!ok || ms.others[s].term < m.term) {
			ms.servers[a.node] = a
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	changed := !slices.Equal(names, *ms.names.Load())
	ms.names.Store(&names)
	var watchers []*watcher
	if changed {
		for w := range ms.watchers {
			watchers = append(watchers, w)
		}
	}
	ms.mu.Unlock()
	if changed {
		ms.node.logger.Info("the nodes of the cluster have changed", "nodes", names)
	}
	for _, w := range watchers {
		w.changed()
	}
}
