package cluster

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/lingerws/linger"
)

// Node is a member of a cluster over NATS. Its methods may be called from any goroutine.
//
// It has two connections: one for records, and one for heartbeats, the store and the log, so that records in the queue do not delay
// the renewal of a lease.
type Node struct {
	opts     Options
	logger   *slog.Logger
	self     address
	subjects subjects
	maxPart  int // bytes of a record in one message

	server   *embedded // nil with external servers
	records  *link
	control  *link
	arrivals *arrivals
	assembly assembly
	counts   counters
	warnings warnings

	rtt       atomic.Int64 // to the server, in nanoseconds
	measuring atomic.Bool

	topics   topics
	services services
	calls    calls
	members  members
	storage  storage

	taking  sync.Once
	closing sync.Once
	ended   chan struct{} // closed by Close
	running sync.WaitGroup
}

var _ linger.Cluster = (*Node)(nil)

// Join connects a node to the cluster. It returns when the node can send and receive; ctx bounds that. The storage of the cluster may need more time, until a
// majority of its servers is running.
func Join(ctx context.Context, opts Options) (*Node, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	n := newNode(opts)
	if err := n.join(ctx); err != nil {
		_ = n.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return n, nil
}

func newNode(opts Options) *Node {
	n := &Node{
		opts: opts, logger: opts.Logger.With("node", opts.Node), self: address{opts.Node, newIncarnation()}, subjects: subjects{opts.Name},
		arrivals: newArrivals(opts.ReceiveQueue), ended: make(chan struct{}),
		topics:   topics{bySubject: map[string]*topic{}},
		services: services{bySubject: map[string]*service{}, active: !opts.Replace},
		calls:    calls{byNumber: map[uint64]*call{}},
	}
	n.warnings.limiter.Period, n.warnings.limiter.Lines = warningPeriod, warningLines
	n.assembly.maxRecord, n.assembly.maxBytes = opts.MaxRecord, int64(opts.MaxRecord+opts.ReceiveQueue)
	n.records = newLink(opts.SendQueue, n.logger, &n.counts)
	n.control = newLink(opts.SendQueue, n.logger, &n.counts)
	n.members.init(n)
	n.storage.init(n)
	n.arrivals.start(n.dispatch)
	return n
}

func newIncarnation() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // it never fails
		if v := binary.BigEndian.Uint64(b[:]); v != 0 {
			return v
		}
	}
}

func (n *Node) join(ctx context.Context) error {
	if n.opts.Listen != "" {
		s, err := startEmbedded(ctx, n.opts, n.logger)
		if err != nil {
			return err
		}
		n.server = s
	}
	for _, l := range []*link{n.records, n.control} {
		c, err := n.connect(ctx, l)
		if err != nil {
			return err
		}
		l.start(c)
	}
	// The messages that the server accepts have another header and subjects besides a part of a record.
	n.maxPart = int(min(512<<10, n.records.connection.MaxPayload()-1<<10))
	if n.maxPart < 1<<10 {
		return fmt.Errorf("%w: the NATS server accepts %d bytes in a message, expected 2,048 at least; raise its max_payload", ErrOptions, n.records.connection.MaxPayload())
	}
	n.records.call(func(c *nats.Conn) { n.listen(n.records, c, n.subjects.response(n.self, "*")) })
	n.control.call(func(c *nats.Conn) {
		n.listen(n.control, c, n.subjects.members())
		n.listen(n.control, c, n.subjects.answer(n.self, "*"))
	})
	n.running.Go(n.members.run)
	n.running.Go(n.storage.observe)
	return n.hello(ctx)
}

// The number of first beats, the time in which other nodes answer each, and that in which the embedded server finds another one.
const (
	hellos    = 3
	helloTime = 100 * time.Millisecond
	routeTime = 3 * time.Second
)

// hello introduces the node to the others, and waits for their answers.
func (n *Node) hello(ctx context.Context) error {
	if n.server != nil && (len(n.opts.Join) > 0 || n.opts.Replace) && n.opts.Size != 1 {
		n.server.waitForRoute(ctx, routeTime)
	}
	if err := n.flush(ctx, n.records, n.control); err != nil {
		return err
	}
	for range hellos { // the answers need the subscription of this node, which may reach the other servers later
		n.members.send(beatHello)
		select {
		case <-n.members.taken:
			return fmt.Errorf("%w: %s", ErrNodeName, n.self.node)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(helloTime):
		}
	}
	if err := errors.Join(n.records.refusal(), n.control.refusal()); err != nil {
		return fmt.Errorf("cluster: the NATS server refuses what a node needs: give its account the rights of docs/cluster.md: %w", err)
	}
	n.members.mu.Lock()
	n.members.joined = true
	n.members.mu.Unlock()
	n.members.announce()
	return nil
}

// Flush blocks until the server has received the subscriptions that were made, and the records that were sent, before.
func (n *Node) Flush(ctx context.Context) error { return n.flush(ctx, n.records) }

func (n *Node) flush(ctx context.Context, links ...*link) error {
	for _, l := range links {
		flushed := make(chan error, 1)
		l.call(func(c *nats.Conn) { flushed <- c.FlushTimeout(missingAfter) })
		select {
		case err := <-flushed:
			if err != nil {
				return fmt.Errorf("cluster: the NATS server does not answer: %w", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-n.ended:
			return ErrClosed
		}
	}
	return nil
}

// listen subscribes to a subject. It is called on the goroutine of a link. A subscription that fails, or that the server refuses later, is counted until there is another
// connection: then all are made again.
func (n *Node) listen(l *link, c *nats.Conn, subject string) *nats.Subscription {
	s, err := c.ChanSubscribe(subject, n.arrivals.messages)
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		l.refuse(err)
	}
	return s
}

// dispatch passes a message on by its subject.
func (n *Node) dispatch(m *nats.Msg) {
	n.counts.framesIn.Add(1)
	n.counts.bytesIn.Add(uint64(len(m.Data)))
	kind, _, _ := strings.Cut(strings.TrimPrefix(m.Subject, n.subjects.prefix+"."), ".")
	switch kind {
	case "topic":
		n.arrivedOnTopic(m)
	case "service":
		n.arrivedForService(m)
	case "response":
		n.arrivedResponse(m)
	case "members":
		n.members.arrived(m)
	case "answer":
		n.storage.arrivedAnswer(m)
	}
}

// forget drops what waits for a process that is gone.
func (n *Node) forget(gone address) {
	n.calls.gone(gone)
	n.arrivals.each(func(lane int) {
		n.topics.mu.RLock()
		defer n.topics.mu.RUnlock()
		for subject, t := range n.topics.bySubject {
			if n.arrivals.laneOf(subject, "") == lane {
				t.senders.interrupt(gone, &n.assembly)
			}
		}
	})
	n.arrivals.each(func(lane int) {
		n.services.mu.RLock()
		defer n.services.mu.RUnlock()
		for _, s := range n.services.bySubject {
			s.senders[lane].interrupt(gone, &n.assembly)
		}
	})
}

// Close leaves the cluster: the other nodes see at once that the node is gone. Then it ends the connections and the embedded server. It returns
// when they have ended, or with the error of ctx.
func (n *Node) Close(ctx context.Context) error {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		n.closing.Do(n.close)
	}()
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *Node) close() {
	n.members.send(beatLeave)
	close(n.ended)
	n.storage.end()
	n.running.Wait()
	n.records.end()
	n.control.end()
	n.arrivals.end()
	if n.server != nil {
		n.server.end()
	}
	n.warnings.limiter.Flush()
}
