package worker

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/loglimit"
	"github.com/lingerws/linger/internal/ordered"
	"github.com/lingerws/linger/worker/internal/script"
)

// socketService is the service of a node for WebSockets whose connection and object are on different nodes.
const socketService = "sockets"

// clusterSockets connects WebSockets of objects with connections of other nodes. The connection stays on its node, where it is a relay: its events go to the
// owner of the object, which has a distant in place of a connection. All records between two nodes go through one stream, which keeps their order and loses
// none, or ends. A link, a random number, identifies a connection on both sides.
type clusterSockets struct {
	app     *App
	cluster linger.Cluster
	owners  owners
	mesh    *ordered.Mesh
	bound   time.Duration // the time without an owner after which a connection is closed
	limit   loglimit.Limiter[string]
	counts  socketCounts

	ctx     context.Context //nolint:containedctx // it ends with the application
	cancel  context.CancelFunc
	placing chan struct{} // has an element for each object that is being placed

	starting sync.Mutex // held by start and end
	stop     []func()   // end what start has begun; guarded by starting

	mu         sync.Mutex
	relays     map[uint64]*relay
	objects    map[objectKey]*relayedObject
	distants   map[uint64]*distant
	acquiring  map[objectKey][]attachment // wait until this node has the object
	former     formerConnections
	suspended  map[uint64]*suspendedSocket
	suspending bool                // a hand-over has begun: connections are not attached
	unsettled  map[*relay]struct{} // those whose send queue was not empty, or whose events did not fit into the stream
	clock      *time.Timer         // looks at unsettled; nil if there is none
}

// owners finds the nodes that own objects.
type owners interface {
	place(ctx context.Context, ref script.ObjectRef) (node string, err error) // blocks; this node takes the object if it should have it
	holds(ref script.ObjectRef) (token uint64, ok bool)                       // reports whether this node has the object, and its fencing token
	unsettle(ref script.ObjectRef)                                            // makes place look for the owner again, unless this node owns the object
}

// socketCounts are counters of what happens to WebSockets between nodes.
type socketCounts struct {
	sent, received    atomic.Uint64 // events that were sent to owners, and that owners have received
	moved             atomic.Uint64 // connections that were attached to another owner
	closed            atomic.Uint64 // connections that were closed because their object had no owner in time, or did not accept them
	dropped, tooSlow  atomic.Uint64 // records that were dropped; connections that were closed because they read too slowly
	interruptedEvents atomic.Uint64 // events that may not have been completed, because the owner has ended
}

// Bounds of WebSockets between nodes.
const (
	maxPlacing      = 64                    // the objects that are placed at the same time
	maxDistants     = 1 << 20               // the connections of other nodes
	maxSentEvents   = 256                   // the events of a connection that were sent and not begun
	maxSentBytes    = 1 << 20               // their size
	maxAcquiring    = 5 * time.Second       // bounds one attempt to find an owner
	settlePause     = 50 * time.Millisecond // the time between two looks at send queues
	takenStep       = 64 << 10              // the bytes after which the owner is notified at once
	socketLogPeriod = 10 * time.Second
	socketLogLines  = 3
)

// newClusterSockets returns the WebSockets of an application between the nodes of a cluster. A stream to a node that is silent for
// lease ends.
func newClusterSockets(a *App, cluster linger.Cluster, owners owners, lease time.Duration) *clusterSockets {
	if lease <= 0 {
		lease = defaultLease
	}
	ctx, cancel := context.WithCancel(context.Background())
	all := &clusterSockets{
		app: a, cluster: cluster, owners: owners, bound: 3 * lease, ctx: ctx, cancel: cancel, placing: make(chan struct{}, maxPlacing),
		limit:  loglimit.Limiter[string]{Period: socketLogPeriod, Lines: socketLogLines},
		relays: map[uint64]*relay{}, objects: map[objectKey]*relayedObject{}, distants: map[uint64]*distant{},
		acquiring: map[objectKey][]attachment{}, unsettled: map[*relay]struct{}{}, suspended: map[uint64]*suspendedSocket{},
	}
	all.mesh = ordered.New(ordered.Options{
		Send: func(node string, frame []byte) {
			if err := cluster.Send(node, socketService, frame); err != nil {
				all.report("a record for another node was not sent; it is sent again", "node", node, "error", err)
			}
		},
		Receive: all.receive,
		Lost:    func(s *ordered.Stream) { go all.lost(s) }, // it may be called while a relay is locked
		Timeout: lease,
	})
	return all
}

// defaultLease is the default of Shared.Lease.
const defaultLease = 10 * time.Second

// start serves other nodes from now on. The error is [ErrStopped] after end, or that of [linger.Cluster].
func (all *clusterSockets) start() error {
	all.starting.Lock()
	defer all.starting.Unlock()
	if all.ctx.Err() != nil {
		return ErrStopped
	}
	stop, err := all.cluster.Serve(socketService, func(from string, record []byte, _ func([]byte)) {
		if err := all.mesh.Arrived(from, record); err != nil {
			all.drop(from, err)
		}
	})
	if err != nil {
		return err
	}
	all.stop = []func(){stop, all.cluster.Watch(all.changed)}
	all.findAll() // connections that have come from another process
	return nil
}

// end ends all links. The other nodes are notified.
func (all *clusterSockets) end() {
	if all == nil {
		return
	}
	all.starting.Lock()
	defer all.starting.Unlock()
	for _, stop := range all.stop {
		stop()
	}
	all.cancel()
	all.mesh.Close()
	all.mu.Lock()
	if all.clock != nil {
		all.clock.Stop()
	}
	all.mu.Unlock()
	all.limit.Flush()
}

// changed drops the streams to nodes that have left the cluster, unless they are in use: they may come back before the lease has lapsed.
func (all *clusterSockets) changed() {
	nodes := all.cluster.Nodes()
	for _, node := range all.mesh.Nodes() {
		if !slices.Contains(nodes, node) {
			all.mesh.Leave(node)
		}
	}
}

// drop counts and logs a record that another node should not have sent.
func (all *clusterSockets) drop(node string, err error) {
	all.counts.dropped.Add(1)
	all.report("a record of another node, about a WebSocket, was dropped", "node", node, "error", err)
}

// report logs a warning. Similar ones are limited.
func (all *clusterSockets) report(text string, attrs ...any) {
	logger := all.app.opts.Logger
	if all.limit.Allow(text, func(suppressed int) { logger.Warn(text, "more", suppressed) }) {
		logger.Warn(text, attrs...)
	}
}

// send sends a record on a stream, and reports whether the stream has room for it.
func (all *clusterSockets) send(s *ordered.Stream, r *socketRecord) bool {
	record := appendSocketRecord(make([]byte, 0, len(r.payload)+len(r.state)+64), r)
	if r.control() {
		_ = s.SendControl(record) // after an error the stream has ended, of which lost is notified
		return true
	}
	return s.Send(record) != ordered.ErrFull //nolint:errorlint // documented so
}

// receive handles a record of another node. The records of a stream come one at a time.
func (all *clusterSockets) receive(s *ordered.Stream, record []byte) {
	r, err := readSocketRecord(record)
	if err != nil {
		all.drop(s.Node(), err)
		return
	}
	switch r.kind {
	case socketConnect:
		all.connect(s, r)
	case socketAttach:
		all.attach(s, r)
	case socketDrop:
		all.app.objects.offers.drop(int(r.number)) //nolint:gosec // a number of this process, or unknown
	case socketMessage, socketPeerClose, socketEnd, socketResponded, socketTaken, socketSuspend:
		if d := all.distant(r.link); d != nil && d.isOn(s) {
			d.handle(r)
		}
	case socketSend, socketClose, socketCloseEmpty, socketAnswerClose, socketCloseNow, socketBegun, socketAttached, socketAttachment, socketDetach,
		socketRefused, socketSuspended:
		if one := all.relay(r.link); one != nil && one.isOn(s) {
			one.handle(r)
		}
	case socketSettings:
		all.setSettings(r)
	default:
		all.counts.dropped.Add(1)
		all.report("a record of another node has an unknown kind: its version is newer", "node", s.Node(), "kind", r.kind)
	}
}

// lost handles the end of a stream, and so of all links on it.
func (all *clusterSockets) lost(s *ordered.Stream) {
	relays := all.allRelays()
	all.mu.Lock()
	var distants []*distant
	for _, d := range all.distants {
		distants = append(distants, d)
	}
	all.mu.Unlock()
	for _, d := range distants {
		if d.isOn(s) {
			d.disconnect()
		}
	}
	affected := 0
	for _, r := range relays {
		if r.isOn(s) {
			affected++
			r.detach(false)
		}
	}
	if affected > 0 {
		all.report("another node does not answer, or has restarted: the WebSockets of its objects are passed to the next owners, or closed", "node", s.Node(), "connections", affected)
	}
}

// open returns the number of connections here whose object is on another node, and of connections of other nodes whose object is here.
func (all *clusterSockets) open() (relays, distants int) {
	if all == nil {
		return 0, 0
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.relays), len(all.distants)
}

// allRelays returns the relays.
func (all *clusterSockets) allRelays() []*relay {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.Collect(maps.Values(all.relays))
}

// relay returns the relay with a link, nil if there is none.
func (all *clusterSockets) relay(link uint64) *relay {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.relays[link]
}

// distant returns the distant with a link, nil if there is none.
func (all *clusterSockets) distant(link uint64) *distant {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.distants[link]
}

// settleLater looks at a relay in a moment.
func (all *clusterSockets) settleLater(r *relay) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.unsettled[r] = struct{}{}
	if all.clock == nil {
		all.clock = time.AfterFunc(settlePause, all.settle)
	}
}

// settle notifies owners of what has left the send queues of their WebSockets, and sends events for which there was no room.
func (all *clusterSockets) settle() {
	all.mu.Lock()
	relays := make([]*relay, 0, len(all.unsettled))
	for r := range all.unsettled {
		relays = append(relays, r)
	}
	clear(all.unsettled)
	all.clock = nil
	all.mu.Unlock()
	for _, r := range relays {
		if !r.settle() {
			all.settleLater(r)
		}
	}
}
